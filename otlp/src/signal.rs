//! The three kinds of telemetry that OTLP carries.

/// A kind of telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records and events.
    Logs,
    /// Metric points.
    Metrics,
}

impl Signal {
    /// All of them, in the order of their tags.
    pub const ALL: [Self; 3] = [Self::Traces, Self::Logs, Self::Metrics];

    /// `traces`, `logs` or `metrics`: the last part of the OTLP/HTTP path.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
        }
    }

    /// The name of its gRPC service (opentelemetry-proto 1.x, `collector/*/v1`).
    pub const fn service(self) -> &'static str {
        match self {
            Self::Traces => "opentelemetry.proto.collector.trace.v1.TraceService",
            Self::Logs => "opentelemetry.proto.collector.logs.v1.LogsService",
            Self::Metrics => "opentelemetry.proto.collector.metrics.v1.MetricsService",
        }
    }

    /// The path of its service's only method.
    pub const fn export_path(self) -> &'static str {
        match self {
            Self::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Self::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        }
    }

    /// The byte that stands for it on disk.
    pub const fn tag(self) -> u8 {
        match self {
            Self::Traces => 0,
            Self::Logs => 1,
            Self::Metrics => 2,
        }
    }

    /// Reverse of [`tag`](Self::tag).
    pub fn from_tag(tag: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.tag() == tag)
    }
}
