use ordertrace_api::reading::Entity;

use super::Attribute;

/// One system's value of an entity at a time, from an OTLP gauge point or an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadingRecord<'a> {
    /// Of what.
    pub entity: Entity,
    /// The system whose value it is.
    pub system: &'a str,
    /// A SKU; the key of an order; the name of a feed or of a search index.
    pub subject: &'a str,
    /// Stock location; empty where there is none.
    pub location: &'a str,
    /// Sales channel; empty where there is none.
    pub channel: &'a str,
    /// ISO 4217 code of a price; else empty.
    pub currency: &'a str,
    /// Which stock is counted; empty but for stock.
    pub state: &'a str,
    /// Field of a product; else empty.
    pub field: &'a str,
    /// The value: of stock and prices decimal text without trailing zeros.
    pub value: &'a str,
    /// When it was read, nanoseconds since the Unix epoch.
    pub at_ns: i64,
    /// The source's own version; empty when unknown.
    pub version: &'a str,
    /// When the source changed it, nanoseconds since the Unix epoch; 0 when unknown.
    pub changed_at_ns: i64,
    /// Milliseconds from one poll to the next, where it was polled; 0 = unknown.
    pub interval_ms: u32,
    /// What else it carried.
    pub attributes: &'a [Attribute<'a>],
}
