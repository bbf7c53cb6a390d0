//! Typed business ids, and how names, values and paths are recognised as such.

mod card;
mod digest;
mod key;
mod kind;
mod name;
mod path;
mod value;

pub use card::may_be_card_number;
pub use digest::digest;
pub use key::{Key, KeyError, KeyPattern};
pub use kind::{KindTable, SKU_IDS, Strength};
pub use name::kind_of_name;
pub use path::{PathTemplate, TemplateError, generalise};
pub use value::{kind_of_value, usable, usable_only_within_a_system};
