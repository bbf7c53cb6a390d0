use ordertrace_config::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SettingsError;
use crate::journey::JourneyLimits;

const MIB: usize = 1024 * 1024;

/// What one OTLP request, and all of them together, may cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Bytes of one request as sent, before decompression.
    pub request_compressed_bytes: usize,
    /// Bytes of one request after decompression.
    pub request_bytes: usize,
    /// Bytes of all requests between arrival and reply; beyond it senders are asked to come
    /// again. Memory use is a multiple of it.
    pub in_flight_bytes: usize,
    /// Requests between arrival and reply; beyond it senders are asked to come again.
    pub in_flight_requests: usize,
    /// How long a sender may take to send one request.
    pub request_timeout: Duration,
    /// When a sender that was asked to come again should do so.
    pub retry_after: Duration,
    /// Attributes of one span, log record, point, event or link; the first ones are kept.
    pub attributes: usize,
    /// Bytes of one attribute's value; the rest is cut off.
    pub attribute_value_bytes: usize,
    /// Events of one span; the first ones are kept.
    pub span_events: usize,
    /// Links of one span; the first ones are kept.
    pub span_links: usize,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            request_compressed_bytes: 64 * MIB,
            request_bytes: 64 * MIB,
            in_flight_bytes: 128 * MIB,
            in_flight_requests: 256,
            request_timeout: Duration::from_secs(30),
            retry_after: Duration::from_secs(1),
            attributes: 1_000,
            attribute_value_bytes: 16 * 1024,
            span_events: 1_000,
            span_links: 1_000,
        }
    }
}

impl LimitSettings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let wrong = |setting, reason: String| Err(SettingsError::Contradiction { setting, reason });
        // The body's length is counted in permits of a semaphore, 32 bit at a time.
        const LARGEST: usize = 1024 * MIB;
        for (setting, bytes) in [
            ("limits.request_compressed_bytes", self.request_compressed_bytes),
            ("limits.request_bytes", self.request_bytes),
        ] {
            if bytes == 0 || bytes > LARGEST {
                return wrong(setting, format!("{bytes} must be between 1 and {LARGEST}"));
            }
        }
        let largest = self.request_bytes.max(self.request_compressed_bytes);
        if self.in_flight_bytes < largest {
            let bytes = self.in_flight_bytes;
            return wrong("limits.in_flight_bytes", format!("{bytes} must be at least {largest}, one whole request"));
        }
        if self.in_flight_requests == 0 {
            return wrong("limits.in_flight_requests", "0 would refuse every request".to_owned());
        }
        if self.attribute_value_bytes < 256 {
            let bytes = self.attribute_value_bytes;
            return wrong("limits.attribute_value_bytes", format!("{bytes} must be at least 256, or ids are cut"));
        }
        Ok(())
    }
}

/// Which times are believed; what lies outside is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AcceptSettings {
    /// How far back a time may lie.
    pub oldest: Duration,
    /// How far ahead of this host's clock a time may lie.
    pub ahead: Duration,
}

impl Default for AcceptSettings {
    fn default() -> Self {
        Self { oldest: Duration::from_days(3_650), ahead: Duration::from_days(1) }
    }
}

/// How far the search for a journey goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JourneySettings {
    /// Strong keys of one journey.
    pub keys: usize,
    /// Traces of one journey.
    pub traces: usize,
    /// Spans of one journey.
    pub spans: usize,
    /// Traces, or other keys, that one key leads to.
    pub fan_out: usize,
}

impl Default for JourneySettings {
    fn default() -> Self {
        let JourneyLimits { keys, traces, spans, fan_out } = JourneyLimits::default();
        Self { keys, traces, spans, fan_out }
    }
}

impl JourneySettings {
    /// The limits among them.
    pub fn limits(&self) -> JourneyLimits {
        JourneyLimits { keys: self.keys, traces: self.traces, spans: self.spans, fan_out: self.fan_out }
    }
}

/// How long things are kept, in days of their own time; 0 = for ever. A change applies at
/// the next start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSettings {
    /// Spans, keys, orders' lines, handoffs and the orders list: what journeys are made of.
    pub journeys_days: u32,
    /// Log records and business events.
    pub events_days: u32,
    /// Readings of stock and prices.
    pub readings_days: u32,
    /// Alerts that are over.
    pub alerts_days: u32,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self { journeys_days: 90, events_days: 90, readings_days: 30, alerts_days: 90 }
    }
}
