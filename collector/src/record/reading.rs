use super::Attribute;

/// One system's value of an entity at a time, from an OTLP gauge point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadingRecord<'a> {
    /// Of what.
    pub kind: ReadingKind,
    /// The system whose value it is.
    pub system: &'a str,
    /// SKU.
    pub sku: &'a str,
    /// Stock location; empty for a price.
    pub location: &'a str,
    /// Sales channel; empty for stock.
    pub channel: &'a str,
    /// ISO 4217 code; empty for stock.
    pub currency: &'a str,
    /// The value in decimal text, as exact as it came.
    pub value: &'a str,
    /// When it was read, nanoseconds since the Unix epoch.
    pub at_ns: i64,
    /// The source's own version; empty when unknown.
    pub version: &'a str,
    /// When the source changed it, nanoseconds since the Unix epoch; 0 when unknown.
    pub changed_at_ns: i64,
    /// What else the point carried.
    pub attributes: &'a [Attribute<'a>],
}

/// What a reading is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i8)]
pub enum ReadingKind {
    /// `commerce.inventory.level`.
    Inventory = 1,
    /// `commerce.price`.
    Price = 2,
}
