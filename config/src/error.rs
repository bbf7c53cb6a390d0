use std::fmt;
use std::path::PathBuf;

/// Where in which file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, or what else the text came from.
    pub origin: String,
    /// 1-based line and column; `None` when the whole text is meant.
    pub position: Option<(u32, u32)>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some((line, column)) => write!(f, "{}:{line}:{column}", self.origin),
            None => f.write_str(&self.origin),
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is longer than any configuration.
    #[error("the configuration file {path} is longer than {limit_bytes} bytes: is it the right file?")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit_bytes: u64,
    },
    /// A key that nothing reads; a typing error goes unnoticed no longer.
    #[error("{place}: unknown key `{key}`{}", advice(.nearest.as_deref(), .known))]
    UnknownKey {
        /// Where.
        place: Place,
        /// The key as written.
        key: String,
        /// The known key that looks most like it, if one does.
        nearest: Option<String>,
        /// All keys known there.
        known: Box<[String]>,
    },
    /// A word that is none of those possible there.
    #[error("{place}: unknown value `{value}`{}", advice(.nearest.as_deref(), .known))]
    UnknownValue {
        /// Where.
        place: Place,
        /// The value as written.
        value: String,
        /// The known value that looks most like it, if one does.
        nearest: Option<String>,
        /// All values known there.
        known: Box<[String]>,
    },
    /// Anything else that is wrong with the text.
    #[error("{place}: {reason}")]
    Invalid {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: String,
    },
}

fn advice(nearest: Option<&str>, known: &[String]) -> String {
    match nearest {
        Some(nearest) => format!(", did you mean `{nearest}`?"),
        None if known.is_empty() => ": none is allowed here".to_owned(),
        None => format!(": known here are `{}`", known.join("`, `")),
    }
}
