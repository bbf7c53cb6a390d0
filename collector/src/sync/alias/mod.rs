//! SKUs of readings that say another id: what the configuration says it is, else what was told last.
//!
//! Whatever carries one SKU and such an id tells an [alias](table). Ids of readings are looked up as they are
//! taken in; those without a SKU, and those with several, are [kept](ledger) and told. Once an id has a SKU, what
//! was read of it before counts.

mod foreign;
mod ledger;
mod resolver;
mod table;
mod verdict;

pub(super) use foreign::ForeignId;
pub(super) use ledger::Ledger;
pub(super) use resolver::{Resolved, Resolver};
pub use table::{AliasError, Aliases};
