//! Attributes of what the agent itself sends, each of the type that it has there.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use ordertrace_api::attributes;
use ordertrace_api::keys::Key;

#[derive(Default)]
pub(crate) struct AttributeList(Vec<KeyValue>);

impl AttributeList {
    pub(crate) fn push(&mut self, name: &str, value: Value) {
        let value = Some(AnyValue { value: Some(value) });
        self.0.push(KeyValue { key: name.to_owned(), value, ..KeyValue::default() });
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.push(name, Value::StringValue(value.to_owned()));
    }

    pub(crate) fn optional_text(&mut self, name: &str, value: Option<&str>) {
        value.into_iter().for_each(|value| self.text(name, value));
    }

    pub(crate) fn number(&mut self, name: &str, value: i64) {
        self.push(name, Value::IntValue(value));
    }

    pub(crate) fn optional_number(&mut self, name: &str, value: Option<i64>) {
        value.into_iter().for_each(|value| self.number(name, value));
    }

    pub(crate) fn optional_double(&mut self, name: &str, value: Option<f64>) {
        value.into_iter().for_each(|value| self.push(name, Value::DoubleValue(value)));
    }

    /// One attribute for each kind and system; an array where it has several values.
    pub(crate) fn keys(&mut self, keys: &[Key]) {
        let mut values: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for key in keys {
            let name = attributes::key_attribute(&key.kind, key.system.as_deref());
            values.entry(name).or_default().push(&key.value);
        }
        for (name, values) in values {
            match values[..] {
                [value] => self.text(&name, value),
                _ => {
                    let text = |value: &&str| AnyValue { value: Some(Value::StringValue((*value).to_owned())) };
                    let values = values.iter().map(text).collect();
                    self.push(&name, Value::ArrayValue(ArrayValue { values }));
                }
            }
        }
    }

    pub(crate) fn into_attributes(self) -> Vec<KeyValue> {
        self.0
    }
}
