//! Files as ERPs export them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// CSV files (RFC 4180) with a header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvConfig {
    /// Which files: a path that may contain *, ?, [..] and **.
    pub path: String,
    /// How they change.
    #[serde(default)]
    pub change: FileChange,
    /// Whether it is in order that no file is there.
    #[serde(default)]
    pub may_be_absent: bool,
    /// What separates fields: one ASCII character.
    #[serde(default = "delimiter")]
    pub delimiter: char,
}

/// Files of one JSON object a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonLinesConfig {
    /// Which files: a path that may contain *, ?, [..] and **.
    pub path: String,
    /// How they change.
    #[serde(default)]
    pub change: FileChange,
    /// Whether it is in order that no file is there.
    #[serde(default)]
    pub may_be_absent: bool,
}

/// How files change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    /// Written anew: a file that changed is read whole.
    #[default]
    Replaced,
    /// Appended to: only what is new is read.
    Appended,
}

impl CsvConfig {
    /// Files with everything else at its default.
    pub fn new(path: &str) -> Self {
        Self { path: path.to_owned(), change: FileChange::default(), may_be_absent: false, delimiter: delimiter() }
    }
}

fn delimiter() -> char {
    ','
}
