use crossterm::event::KeyEvent;
use ordertrace_api::finding::FindingsPage;

use super::answers::reach;
use super::steer::{Typed, lead, rows, type_into};
use crate::app::action::Action;
use crate::app::event::NoAnswer;
use crate::app::geometry;
use crate::app::keymap::{self, Command};
use crate::app::state::{JourneyScreen, List, Screen, State, TextFilter};

pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let page = geometry::findings(state.size).list;
    let findings = &mut state.findings;
    if findings.filter.typing {
        match type_into(&mut findings.filter, key) {
            Typed::Text => findings.arrange(),
            Typed::Rows(rows) => findings.step(rows),
        }
        return Vec::new();
    }
    let Some(command) = keymap::command(keymap::FINDINGS, key) else { return Vec::new() };
    if let Some(rows) = rows(command, page) {
        findings.step(rows);
        return Vec::new();
    }
    match command {
        Command::Search => findings.filter.typing = true,
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
        Command::Back if findings.filter.is_set() => {
            findings.filter = TextFilter::default();
            findings.arrange();
        }
        Command::Back => {
            findings.paused = false;
            state.close_list();
        }
        command => lead(state, command),
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

/// The question that is due.
pub(super) fn ask(state: &mut State) -> Option<Action> {
    if !state.findings.poll.is_due(state.now) {
        return None;
    }
    let ticket = state.ticket();
    state.findings.poll.asked(ticket);
    Some(Action::FetchFindings { ticket, query: state.findings.query(state.now) })
}

pub(super) fn receive(state: &mut State, ticket: u64, result: Result<FindingsPage, NoAnswer>) {
    // Beside another screen's questions, those tell whether the collector is there.
    let retry_at = if state.screen() == Screen::List(List::Findings) { reach(state, &result) } else { None };
    let findings = &mut state.findings;
    if !findings.poll.answered(ticket, state.now, retry_at) {
        return;
    }
    match result {
        Ok(page) => findings.receive(page, state.now),
        Err(NoAnswer::Refused(reason) | NoAnswer::Unreachable(reason)) => findings.trouble = Some(reason),
    }
    relate(state);
    state.map.relate(state.findings.open());
}

/// The open order shows what is wrong with it, as of the last answers of either.
pub(super) fn relate(state: &mut State) {
    if let Some(screen) = &mut state.journey {
        screen.relate(&state.findings);
    }
}
