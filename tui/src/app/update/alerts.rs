use crossterm::event::KeyEvent;
use ordertrace_api::alert::{Acknowledgement, Alert, AlertState, AlertsReply, SilenceReply};

use super::answers::reach;
use super::map::findings_of;
use super::steer::{Typed, lead, rows, type_into};
use crate::app::action::Action;
use crate::app::event::NoAnswer;
use crate::app::geometry;
use crate::app::keymap::{self, Command};
use crate::app::state::{Asks, Deed, JourneyScreen, List, Overlay, Prompt, Screen, SkuScreen, State, TextFilter};
use crate::text::short_clock;

pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let page = geometry::alerts(state.size).list;
    let alerts = &mut state.alerts;
    // What was done is said until something else is.
    alerts.deed.take_if(|deed| !matches!(deed, Deed::Asked { .. }));
    if alerts.filter.typing {
        match type_into(&mut alerts.filter, key) {
            Typed::Text => alerts.arrange(),
            Typed::Rows(rows) => alerts.step(rows),
        }
        return Vec::new();
    }
    let Some(command) = keymap::command(keymap::ALERTS, key) else { return Vec::new() };
    if let Some(rows) = rows(command, page) {
        alerts.step(rows);
        return Vec::new();
    }
    match command {
        Command::Open => open(state),
        Command::Acknowledge => ask_for(state, Asks::Acknowledgement),
        Command::Silence => ask_for(state, Asks::Silence { length: 1 }),
        Command::Search => alerts.filter.typing = true,
        Command::ShowAll => {
            alerts.resolved = !alerts.resolved;
            // What is asked for now is not what the table stands still with.
            alerts.paused = false;
            alerts.arrange();
            alerts.poll.hurry();
        }
        Command::Pause => {
            alerts.paused = !alerts.paused;
            alerts.poll.hurry();
        }
        Command::Refresh => alerts.poll.hurry(),
        Command::CopyId => {
            if let Some(look) = alerts.selected().map(|alert| alert.look.clone()) {
                state.say(format!("copied {look}"));
                return vec![Action::Copy(look)];
            }
        }
        Command::Back if alerts.filter.is_set() => {
            alerts.filter = TextFilter::default();
            alerts.arrange();
        }
        Command::Back => {
            alerts.paused = false;
            state.close_list();
        }
        command => lead(state, command),
    }
    Vec::new()
}

/// Shows what an alert is about: the order's journey, the SKU in every system, the pair of systems, or what was
/// found.
fn open(state: &mut State) {
    let Some(alert) = state.alerts.selected() else { return };
    let label = |name: &str| alert.labels.get(name).cloned();
    let now = state.now;
    let finding = label("finding");
    // What differs of an order's status is told by its copies, which lead to the order.
    let copied = label("sku").or_else(|| label("order").filter(|_| finding.is_none()));
    if let Some(subject) = copied {
        state.sku = Some(SkuScreen::new(&subject, state.range, now));
    } else if let Some(order) = label("order") {
        let found = state.findings.open().iter().find(|open| Some(&open.id) == finding.as_ref());
        let evidence = found.map(|finding| finding.evidence.clone()).unwrap_or_default();
        state.journey = Some(JourneyScreen::aimed(&order, evidence, now));
    } else if let (Some(sync), Some(target)) = (label("sync"), label("target")) {
        state.sync.choose_pair(Some((sync, target)));
        state.open_list(List::Sync);
    } else if let Some(about) = label("system").or_else(|| label("kind")) {
        findings_of(state, Some(about));
    } else {
        state.say("what this alert is about cannot be shown here; y copies the command that shows it");
    }
}

/// Asks before anything is done that others see.
fn ask_for(state: &mut State, asks: Asks) {
    match state.alerts.selected() {
        None => {}
        Some(_) if matches!(state.alerts.deed, Some(Deed::Asked { .. })) => state.say("one thing at a time"),
        Some(alert) if alert.state == AlertState::Resolved => state.say("this alert is over"),
        Some(alert) => state.overlay = Some(Overlay::Prompt(Prompt::new(alert, asks))),
    }
}

/// The question that is due.
pub(super) fn ask(state: &mut State) -> Option<Action> {
    if !state.alerts.poll.is_due(state.now) {
        return None;
    }
    let ticket = state.ticket();
    state.alerts.poll.asked(ticket);
    Some(Action::FetchAlerts { ticket, query: state.alerts.query(state.now) })
}

pub(super) fn receive(state: &mut State, ticket: u64, result: Result<AlertsReply, NoAnswer>) {
    // Beside another screen's questions, those tell whether the collector is there.
    let retry_at = if state.screen() == Screen::List(List::Alerts) { reach(state, &result) } else { None };
    let alerts = &mut state.alerts;
    if !alerts.poll.answered(ticket, state.now, retry_at) {
        return;
    }
    match result {
        Ok(reply) => alerts.receive(reply, state.now),
        Err(NoAnswer::Refused(reason) | NoAnswer::Unreachable(reason)) => alerts.trouble = Some(reason),
    }
}

pub(super) fn acknowledged(state: &mut State, ticket: u64, result: Result<Acknowledgement, NoAnswer>) {
    let done = result.map(|by| format!("noted: {} takes care of it", by.who));
    settle(state, ticket, done);
}

pub(super) fn silenced(state: &mut State, ticket: u64, result: Result<SilenceReply, NoAnswer>) {
    let zone = state.zone.clone();
    let done = result.map(|reply| {
        let receivers: Vec<&str> = reply.silences.iter().map(|silence| silence.receiver.as_str()).collect();
        format!("silenced at {} until {}", receivers.join(", "), short_clock(reply.until, &zone))
    });
    settle(state, ticket, done);
}

fn settle(state: &mut State, ticket: u64, result: Result<String, NoAnswer>) {
    let alerts = &mut state.alerts;
    if !matches!(alerts.deed, Some(Deed::Asked { ticket: asked, .. }) if asked == ticket) {
        return;
    }
    alerts.deed = Some(match result {
        Ok(done) => Deed::Done(done),
        Err(NoAnswer::Refused(reason)) => Deed::Failed(format!("not done: {reason}")),
        Err(NoAnswer::Unreachable(reason)) => Deed::Failed(format!("no answer, it may be done or not: {reason}")),
    });
    alerts.poll.hurry();
}

/// What is being done, in words.
pub(super) fn doing(alert: &Alert, asks: Asks) -> String {
    match asks {
        Asks::Acknowledgement => format!("acknowledging {}", alert.rule),
        Asks::Silence { .. } => format!("silencing {}", alert.rule),
    }
}
