use http::StatusCode;

use crate::edge::Edge;

/// A call that failed for good.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Every attempt failed.
    #[error("{edge}: {operation}: {attempts} attempts failed, the last with {last}")]
    GaveUp {
        /// Who called whom.
        edge: Edge,
        /// What was asked.
        operation: String,
        /// How often.
        attempts: usize,
        /// What the last attempt ended with: a status or an `error.type`.
        last: String,
    },
    /// The receiver refused.
    #[error("{edge}: {operation}: answered {status}")]
    Refused {
        /// Who called whom.
        edge: Edge,
        /// What was asked.
        operation: String,
        /// The answer.
        status: StatusCode,
    },
    /// The answer lacks something.
    #[error("{edge}: the {status} answer has no text at {pointer}")]
    Reply {
        /// Who called whom.
        edge: Edge,
        /// JSON pointer.
        pointer: &'static str,
        /// The answer's status.
        status: StatusCode,
    },
    /// Orders that were to be exported together did not all arrive.
    #[error("export wave {wave} is incomplete after {waited_s} s")]
    Wave {
        /// The wave.
        wave: String,
        /// Seconds waited.
        waited_s: u64,
    },
}
