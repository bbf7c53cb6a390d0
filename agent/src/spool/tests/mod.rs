mod damage;
mod fairness;
mod machine;
mod model;
mod shell;
