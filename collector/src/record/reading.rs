use ordertrace_api::reading::Entity;

use super::Attribute;

/// An id that names a SKU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkuId<'a> {
    /// One of [`SKU_IDS`](ordertrace_api::keys::SKU_IDS).
    pub kind: &'a str,
    /// The system within which the value is unique; empty = everywhere.
    pub system: &'a str,
    /// The id itself.
    pub value: &'a str,
}

/// One system's value of an entity at a time, from an OTLP gauge point or an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadingRecord<'a> {
    /// Of what.
    pub entity: Entity,
    /// The system whose value it is.
    pub system: &'a str,
    /// A SKU; the key of an order; the name of a feed or of a search index.
    pub subject: &'a str,
    /// Where no SKU is said, the kind of id that the subject is instead; else empty.
    pub id_kind: &'a str,
    /// The system within which that id is unique; empty = everywhere.
    pub id_system: &'a str,
    /// Other ids of the SKU, where it is said.
    pub other_ids: &'a [SkuId<'a>],
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
