use bumpalo::Bump;
use bytes::Bytes;
use ordertrace_otlp::Signal;

use super::decode::Decoder;
use super::error::IngestError;
use super::export::{Export, Logs, Metrics, Traces};

/// How a request's body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Protocol Buffers.
    Protobuf,
    /// JSON.
    Json,
}

/// What would become of a request's items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Examined {
    /// To be stored.
    pub taken_items: u64,
    /// Not to be stored.
    pub refused_items: u64,
}

/// Reads and decodes a body as the receivers do, and stores nothing. `None` when it is
/// refused as a whole. `now_ns` is in nanoseconds since the Unix epoch.
pub fn examine(decoder: &Decoder, signal: Signal, encoding: Encoding, body: Bytes, now_ns: i64) -> Option<Examined> {
    match signal {
        Signal::Traces => examine_as::<Traces>(decoder, encoding, body, now_ns),
        Signal::Logs => examine_as::<Logs>(decoder, encoding, body, now_ns),
        Signal::Metrics => examine_as::<Metrics>(decoder, encoding, body, now_ns),
    }
    .ok()
}

fn examine_as<G: Export>(
    decoder: &Decoder,
    encoding: Encoding,
    body: Bytes,
    now_ns: i64,
) -> Result<Examined, IngestError> {
    let body = G::protobuf(encoding, body)?;
    let arena = Bump::new();
    let decoded = G::decode(decoder, &arena, &body, now_ns)?;
    Ok(Examined { taken_items: decoded.records.len() as u64, refused_items: decoded.refusals.total() })
}
