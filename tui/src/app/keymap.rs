//! Which key does what: what the program obeys, the footer shows and the help lists is one
//! table.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key asks for; the tables below say what each does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Down,
    Up,
    PageDown,
    PageUp,
    Top,
    Bottom,
    Open,
    Back,
    Quit,
    Help,
    Refresh,
    Search,
    Filter,
    Sort,
    ReverseSort,
    Pause,
    CopyId,
    CopyOrder,
    Findings,
    ShowAll,
    Hotspots,
    Explain,
    Compare,
    Stretch,
    Turn,
    Fold,
    Close,
    Unfold,
    FoldAll,
    Detail,
    Spans,
    PreviousAttempt,
    NextAttempt,
    PaneDown,
    PaneUp,
    Slowest,
    Zoom,
    /// Tell times by one clock, or by each system's own.
    Clocks,
    NextError,
    PreviousError,
    NextRetry,
    PreviousRetry,
}

/// Keys that ask for a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding {
    keys: &'static [KeyCode],
    /// With the control key held.
    control: &'static [char],
    /// The keys as the help shows them.
    pub(super) label: &'static str,
    /// What they do; empty where the help of the binding before says it.
    pub(super) help: &'static str,
    /// One key and one word for the footer, most useful first.
    pub(super) footer: Option<(&'static str, &'static str)>,
    command: Command,
}

const fn bind(
    command: Command,
    keys: &'static [KeyCode],
    label: &'static str,
    help: &'static str,
    footer: Option<(&'static str, &'static str)>,
) -> Binding {
    Binding { keys, control: &[], label, help, footer, command }
}

const fn control(binding: Binding, control: &'static [char]) -> Binding {
    Binding { control, ..binding }
}

use KeyCode::Char as C;

/// Keys of the orders list.
pub(super) const ORDERS: &[Binding] = &[
    bind(Command::Open, &[KeyCode::Enter, C('l'), KeyCode::Right], "Enter", "open the order", Some(("⏎", "open"))),
    bind(
        Command::Search,
        &[C('/')],
        "/",
        "search by any key; Enter opens the order that has it",
        Some(("/", "search")),
    ),
    bind(Command::Findings, &[C('F')], "F", "findings: what is wrong, the worst first", Some(("F", "findings"))),
    bind(Command::Hotspots, &[C('H')], "H", "hotspots: which handoffs cost most", Some(("H", "hotspots"))),
    EXPLAIN_THESE,
    bind(Command::Filter, &[C('f')], "f", "show all, failed, open or done orders", Some(("f", "filter"))),
    bind(Command::Sort, &[C('s')], "s S", "sort by the next column, the other way round", Some(("s", "sort"))),
    bind(Command::ReverseSort, &[C('S')], "S", "", None),
    PAUSE,
    COPY_ORDER,
    DOWN,
    UP,
    PAGE_DOWN,
    PAGE_UP,
    TOP,
    BOTTOM,
    REFRESH,
    HELP,
    bind(Command::Back, &[KeyCode::Esc], "Esc", "end the search, then the filter", None),
    bind(Command::Quit, &[C('q')], "q Ctrl-C", "quit", Some(("q", "quit"))),
];

/// Keys of the findings.
pub(super) const FINDINGS: &[Binding] = &[
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
    DOWN,
    UP,
    PAGE_DOWN,
    PAGE_UP,
    TOP,
    BOTTOM,
    REFRESH,
    HELP,
    bind(Command::Back, &[KeyCode::Esc, C('q')], "q Esc", "back to the orders", Some(("q", "back"))),
];

/// Keys of the hotspots.
pub(super) const HOTSPOTS: &[Binding] = &[
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
    DOWN,
    UP,
    PAGE_DOWN,
    PAGE_UP,
    TOP,
    BOTTOM,
    REFRESH,
    HELP,
    bind(
        Command::Back,
        &[KeyCode::Esc, C('q')],
        "q Esc",
        "end the filter, then back to the orders",
        Some(("q", "back")),
    ),
];

/// Keys of the orders that had a handoff.
pub(super) const TOUCHED: &[Binding] = &[
    bind(Command::Open, &[KeyCode::Enter, C('l'), KeyCode::Right], "Enter", "open the order", Some(("⏎", "open"))),
    COPY_ORDER,
    DOWN,
    UP,
    PAGE_DOWN,
    PAGE_UP,
    TOP,
    BOTTOM,
    REFRESH,
    HELP,
    bind(Command::Back, &[KeyCode::Esc, C('q')], "q Esc", "back to the hotspots", Some(("q", "back"))),
];

/// Keys of what sets orders apart.
pub(super) const EXPLAIN: &[Binding] = &[
    bind(
        Command::Open,
        &[KeyCode::Enter, C('l'), KeyCode::Right],
        "Enter",
        "the orders that have it: those hit, then those at risk",
        Some(("⏎", "orders")),
    ),
    DOWN,
    UP,
    PAGE_DOWN,
    PAGE_UP,
    TOP,
    BOTTOM,
    REFRESH,
    HELP,
    bind(Command::Back, &[KeyCode::Esc, C('q')], "q Esc", "back", Some(("q", "back"))),
];

/// Keys of the orders that have a value.
pub(super) const HIT: &[Binding] = &[
    bind(Command::Open, &[KeyCode::Enter, C('l'), KeyCode::Right], "Enter", "open the order", Some(("⏎", "open"))),
    COPY_ORDER,
    DOWN,
    UP,
    PAGE_DOWN,
    PAGE_UP,
    TOP,
    BOTTOM,
    HELP,
    bind(Command::Back, &[KeyCode::Esc, C('q')], "q Esc", "back to what sets them apart", Some(("q", "back"))),
];

/// Keys of a journey.
pub(super) const JOURNEY: &[Binding] = &[
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
    bind(Command::Zoom, &[C('t')], "t", "zoom the time axis to the rows on the screen, or back", Some(("t", "zoom"))),
    bind(Command::Clocks, &[C('c')], "c", "tell times by one clock, or by each system's own", None),
    bind(Command::PreviousAttempt, &[C('[')], "[ ]", "previous, next attempt in the pane", None),
    bind(Command::NextAttempt, &[C(']')], "]", "", None),
    bind(Command::PaneDown, &[C('J')], "J K", "scroll the pane down, up", None),
    bind(Command::PaneUp, &[C('K')], "K", "", None),
    bind(Command::Fold, &[C(' ')], "Space z", "fold or unfold; all", Some(("␣", "fold"))),
    bind(Command::Close, &[KeyCode::Left, C('h')], "← h →", "fold or go to the enclosing handoff, unfold", None),
    bind(Command::Unfold, &[KeyCode::Right], "→", "", None),
    bind(Command::FoldAll, &[C('z')], "z", "", None),
    bind(Command::CopyId, &[C('y')], "y Y", "copy the trace id of the attempt, the order's id", Some(("y", "copy"))),
    bind(Command::CopyOrder, &[C('Y')], "Y", "", None),
    DOWN,
    UP,
    PAGE_DOWN,
    PAGE_UP,
    TOP,
    BOTTOM,
    REFRESH,
    HELP,
    bind(Command::Back, &[KeyCode::Esc, C('q')], "q Esc", "close the pane, then the order", Some(("q", "back"))),
];

const DOWN: Binding = bind(Command::Down, &[C('j'), KeyCode::Down], "j k ↓ ↑", "down, up", None);

const UP: Binding = bind(Command::Up, &[C('k'), KeyCode::Up], "k ↑", "", None);

const TOP: Binding =
    bind(Command::Top, &[C('g'), KeyCode::Home], "g G", "to the first, the last; also Home, End", None);

const BOTTOM: Binding = bind(Command::Bottom, &[C('G'), KeyCode::End], "G", "", None);

const PAUSE: Binding = bind(Command::Pause, &[C('p')], "p", "pause, or go on", Some(("p", "pause")));

const EXPLAIN_THESE: Binding = bind(
    Command::Explain,
    &[C('x')],
    "x",
    "explain: what such orders have in common, who else is hit",
    Some(("x", "explain")),
);

const COPY_ORDER: Binding =
    bind(Command::CopyOrder, &[C('y'), C('Y')], "y Y", "copy the order's id", Some(("y", "copy")));

const PAGE_DOWN: Binding = control(
    bind(Command::PageDown, &[KeyCode::PageDown], "PgDn PgUp", "a page down, up; also Ctrl-D, Ctrl-U", None),
    &['d', 'f'],
);
const PAGE_UP: Binding = control(bind(Command::PageUp, &[KeyCode::PageUp], "PgUp", "", None), &['u', 'b']);
const REFRESH: Binding =
    control(bind(Command::Refresh, &[KeyCode::F(5)], "F5 Ctrl-R", "ask the collector now", None), &['r']);
const HELP: Binding = bind(Command::Help, &[C('?'), KeyCode::F(1)], "?", "these keys", Some(("?", "help")));

/// What `key` asks for.
pub(super) fn command(bindings: &[Binding], key: KeyEvent) -> Option<Command> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let asks = |binding: &&Binding| match key.code {
        KeyCode::Char(c) if control => binding.control.contains(&c),
        code => binding.keys.contains(&code),
    };
    bindings.iter().find(asks).map(|binding| binding.command)
}

/// Ctrl-C ends the program wherever it is.
pub(super) fn is_interrupt(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_asks_for_two_things() {
        for bindings in [ORDERS, FINDINGS, HOTSPOTS, TOUCHED, EXPLAIN, HIT, JOURNEY] {
            let keys: Vec<&KeyCode> = bindings.iter().flat_map(|binding| binding.keys).collect();
            for (at, key) in keys.iter().enumerate() {
                assert!(!keys[at + 1..].contains(key), "{key:?}");
            }
        }
    }

    #[test]
    fn control_is_another_key() {
        let press = |c, modifiers| KeyEvent::new(KeyCode::Char(c), modifiers);
        assert_eq!(command(JOURNEY, press('d', KeyModifiers::NONE)), Some(Command::Detail));
        assert_eq!(command(JOURNEY, press('d', KeyModifiers::CONTROL)), Some(Command::PageDown));
        assert_eq!(command(JOURNEY, press('E', KeyModifiers::SHIFT)), Some(Command::PreviousError));
        assert!(is_interrupt(press('c', KeyModifiers::CONTROL)));
    }
}
