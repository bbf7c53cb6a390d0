use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

use super::refusal::{Adjustment, Adjustments};
use crate::record::Attributes;
use crate::settings::LimitSettings;

/// How many attributes are missing; the name that the OpenTelemetry specification gives it
/// for formats other than OTLP (Common/mapping-to-non-otlp, "Dropped Attributes Count").
const DROPPED_COUNT: &str = "otel.dropped_attributes_count";

/// Attributes in text form: the first ones up to the limit, and how many are missing.
pub(super) fn attributes(
    sent: Vec<KeyValue>,
    dropped_before: u32,
    limits: &LimitSettings,
    adjustments: &mut Adjustments,
) -> Attributes {
    let dropped = sent.len().saturating_sub(limits.attributes);
    if dropped > 0 {
        adjustments.add(Adjustment::AttributesDropped, 1);
    }
    let missing = dropped as u64 + u64::from(dropped_before);
    let mut attributes = Vec::with_capacity(sent.len() - dropped + usize::from(missing > 0));
    for KeyValue { key, value, .. } in sent.into_iter().take(limits.attributes) {
        let value = text(value.and_then(|value| value.value));
        attributes.push((cut(key, limits, adjustments), cut(value, limits, adjustments)));
    }
    if missing > 0 {
        attributes.push((DROPPED_COUNT.to_owned(), missing.to_string()));
    }
    attributes
}

/// The text, cut at a character when it is longer than the limit; it says so itself.
pub(super) fn cut(mut text: String, limits: &LimitSettings, adjustments: &mut Adjustments) -> String {
    if text.len() > limits.attribute_value_bytes {
        let mark = format!("… (cut, {} bytes)", text.len());
        let room = limits.attribute_value_bytes.saturating_sub(mark.len());
        text.truncate(text.floor_char_boundary(room));
        text.push_str(&mark);
        text.shrink_to_fit();
        adjustments.add(Adjustment::ValueCut, 1);
    }
    text
}

/// A value in text form: scalars as they are, bytes in Base64, arrays and maps in JSON
/// (Common/mapping-to-non-otlp, "Attributes").
pub(super) fn text(value: Option<Value>) -> String {
    match value {
        None | Some(Value::StringValueStrindex(_)) => String::new(),
        Some(Value::StringValue(text)) => text,
        Some(Value::BoolValue(value)) => value.to_string(),
        Some(Value::IntValue(value)) => value.to_string(),
        Some(Value::DoubleValue(value)) => decimal(value),
        Some(Value::BytesValue(bytes)) => STANDARD.encode(bytes),
        Some(value @ (Value::ArrayValue(_) | Value::KvlistValue(_))) => json(Some(value)).to_string(),
    }
}

/// As short as reads back the same, and never hundreds of digits long.
pub(super) fn decimal(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() || (1e-7..1e21).contains(&size) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

fn json(value: Option<Value>) -> serde_json::Value {
    let inner = |value: AnyValue| json(value.value);
    match value {
        None | Some(Value::StringValueStrindex(_)) => serde_json::Value::Null,
        Some(Value::StringValue(text)) => text.into(),
        Some(Value::BoolValue(value)) => value.into(),
        Some(Value::IntValue(value)) => value.into(),
        Some(Value::DoubleValue(value)) if value.is_finite() => value.into(),
        Some(Value::DoubleValue(value)) => value.to_string().into(),
        Some(Value::BytesValue(bytes)) => STANDARD.encode(bytes).into(),
        Some(Value::ArrayValue(array)) => array.values.into_iter().map(inner).collect(),
        Some(Value::KvlistValue(list)) => {
            list.values.into_iter().map(|pair| (pair.key, pair.value.map_or(serde_json::Value::Null, inner))).collect()
        }
    }
}
