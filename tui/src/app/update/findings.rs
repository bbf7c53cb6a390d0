use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ordertrace_api::finding::FindingsPage;

use super::answers::reach;
use crate::app::action::Action;
use crate::app::event::NoAnswer;
use crate::app::geometry;
use crate::app::keymap::{self, Command};
use crate::app::state::{JourneyScreen, Overlay, Screen, State};

/// Longest filter: no id is longer.
const FILTER_LIMIT: usize = 256;

pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    if state.findings.typing {
        type_filter(state, key);
        return Vec::new();
    }
    let Some(command) = keymap::command(keymap::FINDINGS, key) else { return Vec::new() };
    let page = isize::try_from(geometry::findings(state.size).list.max(1)).unwrap_or(1);
    let findings = &mut state.findings;
    match command {
        Command::Down => findings.step(1),
        Command::Up => findings.step(-1),
        Command::PageDown => findings.step(page),
        Command::PageUp => findings.step(-page),
        Command::Top => findings.step(isize::MIN),
        Command::Bottom => findings.step(isize::MAX),
        Command::Search => findings.typing = true,
        Command::ShowAll => {
            findings.all = !findings.all;
            // What is asked for now is not what the table stands still with.
            findings.paused = false;
            findings.arrange();
            findings.poll.hurry();
        }
        Command::Pause => {
            findings.paused = !findings.paused;
            findings.poll.hurry();
        }
        Command::Refresh => findings.poll.hurry(),
        Command::Open => open(state),
        Command::Explain => super::explain::of_finding(state),
        Command::CopyOrder => {
            let order = findings.selected().map(|finding| finding.order.as_ref().map(ToString::to_string));
            match order {
                Some(Some(id)) => {
                    state.say(format!("copied {id}"));
                    return vec![Action::Copy(id)];
                }
                Some(None) => state.say("this finding is about no order"),
                None => {}
            }
        }
        Command::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        Command::Back => {
            findings.paused = false;
            findings.filter_by(String::new());
            state.findings_open = false;
            // The list is as old as the time spent here.
            state.orders.poll.hurry();
        }
        _ => {}
    }
    Vec::new()
}

fn open(state: &mut State) {
    let Some(finding) = state.findings.selected() else { return };
    match &finding.order {
        Some(order) => {
            let screen = JourneyScreen::aimed(&order.to_string(), finding.evidence.clone(), state.now);
            state.journey = Some(screen);
        }
        None => state.say("this finding is about no order"),
    }
}

/// The table follows every letter.
fn type_filter(state: &mut State, key: KeyEvent) {
    let findings = &mut state.findings;
    let mut filter = findings.filter.clone();
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Esc => {
            findings.typing = false;
            findings.filter_by(String::new());
        }
        KeyCode::Enter => findings.typing = false,
        KeyCode::Down => findings.step(1),
        KeyCode::Up => findings.step(-1),
        KeyCode::Backspace => {
            filter.pop();
            findings.filter_by(filter);
        }
        KeyCode::Char('u' | 'w') if control => findings.filter_by(String::new()),
        KeyCode::Char(c) if !control && filter.len() < FILTER_LIMIT => {
            filter.push(c);
            findings.filter_by(filter);
        }
        _ => {}
    }
}

pub(super) fn receive(state: &mut State, ticket: u64, result: Result<FindingsPage, NoAnswer>) {
    // Beside another screen's questions, those tell whether the collector is there.
    let retry_at = if state.screen() == Screen::Findings { reach(state, &result) } else { None };
    let findings = &mut state.findings;
    if !findings.poll.answered(ticket, state.now, retry_at) {
        return;
    }
    match result {
        Ok(page) => findings.receive(page, state.now),
        Err(NoAnswer::Refused(reason) | NoAnswer::Unreachable(reason)) => findings.trouble = Some(reason),
    }
    relate(state);
}

/// The open order shows what is wrong with it, as of the last answers of either.
pub(super) fn relate(state: &mut State) {
    if let Some(screen) = &mut state.journey {
        screen.relate(&state.findings);
    }
}
