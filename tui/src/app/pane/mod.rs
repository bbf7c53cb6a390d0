//! What a pane says of a handoff, in lines of the screen's width.

mod detail;
mod repeats;
mod spans;

pub(crate) use detail::{attempt_of, detail_lines, spans_side, wait_lines};
pub(crate) use spans::span_lines;
