//! What keys do alike on all lists.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::app::keymap::Command;
use crate::app::state::{List, Overlay, State, TextFilter};

/// Longest filter: no id is longer.
const FILTER_LIMIT: usize = 256;

/// What a key did to a filter that is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// What is wanted changed, or nothing did.
    Text,
    /// The choice is to be moved by so many rows.
    Rows(isize),
}

/// Takes a key into a filter.
pub(super) fn type_into(filter: &mut TextFilter, key: KeyEvent) -> Typed {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Esc => *filter = TextFilter::default(),
        KeyCode::Enter => filter.typing = false,
        KeyCode::Down => return Typed::Rows(1),
        KeyCode::Up => return Typed::Rows(-1),
        KeyCode::Backspace => {
            filter.text.pop();
        }
        KeyCode::Char('u' | 'w') if control => filter.text.clear(),
        KeyCode::Char(c) if !control && filter.text.len() < FILTER_LIMIT => filter.text.push(c),
        _ => {}
    }
    Typed::Text
}

/// By how many rows a command moves the choice, on a screen of `page` rows.
pub(super) fn rows(command: Command, page: u16) -> Option<isize> {
    let page = isize::try_from(page.max(1)).unwrap_or(1);
    match command {
        Command::Down => Some(1),
        Command::Up => Some(-1),
        Command::PageDown => Some(page),
        Command::PageUp => Some(-page),
        Command::Top => Some(isize::MIN),
        Command::Bottom => Some(isize::MAX),
        _ => None,
    }
}

/// Shows another list, or the help.
pub(super) fn lead(state: &mut State, command: Command) {
    match command {
        Command::Findings => state.open_list(List::Findings),
        Command::Hotspots => state.open_list(List::Hotspots),
        Command::Map => state.open_list(List::Map),
        Command::Surface => state.open_list(List::Surface),
        Command::Sync => state.open_list(List::Sync),
        Command::Alerts => state.open_list(List::Alerts),
        Command::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        _ => {}
    }
}
