//! Keys of what is told of copies.

use crossterm::event::KeyCode;
use crossterm::event::KeyCode::Char as C;

use super::{BACK, Binding, Command, END_FILTER, HELP, LISTS, MOVES, PAUSE, REFRESH, bind};

/// Keys of lags and drifts.
pub(in crate::app) const SYNC: &[&[Binding]] = &[
    &[
        bind(
            Command::Open,
            &[KeyCode::Enter],
            "Enter",
            "the SKU in every system: what each says, and said before",
            Some(("⏎", "SKU")),
        ),
        bind(
            Command::NextPair,
            &[KeyCode::Right, C('l')],
            "→ ← l h",
            "only the drifts of the next, previous pair of systems; all",
            Some(("→", "pair")),
        ),
        bind(Command::PreviousPair, &[KeyCode::Left, C('h')], "← h", "", None),
        bind(Command::Sort, &[C('s')], "s S", "sort by the next column, the other way round", Some(("s", "sort"))),
        bind(Command::ReverseSort, &[C('S')], "S", "", None),
        bind(Command::Stretch, &[C('t')], "t", "lags of the last hour, day, week, 15 minutes", Some(("t", "time"))),
        bind(Command::Search, &[C('/')], "/", "show those that say something", Some(("/", "filter"))),
        PAUSE,
        bind(Command::CopyId, &[C('y'), C('Y')], "y Y", "copy the SKU", Some(("y", "copy"))),
    ],
    LISTS,
    MOVES,
    &[REFRESH, HELP, END_FILTER],
];

/// Keys of what each system says of one SKU.
pub(in crate::app) const SKU: &[&[Binding]] = &[
    &[
        bind(Command::Stretch, &[C('t')], "t", "last day, week, 30 days, hour", Some(("t", "time"))),
        bind(
            Command::OtherList,
            &[KeyCode::Tab, KeyCode::BackTab],
            "Tab",
            "from the systems to the orders that touched the SKU, and back",
            Some(("Tab", "orders")),
        ),
        bind(Command::Open, &[KeyCode::Enter], "Enter", "the order; of an order's status too", Some(("⏎", "order"))),
        bind(Command::CopyId, &[C('y'), C('Y')], "y Y", "copy the SKU, or the order's id", Some(("y", "copy"))),
    ],
    MOVES,
    &[REFRESH, HELP, BACK],
];
