use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ordertrace_api::alert::{AcknowledgeRequest, SilenceRequest};

use super::alerts::doing;
use crate::app::action::Action;
use crate::app::state::{Asks, Deed, Overlay, Prompt, State};

/// Longest note in characters: it is one line.
const TEXT_LIMIT: usize = 200;

/// Keys of a question before something is done: only Enter does it.
pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let Some(Overlay::Prompt(prompt)) = &mut state.overlay else { return Vec::new() };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Enter => return confirm(state).into_iter().collect(),
        KeyCode::Esc => state.overlay = None,
        KeyCode::Left | KeyCode::Up => prompt.stretch(-1),
        KeyCode::Right | KeyCode::Down => prompt.stretch(1),
        KeyCode::Backspace => {
            prompt.text.pop();
        }
        KeyCode::Char('u' | 'w') if control => prompt.text.clear(),
        KeyCode::Char(c) if !control && prompt.text.chars().count() < TEXT_LIMIT => prompt.text.push(c),
        _ => {}
    }
    Vec::new()
}

fn confirm(state: &mut State) -> Option<Action> {
    let Some(Overlay::Prompt(Prompt { alert, asks, text })) = state.overlay.take() else { return None };
    let ticket = state.ticket();
    let (who, text) = (state.who.clone(), text.trim().to_owned());
    state.alerts.deed = Some(Deed::Asked { ticket, doing: doing(&alert, asks) });
    let id = alert.id.clone();
    let length = Prompt::new(&alert, asks).length();
    Some(match (asks, length) {
        (Asks::Silence { .. }, Some((duration_s, _))) => {
            // Whoever finds the silence must see whence it is.
            let comment = if text.is_empty() { format!("silenced in ordertrace: {}", alert.rule) } else { text };
            Action::Silence { ticket, id, request: SilenceRequest { duration_s, who, comment } }
        }
        _ => Action::Acknowledge { ticket, id, request: AcknowledgeRequest { who, note: text } },
    })
}
