use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1 as proto;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::scalar::{Double, Int64, List, Object, each, spend};

/// common.proto `KeyValue`.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct KeyValue {
    key: Option<String>,
    value: Option<AnyValue>,
}

impl From<KeyValue> for proto::KeyValue {
    fn from(json: KeyValue) -> Self {
        Self { key: json.key.unwrap_or_default(), value: json.value.map(Into::into), ..Self::default() }
    }
}

/// common.proto `AnyValue`: an object with the one field that is set, or none.
#[derive(Default)]
pub(super) struct AnyValue(Option<Value>);

impl From<AnyValue> for proto::AnyValue {
    fn from(json: AnyValue) -> Self {
        Self { value: json.0 }
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct ArrayValue {
    values: Option<Vec<AnyValue>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct KeyValueList {
    values: List<KeyValue>,
}

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValueVisitor;
        impl<'de> Visitor<'de> for AnyValueVisitor {
            type Value = AnyValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object such as {\"stringValue\": \"…\"}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AnyValue, A::Error> {
                spend::<AnyValue, A::Error>()?;
                let mut value = None;
                while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    let next = match name.as_ref() {
                        "stringValue" => map.next_value::<Option<String>>()?.map(Value::StringValue),
                        "boolValue" => map.next_value::<Option<bool>>()?.map(Value::BoolValue),
                        "intValue" => map.next_value::<Option<Int64>>()?.map(|value| Value::IntValue(value.0)),
                        "doubleValue" => map.next_value::<Option<Double>>()?.map(|value| Value::DoubleValue(value.0)),
                        "bytesValue" => match map.next_value::<Option<String>>()? {
                            Some(text) => {
                                let bytes = STANDARD.decode(text);
                                Some(Value::BytesValue(bytes.map_err(|_| A::Error::custom("bytesValue is no Base64"))?))
                            }
                            None => None,
                        },
                        "arrayValue" => map.next_value::<Option<Object<ArrayValue>>>()?.map(|array| {
                            let values = array.0.values.unwrap_or_default().into_iter().map(Into::into).collect();
                            Value::ArrayValue(proto::ArrayValue { values })
                        }),
                        "kvlistValue" => map
                            .next_value::<Option<Object<KeyValueList>>>()?
                            .map(|list| Value::KvlistValue(proto::KeyValueList { values: each(list.0.values) })),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            None
                        }
                    };
                    value = next.or(value);
                }
                Ok(AnyValue(value))
            }
        }
        deserializer.deserialize_map(AnyValueVisitor)
    }
}
