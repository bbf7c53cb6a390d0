//! OTLP in JSON (OTLP specification, "JSON Protobuf Encoding"; Protocol Buffers, "ProtoJSON
//! Format"): ids in hexadecimal, 64-bit numbers as strings or numbers, enums as numbers,
//! names in lowerCamelCase, unknown names ignored, absent and null alike.
//!
//! The model is our own because the types generated with serde support refuse what the
//! specification allows (an array without `values`, null) and hold the whole body a second
//! time while they read it.

mod logs;
mod metrics;
mod scalar;
mod traces;
mod value;

pub(in crate::ingest) use logs::logs;
pub(in crate::ingest) use metrics::metrics;
pub(in crate::ingest) use scalar::within;
pub(in crate::ingest) use traces::traces;

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use scalar::{List, Object, Uint32, each};
use serde::Deserialize;
use value::KeyValue;

/// resource.proto `Resource`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct JsonResource {
    attributes: List<KeyValue>,
    dropped_attributes_count: Option<Uint32>,
}

impl From<JsonResource> for Resource {
    fn from(json: JsonResource) -> Self {
        Self {
            attributes: each(json.attributes),
            dropped_attributes_count: json.dropped_attributes_count.unwrap_or_default().0,
            ..Self::default()
        }
    }
}

/// common.proto `InstrumentationScope`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct JsonScope {
    name: Option<String>,
    version: Option<String>,
    attributes: List<KeyValue>,
    dropped_attributes_count: Option<Uint32>,
}

impl From<JsonScope> for InstrumentationScope {
    fn from(json: JsonScope) -> Self {
        Self {
            name: json.name.unwrap_or_default(),
            version: json.version.unwrap_or_default(),
            attributes: each(json.attributes),
            dropped_attributes_count: json.dropped_attributes_count.unwrap_or_default().0,
        }
    }
}

fn resource(json: Option<Object<JsonResource>>) -> Option<Resource> {
    json.map(|json| json.0.into())
}

fn scope(json: Option<Object<JsonScope>>) -> Option<InstrumentationScope> {
    json.map(|json| json.0.into())
}

#[cfg(test)]
mod tests;
