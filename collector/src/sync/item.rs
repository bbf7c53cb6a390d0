use ordertrace_api::reading::Entity;

/// What systems have copies of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Item {
    pub(super) subject: Subject,
    /// Empty where there is none, as all below.
    pub(super) location: String,
    pub(super) channel: String,
    pub(super) currency: String,
    pub(super) state: String,
    pub(super) field: String,
}

/// What is looked at together: all copies of one SKU's stock, say, wherever they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Subject {
    pub(super) entity: Entity,
    /// A SKU; the key of an order; the name of a feed or index.
    pub(super) name: String,
}
