//! Names of the attributes that ordertrace writes and reads beside the OpenTelemetry
//! semantic conventions (v1.44.0), which define no e-commerce namespace of their own.

/// The system that hands work on; on spans of the handoff proxy.
pub const HANDOFF_FROM: &str = "commerce.handoff.from";
/// The system that receives the work.
pub const HANDOFF_TO: &str = "commerce.handoff.to";
/// What is asked of the receiving system, low cardinality: `POST /orders/{order}/capture`,
/// `AddPayment`, `payment_intent.succeeded`.
pub const HANDOFF_OPERATION: &str = "commerce.handoff.operation";
/// Who saw the handoff when neither end reported it: [`OBSERVER_PROXY`].
pub const HANDOFF_OBSERVER: &str = "commerce.handoff.observer";
/// Value of [`HANDOFF_OBSERVER`] on spans of the handoff proxy.
pub const OBSERVER_PROXY: &str = "proxy";

/// A milestone that the span or event itself declares, such as `order.placed`.
pub const MILESTONE: &str = "commerce.milestone";

/// The caller's idempotency key, as sent: equal keys on two attempts mean one intent.
pub const IDEMPOTENCY_KEY: &str = "commerce.idempotency.key";
/// The amount that a milestone is about: decimal text in the currency's major unit (`12.30`).
/// Its currency is [`CURRENCY`].
pub const AMOUNT: &str = "commerce.amount";
/// How many units of goods a milestone is about: a decimal.
pub const UNITS: &str = "commerce.units";
/// Why a milestone was reached, low cardinality: `out_of_stock` on `order.cancelled`.
pub const REASON: &str = "commerce.reason";
/// Authentication scheme of a request (`bearer`, `basic`, `api-key`, `hmac`, `mtls`, `none`),
/// never the credential.
pub const AUTH_SCHEME: &str = "commerce.auth.scheme";
/// TLS state towards the receiving system: `none` or the protocol (`TLSv1.3`).
pub const TLS_STATE: &str = "commerce.tls";
/// Milliseconds (double) until a connection was made; absent when one was reused.
pub const TIMING_CONNECT_MS: &str = "commerce.timing.connect_ms";
/// Milliseconds (double) from the start of the attempt to the response's head.
pub const TIMING_FIRST_BYTE_MS: &str = "commerce.timing.first_byte_ms";
/// `true` when a body was longer than what capture looked at.
pub const CAPTURE_TRUNCATED: &str = "commerce.capture.truncated";

/// Name of log records that carry one reading each: whatever a gauge cannot say, and decimals as
/// exact as they are.
pub const EVENT_READING: &str = "commerce.reading";
/// What a reading of an [`EVENT_READING`] is of: [`Entity`](crate::reading::Entity).
pub const ENTITY: &str = "commerce.entity";
/// The value of an [`EVENT_READING`]: decimal text, or the text itself; on a gauge point, what its
/// number means exactly.
pub const VALUE: &str = "commerce.value";
/// `true` when the value of a price is in its currency's minor unit (ISO 4217): 1230 is 12.30 EUR and 1230 JPY.
pub const MINOR_UNITS: &str = "commerce.minor_units";
/// Which stock is counted: [`StockState`](crate::reading::StockState).
pub const STOCK_STATE: &str = "commerce.stock.state";
/// Which field of a product a reading is of; `hash` for all of them.
pub const FIELD: &str = "commerce.field";
/// Name of a feed or of a search index.
pub const FEED: &str = "commerce.feed";

/// Name of log records with which a poller says how a poll went.
pub const EVENT_POLL: &str = "commerce.poll";
/// Name of what is polled, unique within an agent.
pub const POLL_SOURCE: &str = "commerce.poll.source";
/// `ok`, `late`, `failed`.
pub const POLL_OUTCOME: &str = "commerce.poll.outcome";
/// Of what its readings are: names of [`Entity`](crate::reading::Entity), with commas between.
pub const POLL_ENTITIES: &str = "commerce.poll.entities";
/// Why it failed, and what to do.
pub const POLL_REASON: &str = "commerce.poll.reason";
/// Readings that it gave.
pub const POLL_READINGS: &str = "commerce.poll.readings";
/// Rows that were no readings.
pub const POLL_REFUSED: &str = "commerce.poll.refused";
/// Milliseconds from one poll to the next; on readings too, which are as uncertain as that.
pub const POLL_INTERVAL_MS: &str = "commerce.poll.interval_ms";
/// Milliseconds that it may take.
pub const POLL_TIMEOUT_MS: &str = "commerce.poll.timeout_ms";
/// Milliseconds that it took.
pub const POLL_DURATION_MS: &str = "commerce.poll.duration_ms";

/// Gauge points with one system's stock of a SKU at a location.
pub const METRIC_INVENTORY_LEVEL: &str = "commerce.inventory.level";
/// Gauge points with one system's price of a SKU in a channel and currency.
pub const METRIC_PRICE: &str = "commerce.price";
/// The system whose value a reading is.
pub const SYSTEM: &str = "commerce.system";
/// SKU of a reading.
pub const SKU: &str = "commerce.sku";
/// Location of a stock reading.
pub const LOCATION: &str = "commerce.location";
/// Channel of a price reading.
pub const CHANNEL: &str = "commerce.channel";
/// ISO 4217 currency of a price reading, or of an [`AMOUNT`].
pub const CURRENCY: &str = "commerce.currency";
/// The source's own version of the entity, when it has one.
pub const VERSION: &str = "commerce.version";
/// When the source changed the entity, RFC 3339.
pub const CHANGED_AT: &str = "commerce.changed_at";

const KEY_PREFIX: &str = "commerce.";
const KEY_SUFFIX: &str = ".id";

/// The attribute that carries keys of `kind`: `commerce.order.id`, or, for an id that is a
/// key only within one system, `commerce.order.id@storefront`.
///
/// The value is a string or an array of strings.
pub fn key_attribute(kind: &str, system: Option<&str>) -> String {
    match system {
        Some(system) => format!("{KEY_PREFIX}{kind}{KEY_SUFFIX}@{system}"),
        None => format!("{KEY_PREFIX}{kind}{KEY_SUFFIX}"),
    }
}

/// Reverse of [`key_attribute`]: the kind and the system of a key attribute's name.
pub fn parse_key_attribute(name: &str) -> Option<(&str, Option<&str>)> {
    let rest = name.strip_prefix(KEY_PREFIX)?;
    let (kind, system) = match rest.split_once('@') {
        Some((kind, system)) => (kind, Some(system).filter(|system| !system.is_empty())),
        None => (rest, None),
    };
    let kind = kind.strip_suffix(KEY_SUFFIX)?;
    (!kind.is_empty() && !kind.contains('.')).then_some((kind, system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_attributes_round_trip() {
        for (kind, system) in [("order", None), ("erp_doc", Some("erp"))] {
            let name = key_attribute(kind, system);
            assert_eq!(parse_key_attribute(&name), Some((kind, system)));
        }
        assert_eq!(parse_key_attribute("commerce.handoff.from"), None);
        assert_eq!(parse_key_attribute("commerce..id"), None);
        assert_eq!(parse_key_attribute("commerce.a.b.id"), None);
        assert_eq!(parse_key_attribute("order.id"), None);
    }
}
