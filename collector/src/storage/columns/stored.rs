//! Spans as they are read back.

use std::collections::HashMap;
use std::sync::Arc;

use clickhouse::Row;
use ordertrace_api::journey::Observer;
use serde::Deserialize;

use super::shape::{FIELDS, Field, More, OriginText, Shape};
use crate::record::{Attributes, HandoffSide, KeyRecord};
use crate::storage::codes::{key_of, observer_of, strength_of};

/// What to select of `spans` for a [`TraceRow`].
pub const SPANS: &str = "trace_id, started_at, splitByChar('\\xFF', texts) AS all_texts, parents, span.id, span.parent,
    span.after_ns, span.duration_ns, span.origin, span.shape, span.texts, span.more";

/// A row of `spans`.
#[derive(Debug, Row, Deserialize)]
pub struct TraceRow {
    trace_id: [u8; 16],
    started_at: i64,
    all_texts: Vec<String>,
    parents: Vec<[u8; 8]>,
    #[serde(rename = "span.id")]
    ids: Vec<[u8; 8]>,
    #[serde(rename = "span.parent")]
    parent: Vec<u8>,
    #[serde(rename = "span.after_ns")]
    after_ns: Vec<u64>,
    #[serde(rename = "span.duration_ns")]
    duration_ns: Vec<u64>,
    #[serde(rename = "span.origin")]
    origin: Vec<String>,
    #[serde(rename = "span.shape")]
    shape: Vec<String>,
    #[serde(rename = "span.texts")]
    texts: Vec<Vec<u8>>,
    #[serde(rename = "span.more")]
    more: Vec<String>,
}

/// Turns rows into spans; knows the shapes and origins of those before.
#[derive(Debug, Default)]
pub struct Decoder {
    shapes: HashMap<String, Arc<Shape<'static>>>,
    origins: HashMap<String, Arc<OriginText<'static>>>,
}

/// A span as it came, and what was recognised on it.
#[derive(Debug)]
pub struct StoredSpan {
    /// Its trace.
    pub trace_id: [u8; 16],
    /// Its id.
    pub span_id: [u8; 8],
    /// All zero on a root.
    pub parent_span_id: [u8; 8],
    /// Nanoseconds since the Unix epoch.
    pub started_at_ns: i64,
    /// Length.
    pub duration_ns: u64,
    origin: Arc<OriginText<'static>>,
    shape: Arc<Shape<'static>>,
    row: Arc<Vec<String>>,
    texts: Vec<u8>,
    more: String,
}

/// A row that is not as the collector writes them.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// A shape, an origin, or events and links.
    #[error("a span of trace {trace_id} is stored in a way this program does not understand")]
    Json {
        /// The trace, in hexadecimal.
        trace_id: String,
        /// What is wrong.
        source: serde_json::Error,
    },
}

fn known<T: for<'a> Deserialize<'a>>(cache: &mut HashMap<String, Arc<T>>, text: String) -> serde_json::Result<Arc<T>> {
    if let Some(known) = cache.get(&text) {
        return Ok(Arc::clone(known));
    }
    let value = Arc::new(serde_json::from_str(&text)?);
    cache.insert(text, Arc::clone(&value));
    Ok(value)
}

impl Decoder {
    /// The spans of a row.
    ///
    /// # Errors
    /// When the row is not as the collector writes them.
    pub fn spans(&mut self, row: TraceRow) -> clickhouse::error::Result<Vec<StoredSpan>> {
        let failed = |source| {
            let error = StoredError::Json { trace_id: hex::encode(row.trace_id), source };
            clickhouse::error::Error::Other(error.into())
        };
        let texts = Arc::new(row.all_texts);
        let mut started_at_ns = row.started_at;
        let mut spans = Vec::with_capacity(row.ids.len());
        let numbers = row.parent.into_iter().zip(row.after_ns).zip(row.duration_ns);
        let kinds = row.origin.into_iter().zip(row.shape);
        let own = row.texts.into_iter().zip(row.more);
        for (((span_id, ((parent, after_ns), duration_ns)), (origin, shape)), (numbers, more)) in
            row.ids.iter().zip(numbers).zip(kinds).zip(own)
        {
            started_at_ns = started_at_ns.saturating_add_unsigned(after_ns);
            let parent = usize::from(parent).checked_sub(1);
            spans.push(StoredSpan {
                trace_id: row.trace_id,
                span_id: *span_id,
                parent_span_id: parent
                    .and_then(|parent| row.ids.iter().chain(&row.parents).nth(parent))
                    .copied()
                    .unwrap_or_default(),
                started_at_ns,
                duration_ns,
                origin: known(&mut self.origins, origin).map_err(failed)?,
                shape: known(&mut self.shapes, shape).map_err(failed)?,
                row: Arc::clone(&texts),
                texts: numbers,
                more,
            });
        }
        Ok(spans)
    }
}

impl StoredSpan {
    /// The text at a place of the shape.
    fn text(&self, place: usize) -> &str {
        let text = || {
            let at = (*self.shape.at.get(place)? as usize).checked_sub(1)?;
            match at.checked_sub(self.shape.fixed.len()) {
                None => self.shape.fixed.get(at).map(AsRef::as_ref),
                Some(own) => self.row.get(usize::from(*self.texts.get(own)?).checked_sub(1)?).map(String::as_str),
            }
        };
        text().unwrap_or_default()
    }

    fn field(&self, field: Field) -> &str {
        self.text(self.shape.names.len() + field as usize)
    }

    /// The commerce system that reported it.
    pub fn system(&self) -> &str {
        &self.origin.system
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.field(Field::Name)
    }

    /// The code of its kind; see [`kind_of`](crate::storage::kind_of).
    pub fn kind(&self) -> i8 {
        self.shape.kind
    }

    /// Whether its status is ERROR.
    pub fn is_error(&self) -> bool {
        self.shape.status == crate::record::SpanStatus::Error as i8
    }

    /// Its status message.
    pub fn status_message(&self) -> &str {
        self.field(Field::StatusMessage)
    }

    /// The noise rule that it falls under; empty = none.
    pub fn noise(&self) -> &str {
        self.field(Field::Noise)
    }

    /// The milestone it shows; empty = none.
    pub fn milestone(&self) -> &str {
        self.field(Field::Milestone)
    }

    /// Its attributes.
    pub fn attributes(&self) -> Attributes {
        let names = self.shape.names.iter().enumerate();
        names.map(|(place, name)| (name.clone().into_owned(), self.text(place).to_owned())).collect()
    }

    /// What its reporter says of itself.
    pub fn resource_attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.origin.attributes.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// What was asked, when it is one end of a handoff; else empty.
    pub fn operation(&self) -> &str {
        self.field(Field::Operation)
    }

    /// Keys recognised on it.
    pub fn keys(&self) -> impl Iterator<Item = KeyRecord> {
        let first = self.shape.names.len() + FIELDS;
        self.shape.keys.iter().enumerate().map(move |(number, (kind, system, strength))| KeyRecord {
            key: key_of(kind.to_string(), self.text(first + number).to_owned(), system.to_string()),
            strength: strength_of(*strength),
        })
    }

    /// Whether its reporter is the receiver of a request.
    pub fn is_received(&self) -> bool {
        observer_of(self.shape.observer) == Some(Observer::Server)
    }

    /// Its part in a handoff.
    pub fn side(&self) -> Option<HandoffSide> {
        let text = |field| self.field(field).to_owned();
        Some(HandoffSide {
            observer: observer_of(self.shape.observer)?,
            from: text(Field::From),
            to: text(Field::To),
            operation: text(Field::Operation),
            method: text(Field::Method),
            path: text(Field::Path),
            status_code: self.shape.status_code,
            resend_count: self.shape.resend_count,
            idempotency_key: text(Field::IdempotencyKey),
            error_type: text(Field::ErrorType),
        })
    }

    fn more(&self) -> clickhouse::error::Result<More<'_>> {
        if self.more.is_empty() {
            return Ok(More::default());
        }
        serde_json::from_str(&self.more).map_err(|source| {
            let error = StoredError::Json { trace_id: hex::encode(self.trace_id), source };
            clickhouse::error::Error::Other(error.into())
        })
    }

    /// Its events: when, name, attributes.
    ///
    /// # Errors
    /// When they are not as the collector writes them.
    pub fn events(&self) -> clickhouse::error::Result<Vec<(i64, String, Attributes)>> {
        let owned = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
            (name.into_owned(), value.into_owned())
        };
        let events = self.more()?.events.into_iter();
        Ok(events
            .map(|event| (event.at, event.name.into_owned(), event.attributes.into_iter().map(owned).collect()))
            .collect())
    }

    /// The spans that it links to: trace and id.
    ///
    /// # Errors
    /// When they are not as the collector writes them.
    pub fn links(&self) -> clickhouse::error::Result<Vec<([u8; 16], [u8; 8])>> {
        fn id<const N: usize>(text: &str) -> [u8; N] {
            let mut id = [0; N];
            // What cannot be read leads nowhere.
            let _ = hex::decode_to_slice(text, &mut id);
            id
        }
        Ok(self.more()?.links.iter().map(|link| (id(&link.trace_id), id(&link.span_id))).collect())
    }
}
