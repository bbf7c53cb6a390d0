/// Why the collector gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The collector's URL is none.
    #[error(
        "{url:?} is not the URL of a collector: {reason}; give --collector or ORDERTRACE_COLLECTOR as http://HOST:4320"
    )]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The HTTP client could not be set up.
    #[error("cannot set up the HTTP client")]
    Setup {
        /// The reason.
        source: reqwest::Error,
    },
    /// Nobody answered, or not to the end.
    #[error(
        "no answer from the collector at {url}; start one with `ordertrace up`, or name another with --collector URL"
    )]
    Unreachable {
        /// The collector's URL.
        url: String,
        /// The reason.
        source: reqwest::Error,
    },
    /// The collector answered with an error.
    #[error("{url} answered {status}: {detail}")]
    Refused {
        /// What was asked for.
        url: String,
        /// HTTP status.
        status: u16,
        /// The collector's own words.
        detail: String,
    },
    /// The answer is longer than anybody would read.
    #[error("{url} answered with more than {limit_bytes} bytes; ask for less with --since, --until or --limit")]
    TooLong {
        /// What was asked for.
        url: String,
        /// The limit.
        limit_bytes: usize,
    },
    /// The answer is not what this version understands.
    #[error("{url} answered something this version does not understand; are collector and ordertrace of one version?")]
    Reply {
        /// What was asked for.
        url: String,
        /// The reason.
        source: serde_json::Error,
    },
}

impl ClientError {
    /// The innermost reason, short enough for a status line: `Connection refused (os error
    /// 111)`, `503 storage away: …`.
    pub fn reason(&self) -> String {
        match self {
            Self::Refused { status, detail, .. } => format!("{status} {detail}"),
            error => innermost(error),
        }
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
