//! OTLP messages into records, in one walk over the body that copies next to nothing. What one
//! item gets wrong refuses only that item, with a reason its sender can act on.

mod event;
mod joined;
mod metric;
mod origin;
mod reading;
mod refusal;
mod repeated;
mod source;
mod span;
mod value;
mod window;
mod wire;

use std::sync::Arc;

use bumpalo::Bump;

use crate::recognise::Recogniser;
use crate::record::SourceRecord;
use crate::settings::{AcceptSettings, LimitSettings};

pub(super) use joined::parts;
pub use refusal::{Adjustment, Adjustments, Refusal, Refusals};
pub use wire::{Problem, WireError};

use source::Sources;
use value::Texts;
use window::Window;

/// Turns OTLP messages into records.
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: LimitSettings,
    accept: AcceptSettings,
    recogniser: Arc<Recogniser>,
}

/// What became of the items of one request.
#[derive(Debug)]
pub struct Decoded<'a, R> {
    /// The service of the first resource.
    pub sender: &'a str,
    /// To be stored.
    pub records: Vec<R>,
    /// Not to be stored.
    pub refusals: Refusals,
    /// How often something was put right, by what it was.
    pub adjustments: Adjustments,
    /// What was told of sources of readings.
    pub sources: Vec<SourceRecord<'a>>,
}

/// A walk over one request.
struct Walk<'a> {
    recogniser: &'a Recogniser,
    texts: Texts<'a>,
    window: Window,
    now_ns: i64,
    /// What the arena may take.
    room_bytes: usize,
    /// Of the first resource.
    service: Option<&'a str>,
    refusals: Refusals,
    sources: Sources<'a>,
}

impl Decoder {
    /// A decoder by these settings.
    pub fn new(limits: LimitSettings, accept: AcceptSettings, recogniser: Arc<Recogniser>) -> Self {
        Self { limits, accept, recogniser }
    }

    fn walk<'a>(&'a self, arena: &'a Bump, body: &'a [u8], now_ns: i64) -> Walk<'a> {
        Walk {
            recogniser: &self.recogniser,
            texts: Texts::new(arena, &self.limits),
            window: Window::around(now_ns, self.accept.oldest.get(), self.accept.ahead.get()),
            now_ns,
            room_bytes: arena.allocated_bytes().saturating_add(room_bytes(body.len())),
            service: None,
            refusals: Refusals::default(),
            sources: Sources::default(),
        }
    }
}

impl<'a> Walk<'a> {
    fn finish<R>(self, records: Vec<R>) -> Decoded<'a, R> {
        let sender = self.service.unwrap_or(UNKNOWN_SERVICE);
        let (refusals, adjustments) = (self.refusals, self.texts.adjustments);
        Decoded { sender, records, refusals, adjustments, sources: self.sources.into_told() }
    }

    /// Whether the body takes more memory than any sender has use for.
    fn unfolds(&self) -> bool {
        self.texts.arena.allocated_bytes() > self.room_bytes
    }
}

/// What OpenTelemetry calls a service without a name (semantic conventions, resource `service`).
const UNKNOWN_SERVICE: &str = "unknown_service";

/// A body may take so many times its own length when it is decoded. What SDKs send takes twice
/// its length; two bytes that are an empty span event take twenty times.
const FACTOR: usize = 8;

/// Whatever the factor, a body may take so much. Thousands may come joined into one.
const FLOOR_BYTES: usize = 64 * 1024;

/// Memory that a body of `length` bytes may take.
fn room_bytes(length: usize) -> usize {
    length.saturating_mul(FACTOR).max(FLOOR_BYTES)
}

/// The id, when it has the right length; all zero where it is absent.
fn optional_id<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    if bytes.is_empty() { Some([0; N]) } else { bytes.try_into().ok() }
}

#[cfg(test)]
mod tests;
