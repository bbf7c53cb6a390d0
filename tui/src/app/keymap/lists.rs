//! Keys of the orders, of what is wrong with them, and of what costs most.

use crossterm::event::KeyCode;
use crossterm::event::KeyCode::Char as C;

use super::{BACK, Binding, COPY_ORDER, Command, END_FILTER, EXPLAIN_THESE, HELP, LISTS, MOVES, PAUSE, REFRESH, bind};

/// Keys of the orders list.
pub(in crate::app) const ORDERS: &[&[Binding]] = &[
    &[
        bind(Command::Open, &[KeyCode::Enter, C('l'), KeyCode::Right], "Enter", "open the order", Some(("⏎", "open"))),
        bind(
            Command::Search,
            &[C('/')],
            "/",
            "search by any key; Enter opens the order that has it",
            Some(("/", "search")),
        ),
        bind(Command::Findings, &[C('F')], "F", "findings: what is wrong, the worst first", Some(("F", "findings"))),
        bind(
            Command::Alerts,
            &[C('A')],
            "A",
            "alerts: what somebody must know, and who takes care",
            Some(("A", "alerts")),
        ),
        bind(
            Command::Sync,
            &[C('D')],
            "D",
            "drift and sync lag: whether copies of stock and prices agree",
            Some(("D", "drift")),
        ),
        bind(
            Command::Map,
            &[C('m')],
            "m",
            "map: which system hands on to which, and where it breaks",
            Some(("m", "map")),
        ),
        bind(Command::Hotspots, &[C('H')], "H", "hotspots: which handoffs cost most", Some(("H", "hotspots"))),
        bind(Command::Surface, &[C('U')], "U", "surface: how handoffs are authenticated and encrypted", None),
        EXPLAIN_THESE,
        bind(Command::Filter, &[C('f')], "f", "show all, failed, open or done orders", Some(("f", "filter"))),
        bind(Command::Sort, &[C('s')], "s S", "sort by the next column, the other way round", Some(("s", "sort"))),
        bind(Command::ReverseSort, &[C('S')], "S", "", None),
        PAUSE,
        COPY_ORDER,
    ],
    MOVES,
    &[
        REFRESH,
        HELP,
        bind(Command::Back, &[KeyCode::Esc], "Esc", "end the search, then the filter", None),
        bind(Command::Quit, &[C('q')], "q Ctrl-C", "quit", Some(("q", "quit"))),
    ],
];

/// Keys of the findings.
pub(in crate::app) const FINDINGS: &[&[Binding]] = &[
    &[
        bind(
            Command::Open,
            &[KeyCode::Enter, C('l'), KeyCode::Right],
            "Enter",
            "open the order, at the handoff that shows the fault",
            Some(("⏎", "open")),
        ),
        bind(Command::Search, &[C('/')], "/", "show those that say something", Some(("/", "filter"))),
        EXPLAIN_THESE,
        bind(Command::ShowAll, &[C('a')], "a", "show also those that ceased to hold, or not", Some(("a", "all"))),
        PAUSE,
        COPY_ORDER,
    ],
    LISTS,
    MOVES,
    &[REFRESH, HELP, END_FILTER],
];

/// Keys of the alerts.
pub(in crate::app) const ALERTS: &[&[Binding]] = &[
    &[
        bind(
            Command::Open,
            &[KeyCode::Enter, C('l'), KeyCode::Right],
            "Enter",
            "what it is about: the order, the SKU, the lag or the finding",
            Some(("⏎", "open")),
        ),
        bind(
            Command::Acknowledge,
            &[C('a')],
            "a",
            "say that you take care of it; asks for a note first",
            Some(("a", "acknowledge")),
        ),
        bind(
            Command::Silence,
            &[C('s')],
            "s",
            "silence it in Alertmanager; asks for how long first",
            Some(("s", "silence")),
        ),
        bind(Command::Search, &[C('/')], "/", "show those that say something", Some(("/", "filter"))),
        bind(Command::ShowAll, &[C('r')], "r", "show also those that are over, or not", Some(("r", "resolved"))),
        PAUSE,
        bind(Command::CopyId, &[C('y'), C('Y')], "y Y", "copy the command that shows more", Some(("y", "copy"))),
    ],
    LISTS,
    MOVES,
    &[REFRESH, HELP, END_FILTER],
];

/// Keys of the hotspots.
pub(in crate::app) const HOTSPOTS: &[&[Binding]] = &[
    &[
        bind(
            Command::Open,
            &[KeyCode::Enter, C('l'), KeyCode::Right],
            "Enter",
            "the orders that had it: most at risk first, then slowest",
            Some(("⏎", "orders")),
        ),
        bind(Command::Sort, &[C('s')], "s S", "sort by the next column, the other way round", Some(("s", "sort"))),
        bind(Command::ReverseSort, &[C('S')], "S", "", None),
        bind(
            Command::Compare,
            &[C('c')],
            "c",
            "compare with a day earlier, a week earlier, or not",
            Some(("c", "compare")),
        ),
        bind(Command::Stretch, &[C('t')], "t", "last hour, day, week, 15 minutes", Some(("t", "time"))),
        bind(Command::Turn, &[C('b')], "b", "by handoff, or by system", Some(("b", "by"))),
        bind(Command::Search, &[C('/')], "/", "show those whose name contains something", Some(("/", "filter"))),
        PAUSE,
    ],
    LISTS,
    MOVES,
    &[REFRESH, HELP, END_FILTER],
];

/// Keys of the orders that had a handoff.
pub(in crate::app) const TOUCHED: &[&[Binding]] = &[
    &[
        bind(Command::Open, &[KeyCode::Enter, C('l'), KeyCode::Right], "Enter", "open the order", Some(("⏎", "open"))),
        COPY_ORDER,
    ],
    MOVES,
    &[REFRESH, HELP, BACK],
];

/// Keys of what sets orders apart.
pub(in crate::app) const EXPLAIN: &[&[Binding]] = &[
    &[bind(
        Command::Open,
        &[KeyCode::Enter, C('l'), KeyCode::Right],
        "Enter",
        "the orders that have it: those hit, then those at risk",
        Some(("⏎", "orders")),
    )],
    MOVES,
    &[REFRESH, HELP, BACK],
];

/// Keys of the orders that have a value.
pub(in crate::app) const HIT: &[&[Binding]] = &[
    &[
        bind(Command::Open, &[KeyCode::Enter, C('l'), KeyCode::Right], "Enter", "open the order", Some(("⏎", "open"))),
        COPY_ORDER,
    ],
    MOVES,
    &[HELP, bind(Command::Back, &[KeyCode::Esc, C('q')], "q Esc", "back to what sets them apart", Some(("q", "back")))],
];
