//! What crosses a process boundary in ordertrace: the HTTP API's types, the attribute
//! names that telemetry carries, and the pure rules by which a name, a value or a path
//! becomes a [`Key`](keys::Key). No I/O, no runtime.

pub mod agent;
pub mod alert;
pub mod attributes;
pub mod explain;
pub mod finding;
pub mod flow;
pub mod history;
pub mod hotspot;
pub mod journey;
pub mod keys;
pub mod lines;
pub mod order;
pub mod problem;
pub mod reading;
pub mod replay;
pub mod routes;
pub mod source;
pub mod span;
pub mod status;
pub mod surface;
pub mod sync;
pub mod tail;
