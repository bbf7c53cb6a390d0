use super::Content;

/// An OTLP signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignalName {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
    /// Metric points.
    Metrics,
}

impl SignalName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Traces, Self::Logs, Self::Metrics];

    /// As it stands in OTLP's URL paths.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
        }
    }
}

/// One OTLP request, apart from the records that are stored of it.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// What it is known by.
    pub content: Content,
    /// What it carries.
    pub signal: SignalName,
    /// The service of its first resource.
    pub sender: &'a str,
    /// How many of its items are not stored, by reason.
    pub refused: &'a [(&'static str, u64)],
}
