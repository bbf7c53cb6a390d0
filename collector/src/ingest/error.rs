use super::decode::WireError;
use crate::store::Unavailable;

/// Why nothing of a request was taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum IngestError {
    /// The body is not what it should be; sending it again is of no use.
    #[error("the body is no valid OTLP request: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// Its rows could not be stored.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<WireError> for IngestError {
    fn from(error: WireError) -> Self {
        Self::Malformed { reason: error.to_string() }
    }
}
