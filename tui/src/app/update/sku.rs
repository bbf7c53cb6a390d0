use crossterm::event::KeyEvent;
use ordertrace_api::history::History;
use ordertrace_api::lines::SkuOrders;
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
    let (size, now) = (state.size, state.now);
    let Some(sku) = &mut state.sku else { return Vec::new() };
    let shared = geometry::sku(size, sku.copies().len(), sku.orders_told());
    let page = if sku.in_orders() { shared.orders_listed() } else { shared.rows.list };
    if let Some(rows) = rows(command, page) {
        sku.step(rows);
        return Vec::new();
    }
    match command {
        Command::Refresh => sku.hurry(),
        Command::OtherList if sku.turn() => {}
        Command::OtherList => state.say("no order is known to have touched it in this time"),
        Command::Stretch if sku.stretch() => {}
        Command::Stretch => state.say("the range was given with --since"),
        Command::Open if sku.in_orders() => {
            state.journey = sku.selected_order().map(|order| JourneyScreen::new(&order.order.to_string(), now));
        }
        Command::Open => match sku.selected().map(|copy| copy.entity) {
            Some(Entity::OrderStatus) => state.journey = Some(JourneyScreen::new(&sku.subject, now)),
            Some(_) => state.say("this is no order"),
            None => {}
        },
        Command::CopyId => {
            let id = sku.selected_order().map_or_else(|| sku.subject.clone(), |order| order.order.to_string());
            state.say(format!("copied {id}"));
            return vec![Action::Copy(id)];
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

/// The question of the orders that touched it, when it is due.
pub(super) fn ask_orders(state: &mut State) -> Option<Action> {
    let now = state.now;
    let ticket = state.ticket();
    let sku = state.sku.as_mut()?;
    let query = sku.orders_query(now).filter(|_| sku.orders.poll.is_due(now))?;
    sku.orders.poll.asked(ticket);
    Some(Action::FetchSkuOrders { ticket, query })
}

pub(super) fn receive_orders(state: &mut State, ticket: u64, result: Result<SkuOrders, NoAnswer>) {
    let now = state.now;
    let Some(sku) = &mut state.sku else { return };
    // The question of the history tells whether the collector is there.
    if !sku.orders.poll.answered(ticket, now, None) {
        return;
    }
    match result {
        Ok(reply) => sku.orders.receive(reply, now),
        Err(NoAnswer::Refused(reason) | NoAnswer::Unreachable(reason)) => sku.orders.trouble = Some(reason),
    }
}
