use crossterm::event::KeyEvent;
use ordertrace_api::history::History;
use ordertrace_api::reading::Entity;
use ordertrace_api::sync::DriftNow;

use super::answers::awaited;
use super::steer::{lead, rows};
use crate::app::action::Action;
use crate::app::event::NoAnswer;
use crate::app::geometry;
use crate::app::keymap::{self, Command};
use crate::app::state::{JourneyScreen, State};

/// Keys of what each system says of one SKU.
pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let Some(command) = keymap::command(keymap::SKU, key) else { return Vec::new() };
    let page = geometry::sku(state.size).list;
    let now = state.now;
    let Some(sku) = &mut state.sku else { return Vec::new() };
    if let Some(rows) = rows(command, page) {
        sku.step(rows);
        return Vec::new();
    }
    match command {
        Command::Refresh => sku.poll.hurry(),
        Command::Stretch if sku.stretch() => {}
        Command::Stretch => state.say("the range was given with --since"),
        Command::Open => match sku.selected().map(|copy| copy.entity) {
            Some(Entity::OrderStatus) => state.journey = Some(JourneyScreen::new(&sku.subject, now)),
            Some(_) => state.say("this is no order"),
            None => {}
        },
        Command::CopyId => {
            let subject = sku.subject.clone();
            state.say(format!("copied {subject}"));
            return vec![Action::Copy(subject)];
        }
        Command::Back => {
            state.sku = None;
            state.hurry_list();
        }
        command => lead(state, command),
    }
    Vec::new()
}

/// The question that is due.
pub(super) fn ask(state: &mut State) -> Option<Action> {
    let now = state.now;
    let ticket = state.ticket();
    let sku = state.sku.as_mut()?;
    sku.poll.is_due(now).then(|| {
        sku.poll.asked(ticket);
        Action::FetchHistory { ticket, query: sku.query(now) }
    })
}

pub(super) fn receive(state: &mut State, ticket: u64, result: Result<(History, Vec<DriftNow>), NoAnswer>) {
    let answer = awaited(state, |state| Some(&mut state.sku.as_mut()?.poll), ticket, result);
    let now = state.now;
    let Some(sku) = &mut state.sku else { return };
    match answer {
        Some(Ok((history, drifts))) => sku.receive(history, drifts, now),
        Some(Err(reason)) => sku.trouble = Some(reason),
        None => {}
    }
}
