use crossterm::event::KeyEvent;
use ordertrace_api::hotspot::Hotspots;

use super::answers::awaited;
use super::explain;
use super::steer::{Typed, lead, rows, type_into};
use crate::app::action::Action;
use crate::app::event::NoAnswer;
use crate::app::geometry;
use crate::app::keymap::{self, Command};
use crate::app::state::{List, State, TextFilter};
use crate::systems_map::Sign;
use crate::waterfall::Fold;

pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let page = geometry::map(state.size).list;
    let now = state.now;
    let map = &mut state.map;
    if map.filter.typing {
        match type_into(&mut map.filter, key) {
            Typed::Text => map.arrange(),
            Typed::Rows(rows) => map.step(rows),
        }
        return Vec::new();
    }
    let Some(command) = keymap::command(keymap::MAP, key) else { return Vec::new() };
    if let Some(rows) = rows(command, page) {
        map.step(rows);
        return Vec::new();
    }
    match command {
        Command::Open => match map.orders_of_chosen(now) {
            Some(touched) => state.touched = Some(touched),
            None => nothing_received(state),
        },
        Command::NextError | Command::PreviousError => match map.jump(command == Command::PreviousError) {
            Some((nth, count)) => state.say(format!("in trouble: {nth} of {count}")),
            None => state.say("nothing is in trouble"),
        },
        Command::Explain => explain_chosen(state),
        Command::FindingsOfSystem => {
            let system = map.selected_system().map(str::to_owned);
            findings_of(state, system);
        }
        Command::Fold => map.set_fold(|closed| !closed),
        Command::Close if map.selected().is_some_and(|row| row.fold == Fold::Open) => map.set_fold(|_| true),
        Command::Close => map.choose_system(),
        Command::Unfold => map.set_fold(|_| false),
        Command::FoldAll => map.fold_all(),
        Command::Sort => {
            map.trouble_first = !map.trouble_first;
            map.arrange();
        }
        Command::Stretch if map.stretch() => {}
        Command::Stretch => state.say("the range was given with --since"),
        Command::Search => map.filter.typing = true,
        Command::Pause => {
            map.paused = !map.paused;
            map.poll.hurry();
        }
        Command::Refresh => map.poll.hurry(),
        Command::Back if map.filter.is_set() => {
            map.filter = TextFilter::default();
            map.arrange();
        }
        Command::Back => {
            map.paused = false;
            state.close_list();
        }
        command => lead(state, command),
    }
    Vec::new()
}

fn nothing_received(state: &mut State) {
    let name = state.map.selected().and_then(|row| state.map.system(row)).map(|system| system.shown_name().to_owned());
    if let Some(name) = name {
        state.say(format!("nothing was handed on to {name}"));
    }
}

/// Orders are told apart by whether the handoff failed; where it is slow, by whether it took longer than it did
/// before.
fn explain_chosen(state: &mut State) {
    let slower = state.map.selected().and_then(|row| {
        let trouble = state.map.edge(row).map(|edge| edge.trouble)?;
        (trouble.sign == Sign::Slower).then_some(())?;
        let before = state.map.selected_spot()?.then()?;
        Some(before.figures.p95_ns.div_ceil(1_000_000))
    });
    match state.map.orders_of_chosen(state.now) {
        Some(touched) => explain::of_handoff(state, touched.query, slower),
        None => nothing_received(state),
    }
}

/// The findings that name a system.
pub(super) fn findings_of(state: &mut State, system: Option<String>) {
    let Some(system) = system else {
        state.say("which system it was is not known");
        return;
    };
    state.findings.filter = TextFilter { text: system, typing: false };
    state.findings.arrange();
    state.open_list(List::Findings);
}

/// The question that is due.
pub(super) fn ask(state: &mut State) -> Option<Action> {
    let now = state.now;
    let ticket = state.ticket();
    let map = &mut state.map;
    let due = map.poll.is_due(now) && !map.paused;
    due.then(|| {
        map.poll.asked(ticket);
        Action::FetchHotspots { ticket, query: map.query(now) }
    })
}

pub(super) fn receive(state: &mut State, ticket: u64, result: Result<Hotspots, NoAnswer>) {
    match awaited(state, |state| Some(&mut state.map.poll), ticket, result) {
        Some(Ok(reply)) => state.map.receive(reply, state.now),
        Some(Err(reason)) => state.map.trouble = Some(reason),
        None => {}
    }
}
