/// An id that names a SKU.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::sync) struct ForeignId {
    /// `inventory_item`, `variant`, …
    pub(in crate::sync) kind: String,
    /// The system within which the value is unique; empty = everywhere.
    pub(in crate::sync) system: String,
    pub(in crate::sync) value: String,
}
