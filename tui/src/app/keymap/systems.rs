//! Keys of what is told of systems.

use crossterm::event::KeyCode;
use crossterm::event::KeyCode::Char as C;

use super::{Binding, Command, END_FILTER, HELP, LISTS, MOVES, PAUSE, REFRESH, bind};

/// Keys of the systems map.
pub(in crate::app) const MAP: &[&[Binding]] = &[
    &[
        bind(
            Command::Open,
            &[KeyCode::Enter],
            "Enter",
            "the orders that had it: most at risk first, then slowest",
            Some(("⏎", "orders")),
        ),
        bind(
            Command::NextError,
            &[C('e')],
            "e E",
            "next, previous handoff or system in trouble",
            Some(("e", "trouble")),
        ),
        bind(Command::PreviousError, &[C('E')], "E", "", None),
        bind(
            Command::Explain,
            &[C('x')],
            "x",
            "explain: what orders have in common whose handoff failed",
            Some(("x", "explain")),
        ),
        bind(Command::FindingsOfSystem, &[C('f')], "f", "findings that name the system", Some(("f", "findings"))),
        bind(
            Command::Fold,
            &[C(' ')],
            "Space z",
            "all handoffs of the system, or those in trouble; all",
            Some(("␣", "fold")),
        ),
        bind(Command::FoldAll, &[C('z')], "z", "", None),
        bind(Command::Close, &[KeyCode::Left, C('h')], "← h → l", "fold, or go to the system; unfold", None),
        bind(Command::Unfold, &[KeyCode::Right, C('l')], "→ l", "", None),
        bind(Command::Sort, &[C('s')], "s", "along the traffic, or what is in trouble first", Some(("s", "sort"))),
        bind(Command::Stretch, &[C('t')], "t", "last hour, day, week, 15 minutes", Some(("t", "time"))),
        bind(Command::Search, &[C('/')], "/", "show those whose name contains something", Some(("/", "filter"))),
        PAUSE,
    ],
    LISTS,
    MOVES,
    &[REFRESH, HELP, END_FILTER],
];

/// Keys of the surface.
pub(in crate::app) const SURFACE: &[&[Binding]] = &[
    &[
        bind(
            Command::Detail,
            &[KeyCode::Enter, C('d'), C('l'), KeyCode::Right],
            "Enter",
            "all that is known of it, and its other ways; or not",
            Some(("⏎", "detail")),
        ),
        bind(Command::Sort, &[C('s')], "s S", "sort by the next column, the other way round", Some(("s", "sort"))),
        bind(Command::ReverseSort, &[C('S')], "S", "", None),
        bind(
            Command::ShowAll,
            &[C('a')],
            "a",
            "only what lacks encryption or a credential, or all",
            Some(("a", "bare")),
        ),
        bind(Command::FindingsOfSystem, &[C('f')], "f", "findings that name the system", Some(("f", "findings"))),
        bind(Command::Stretch, &[C('t')], "t", "last week, 30 days, day, hour", Some(("t", "time"))),
        bind(Command::Search, &[C('/')], "/", "show those that say something", Some(("/", "filter"))),
        PAUSE,
    ],
    LISTS,
    MOVES,
    &[REFRESH, HELP, END_FILTER],
];
