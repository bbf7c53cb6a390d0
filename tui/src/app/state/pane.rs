use ordertrace_api::span::SpansReply;

use crate::app::geometry::PaneSize;
use crate::text::Line;

/// What lies below the list of a journey.
#[derive(Clone, Debug)]
pub struct Pane {
    /// What it shows.
    pub kind: PaneKind,
    /// How much of the screen it takes.
    pub size: PaneSize,
    /// Its title.
    pub title: Line,
    /// Its contents, wrapped to the screen's width.
    pub lines: Vec<Line>,
    /// Lines scrolled away.
    pub scroll: usize,
}

/// What a pane shows of the chosen handoff.
#[derive(Clone, Debug, PartialEq)]
pub enum PaneKind {
    /// Attempts, both sides and attributes.
    Detail,
    /// The spans inside it.
    Spans(SpansState),
}

/// What is known of the spans inside a handoff.
#[derive(Clone, Debug, PartialEq)]
pub enum SpansState {
    /// The question is under way.
    Asked {
        /// Its ticket.
        ticket: u64,
    },
    /// Here they are.
    Received(SpansReply),
    /// No answer, and why.
    Failed(String),
    /// A wait has none.
    Nothing,
}

impl Pane {
    /// An empty pane over the lower half.
    pub fn new(kind: PaneKind) -> Self {
        Self { kind, size: PaneSize::Half, title: Line::default(), lines: Vec::new(), scroll: 0 }
    }

    /// Scrolls by `rows`; the last line stays on the screen.
    pub fn step(&mut self, rows: isize) {
        self.scroll = self.scroll.saturating_add_signed(rows).min(self.lines.len().saturating_sub(1));
    }
}
