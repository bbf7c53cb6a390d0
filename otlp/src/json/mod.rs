//! OTLP in JSON (OTLP specification, "JSON Protobuf Encoding"; Protocol Buffers, "ProtoJSON
//! Format"): ids in hexadecimal, 64-bit numbers as strings or numbers, enums as numbers,
//! names in lowerCamelCase, unknown names ignored, absent and null alike.
//!
//! Every field is kept. The model is our own because the types generated with serde support
//! refuse what the specification allows (an array without `values`, null) and hold the whole
//! body a second time while they read it.

mod logs;
mod metrics;
mod points;
mod scalar;
mod traces;
mod value;

use opentelemetry_proto::tonic::common::v1::{EntityRef, InstrumentationScope};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use scalar::{List, Object, Uint32, each, within};
use serde::Deserialize;
use value::KeyValue;

use crate::Signal;

/// A body may take so many times its own length while it is read. What SDKs send takes four
/// times its length; three bytes that are an empty span take a hundred times theirs.
const FACTOR: usize = 8;

/// Whatever the factor, a body may take so much.
const FLOOR_BYTES: usize = 64 * 1024;

/// A request as it is in Protobuf. Equal bodies become equal requests.
///
/// # Errors
/// When the body is no OTLP request in JSON, or would take too much memory.
pub fn to_protobuf(signal: Signal, body: &[u8]) -> serde_json::Result<Vec<u8>> {
    let room_bytes = body.len().saturating_mul(FACTOR).max(FLOOR_BYTES);
    within(room_bytes, || match signal {
        Signal::Traces => traces::traces(body).map(|request| request.encode_to_vec()),
        Signal::Logs => logs::logs(body).map(|request| request.encode_to_vec()),
        Signal::Metrics => metrics::metrics(body).map(|request| request.encode_to_vec()),
    })
}

/// resource.proto `Resource`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct JsonResource {
    attributes: List<KeyValue>,
    dropped_attributes_count: Option<Uint32>,
    entity_refs: List<JsonEntityRef>,
}

impl From<JsonResource> for Resource {
    fn from(json: JsonResource) -> Self {
        Self {
            attributes: each(json.attributes),
            dropped_attributes_count: json.dropped_attributes_count.unwrap_or_default().0,
            entity_refs: each(json.entity_refs),
        }
    }
}

/// common.proto `EntityRef`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct JsonEntityRef {
    schema_url: Option<String>,
    r#type: Option<String>,
    id_keys: Option<Vec<String>>,
    description_keys: Option<Vec<String>>,
}

impl From<JsonEntityRef> for EntityRef {
    fn from(json: JsonEntityRef) -> Self {
        Self {
            schema_url: json.schema_url.unwrap_or_default(),
            r#type: json.r#type.unwrap_or_default(),
            id_keys: json.id_keys.unwrap_or_default(),
            description_keys: json.description_keys.unwrap_or_default(),
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
