//! Which key does what: what the program obeys, the footer shows and the help lists is one
//! table.

mod journey;
mod lists;
mod sync;
mod systems;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub(super) use journey::JOURNEY;
pub(super) use lists::{ALERTS, EXPLAIN, FINDINGS, HIT, HOTSPOTS, ORDERS, TOUCHED};
pub(super) use sync::{SKU, SYNC};
pub(super) use systems::{MAP, SURFACE};

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
    /// Those that name the chosen system.
    FindingsOfSystem,
    ShowAll,
    Hotspots,
    Map,
    Surface,
    Sync,
    Alerts,
    Acknowledge,
    Silence,
    PreviousPair,
    NextPair,
    Explain,
    Compare,
    Stretch,
    /// From one list of the screen to the other.
    OtherList,
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

const BACK: Binding = bind(Command::Back, &[KeyCode::Esc, C('q')], "q Esc", "back", Some(("q", "back")));

const END_FILTER: Binding = Binding { help: "end the filter, then back", ..BACK };

/// From each list to each other.
const LISTS: &[Binding] = &[
    bind(Command::Findings, &[C('F')], "F A D", "findings, alerts, drift and sync lag", None),
    bind(Command::Alerts, &[C('A')], "A", "", None),
    bind(Command::Sync, &[C('D')], "D", "", None),
    bind(Command::Map, &[C('m')], "m H U", "systems map, hotspots, surface", None),
    bind(Command::Hotspots, &[C('H')], "H", "", None),
    bind(Command::Surface, &[C('U')], "U", "", None),
];

/// Whatever has rows.
const MOVES: &[Binding] = &[DOWN, UP, PAGE_DOWN, PAGE_UP, TOP, BOTTOM];

/// The bindings of a table, in the order in which the help lists them.
pub(super) fn bindings(keys: &'static [&'static [Binding]]) -> impl Iterator<Item = &'static Binding> {
    keys.iter().copied().flatten()
}

/// What `key` asks for.
pub(super) fn command(keys: &'static [&'static [Binding]], key: KeyEvent) -> Option<Command> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let asks = |binding: &&Binding| match key.code {
        KeyCode::Char(c) if control => binding.control.contains(&c),
        code => binding.keys.contains(&code),
    };
    bindings(keys).find(asks).map(|binding| binding.command)
}

/// Ctrl-C ends the program wherever it is.
pub(super) fn is_interrupt(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&[&[Binding]]; 12] =
        [ORDERS, FINDINGS, ALERTS, SYNC, SKU, HOTSPOTS, TOUCHED, MAP, SURFACE, EXPLAIN, HIT, JOURNEY];

    #[test]
    fn no_key_asks_for_two_things() {
        for table in ALL {
            let keys: Vec<&KeyCode> = bindings(table).flat_map(|binding| binding.keys).collect();
            for (at, key) in keys.iter().enumerate() {
                assert!(!keys[at + 1..].contains(key), "{key:?}");
            }
        }
    }

    #[test]
    fn each_list_leads_to_each_other() {
        let press = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        for table in [ORDERS, FINDINGS, ALERTS, SYNC, HOTSPOTS, MAP, SURFACE] {
            for (key, expected) in [
                ('F', Command::Findings),
                ('H', Command::Hotspots),
                ('m', Command::Map),
                ('U', Command::Surface),
                ('A', Command::Alerts),
                ('D', Command::Sync),
                ('?', Command::Help),
            ] {
                assert_eq!(command(table, press(key)), Some(expected), "{key}");
            }
        }
    }

    #[test]
    fn every_key_is_in_the_help() {
        for table in ALL {
            let helps = bindings(table).filter(|binding| !binding.help.is_empty());
            let helped: Vec<&str> = helps.flat_map(|binding| binding.label.split_whitespace()).collect();
            for binding in bindings(table) {
                let first = binding.label.split_whitespace().next();
                assert!(first.is_some_and(|label| helped.contains(&label)), "{binding:?}");
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
