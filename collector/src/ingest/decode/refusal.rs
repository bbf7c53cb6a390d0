use std::fmt::Write;

/// Why an item is not stored; its sender is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The trace id is not 16 bytes, or all zero on a span.
    TraceId,
    /// The span id is not 8 bytes, or all zero on a span.
    SpanId,
    /// The parent's id is neither empty nor 8 bytes.
    ParentSpanId,
    /// A time lies outside what is believed.
    Time,
    /// A metric that is no reading of stock or price.
    NotAReading,
    /// A reading without what makes it one.
    Reading,
}

impl Refusal {
    /// All reasons.
    pub const ALL: [Self; 6] =
        [Self::TraceId, Self::SpanId, Self::ParentSpanId, Self::Time, Self::NotAReading, Self::Reading];

    /// Its name in metrics and status.
    pub const fn label(self) -> &'static str {
        match self {
            Self::TraceId => "trace_id",
            Self::SpanId => "span_id",
            Self::ParentSpanId => "parent_span_id",
            Self::Time => "time",
            Self::NotAReading => "not_a_reading",
            Self::Reading => "reading",
        }
    }
}

/// The items of a request that are not stored.
#[derive(Debug, Default)]
pub struct Refusals {
    counts: [u64; Refusal::ALL.len()],
    /// The first message of each reason.
    messages: Vec<(Refusal, String)>,
}

/// Longest message about one reason, in bytes: it quotes what was sent.
const MESSAGE_BYTES: usize = 400;

impl Refusals {
    /// Counts one more item; `message` is only called for the first of its reason.
    pub(super) fn add(&mut self, reason: Refusal, message: impl FnOnce() -> String) {
        self.add_many(reason, 1, message);
    }

    /// Counts so many more items.
    pub(super) fn add_many(&mut self, reason: Refusal, count: u64, message: impl FnOnce() -> String) {
        if count == 0 {
            return;
        }
        self.counts[reason as usize] += count;
        if self.messages.iter().all(|(known, _)| *known != reason) {
            let mut message = message();
            message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
            self.messages.push((reason, message));
        }
    }

    /// How many items, by reason.
    pub fn counts(&self) -> impl Iterator<Item = (Refusal, u64)> {
        Refusal::ALL.into_iter().zip(self.counts).filter(|(_, count)| *count > 0)
    }

    /// How many items, by the reason's name.
    pub fn labelled(&self) -> Vec<(&'static str, u64)> {
        self.counts().map(|(reason, count)| (reason.label(), count)).collect()
    }

    /// How many items in all.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// For the sender: each reason once, with an example. Empty when nothing was refused.
    pub fn message(&self) -> String {
        let mut text = String::new();
        for (reason, example) in &self.messages {
            let separator = if text.is_empty() { "" } else { "; " };
            // Writing to a String cannot fail.
            let _ = write!(text, "{separator}{} × {}: {example}", self.counts[*reason as usize], reason.label());
        }
        text
    }
}

/// What was put right on an item that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Adjustment {
    /// The end was before the start: length 0.
    NegativeDuration,
    /// The span named itself as its parent: a root.
    SelfParent,
    /// A value was longer than the limit: cut.
    ValueCut,
    /// More attributes than the limit: the rest left out.
    AttributesDropped,
    /// More span events or links than the limit, or a link to nothing: left out.
    EventsOrLinksDropped,
    /// A request told of more sources of readings than the limit: the rest left out.
    SourcesLeftOut,
}

impl Adjustment {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::NegativeDuration,
        Self::SelfParent,
        Self::ValueCut,
        Self::AttributesDropped,
        Self::EventsOrLinksDropped,
        Self::SourcesLeftOut,
    ];

    /// Its name in metrics.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NegativeDuration => "negative_duration",
            Self::SelfParent => "self_parent",
            Self::ValueCut => "value_cut",
            Self::AttributesDropped => "attributes_dropped",
            Self::EventsOrLinksDropped => "events_or_links_dropped",
            Self::SourcesLeftOut => "sources_left_out",
        }
    }
}

/// How often something was put right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adjustments([u64; Adjustment::ALL.len()]);

impl Adjustments {
    pub(super) fn add(&mut self, what: Adjustment, count: usize) {
        self.0[what as usize] += count as u64;
    }

    /// How often, by what.
    pub fn counts(&self) -> impl Iterator<Item = (Adjustment, u64)> {
        Adjustment::ALL.into_iter().zip(self.0).filter(|(_, count)| *count > 0)
    }
}
