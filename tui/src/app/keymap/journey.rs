use crossterm::event::KeyCode;
use crossterm::event::KeyCode::Char as C;

use super::{Binding, Command, EXPLAIN_THESE, HELP, MOVES, REFRESH, bind};

/// Keys of a journey.
pub(in crate::app) const JOURNEY: &[&[Binding]] = &[
    &[
        bind(
            Command::Detail,
            &[KeyCode::Enter, C('d')],
            "Enter d",
            "both sides, attempts, attributes; again: larger",
            Some(("⏎", "detail")),
        ),
        EXPLAIN_THESE,
        bind(Command::NextError, &[C('e')], "e E", "next, previous failed handoff", Some(("e", "error"))),
        bind(Command::PreviousError, &[C('E')], "E", "", None),
        bind(Command::NextRetry, &[C('r')], "r R", "next, previous retried handoff", Some(("r", "retry"))),
        bind(Command::PreviousRetry, &[C('R')], "R", "", None),
        bind(Command::Slowest, &[C('l')], "l", "the slowest handoff", Some(("l", "slowest"))),
        bind(Command::Spans, &[C('i')], "i", "spans inside the handoff", Some(("i", "spans"))),
        bind(
            Command::Zoom,
            &[C('t')],
            "t",
            "zoom the time axis to the rows on the screen, or back",
            Some(("t", "zoom")),
        ),
        bind(Command::Clocks, &[C('c')], "c", "tell times by one clock, or by each system's own", None),
        bind(Command::PreviousAttempt, &[C('[')], "[ ]", "previous, next attempt in the pane", None),
        bind(Command::NextAttempt, &[C(']')], "]", "", None),
        bind(Command::PaneDown, &[C('J')], "J K", "scroll the pane down, up", None),
        bind(Command::PaneUp, &[C('K')], "K", "", None),
        bind(Command::Fold, &[C(' ')], "Space z", "fold or unfold; all", Some(("␣", "fold"))),
        bind(Command::Close, &[KeyCode::Left, C('h')], "← h →", "fold or go to the enclosing handoff, unfold", None),
        bind(Command::Unfold, &[KeyCode::Right], "→", "", None),
        bind(Command::FoldAll, &[C('z')], "z", "", None),
        bind(
            Command::CopyId,
            &[C('y')],
            "y Y",
            "copy the trace id of the attempt, the order's id",
            Some(("y", "copy")),
        ),
        bind(Command::CopyOrder, &[C('Y')], "Y", "", None),
    ],
    MOVES,
    &[
        REFRESH,
        HELP,
        bind(Command::Back, &[KeyCode::Esc, C('q')], "q Esc", "close the pane, then the order", Some(("q", "back"))),
    ],
];
