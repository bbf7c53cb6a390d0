use super::Mention;

/// What a span or event says of the goods of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderLines<'a> {
    /// The key on it that names the order best.
    pub order: Mention<'a>,
    /// The amount it is about, as it was sent; empty = it does not say.
    pub amount: &'a str,
    /// The amount's currency, as it was sent.
    pub currency: &'a str,
    /// Each SKU at each location once.
    pub lines: &'a [LineRecord<'a>],
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRecord<'a> {
    /// As readings write it, without the system within which it may be unique.
    pub sku: &'a str,
    /// Where the goods are; empty = it does not say.
    pub location: &'a str,
    /// How many: decimal text; empty = it does not say.
    pub units: &'a str,
}
