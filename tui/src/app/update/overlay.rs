use crossterm::event::{KeyCode, KeyEvent};

use crate::app::action::Action;
use crate::app::state::{JourneyScreen, Overlay, State};

/// An overlay takes every key; all but those that move within it close it.
pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    if matches!(state.overlay, Some(Overlay::Prompt(_))) {
        return super::prompt::press(state, key);
    }
    let step: isize = match key.code {
        KeyCode::Char('j') | KeyCode::Down => 1,
        KeyCode::Char('k') | KeyCode::Up => -1,
        KeyCode::PageDown => 10,
        KeyCode::PageUp => -10,
        _ => 0,
    };
    match &mut state.overlay {
        Some(Overlay::Help { scroll }) if step != 0 => *scroll = scroll.saturating_add_signed(step).min(100),
        Some(Overlay::Candidates { keys, cursor, .. }) if step != 0 => cursor.step(step, keys.len()),
        Some(Overlay::Candidates { keys, cursor, .. }) if key.code == KeyCode::Enter => {
            if let Some(key) = keys.get(cursor.at) {
                state.journey = Some(JourneyScreen::new(&key.to_string(), state.now));
            }
            state.overlay = None;
        }
        _ => state.overlay = None,
    }
    Vec::new()
}
