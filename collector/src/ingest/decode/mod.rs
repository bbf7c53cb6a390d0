//! OTLP messages into records. What one item gets wrong refuses only that item, with a
//! reason its sender can act on.

mod event;
pub(super) mod json;
mod reading;
mod refusal;
pub(super) mod shape;
mod span;
mod value;
mod window;

use std::sync::Arc;

use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::recognise::Recogniser;
use crate::record::Attributes;
use crate::settings::{AcceptSettings, LimitSettings};

pub use refusal::{Adjustment, Adjustments, Refusal, Refusals};

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
pub struct Decoded<R> {
    /// To be stored.
    pub records: Vec<R>,
    /// Not to be stored.
    pub refusals: Refusals,
    /// How often something was put right, by what it was.
    pub adjustments: Adjustments,
}

impl<R> Default for Decoded<R> {
    fn default() -> Self {
        Self { records: Vec::new(), refusals: Refusals::default(), adjustments: Adjustments::default() }
    }
}

/// What the items of one resource share.
struct Origin {
    service: String,
    system: String,
    attributes: Arc<Attributes>,
}

impl Decoder {
    /// A decoder by these settings.
    pub fn new(limits: LimitSettings, accept: AcceptSettings, recogniser: Arc<Recogniser>) -> Self {
        Self { limits, accept, recogniser }
    }

    /// The times that are believed at `now_ns` (nanoseconds since the Unix epoch).
    fn window(&self, now_ns: i64) -> Window {
        Window::around(now_ns, self.accept.oldest.get(), self.accept.ahead.get())
    }

    fn origin(&self, resource: Option<Resource>, adjustments: &mut Adjustments) -> Origin {
        let resource = resource.unwrap_or_default();
        let attributes =
            value::attributes(resource.attributes, resource.dropped_attributes_count, &self.limits, adjustments);
        let service = attributes.iter().find(|(name, value)| name == "service.name" && !value.is_empty());
        let service = service.map_or("unknown_service", |(_, service)| service).to_owned();
        Origin { system: self.recogniser.system(&service), service, attributes: Arc::new(attributes) }
    }
}

/// The id, when it has the right length and is not all zero; all zero where it is absent.
fn optional_id<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    if bytes.is_empty() { Some([0; N]) } else { bytes.try_into().ok() }
}

#[cfg(test)]
mod tests;
