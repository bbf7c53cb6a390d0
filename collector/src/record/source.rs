/// What became of one asking or telling of a source of readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceOutcome {
    /// A poll read all that is new.
    Ok,
    /// The same, but some of it was no reading.
    Partly,
    /// A poll could not read all that is there, or took longer than its interval.
    Late,
    /// A poll failed.
    Failed,
    /// A system told a reading of itself.
    Read,
    /// This collector refused readings.
    Refused,
}

/// The last that a request tells of a source of readings with one outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceRecord<'a> {
    /// The system whose readings they are.
    pub system: &'a str,
    /// The poll's name; empty for a system that tells of itself.
    pub poll: &'a str,
    /// Name of the agent that polls; else empty.
    pub agent: &'a str,
    /// Of what the readings are: names of entities with commas between.
    pub entities: &'a str,
    /// What became of it.
    pub outcome: SourceOutcome,
    /// When, nanoseconds since the Unix epoch.
    pub at_ns: i64,
    /// Why it was no success; place and fault of the first that was refused.
    pub reason: &'a str,
    /// Readings.
    pub readings: u64,
    /// What was no reading.
    pub refused: u64,
    /// Milliseconds from one poll to the next; 0 = unknown.
    pub interval_ms: u32,
    /// Milliseconds that a poll may take; 0 = unknown.
    pub timeout_ms: u32,
}
