use ordertrace_api::order::OrdersPage;

use super::pane;
use crate::app::state::{Cursor, JourneyScreen, Overlay, State};
use crate::client::JourneyReply;

pub(super) fn orders(state: &mut State, ticket: u64, result: Result<OrdersPage, String>) {
    let retry_at = match &result {
        Ok(_) => None,
        Err(reason) => Some(state.connection.failed(reason.clone(), state.now)),
    };
    if !state.orders.poll.answered(ticket, state.now, retry_at) {
        return;
    }
    if let Ok(page) = result {
        state.connection.answered();
        // Paused between question and answer: the list stands still from the key press on.
        if !state.orders.paused {
            state.orders.receive(page, state.now);
        }
    }
}

pub(super) fn journey(state: &mut State, ticket: u64, result: Result<JourneyReply, String>) {
    if let Some((_, key)) = state.lookup.take_if(|(asked, _)| *asked == ticket) {
        looked_up(state, &key, result);
        return;
    }
    let now = state.now;
    let Some(screen) = &mut state.journey else { return };
    let retry_at = match &result {
        Ok(_) => None,
        Err(reason) => Some(state.connection.failed(reason.clone(), now)),
    };
    if !screen.poll.answered(ticket, now, retry_at) {
        return;
    }
    match result {
        Err(_) => return,
        Ok(JourneyReply::Found(journey)) => screen.receive(journey, now),
        Ok(JourneyReply::NotFound) => screen.missing = true,
        Ok(JourneyReply::Candidates(keys)) => {
            let text = screen.key.clone();
            state.journey = None;
            state.overlay = Some(Overlay::Candidates { text, keys, cursor: Cursor::default() });
        }
    }
    state.connection.answered();
    pane::rewrite(state);
}

fn looked_up(state: &mut State, key: &str, result: Result<JourneyReply, String>) {
    match result {
        Err(reason) => {
            state.say(format!("no answer for {key}: {reason}"));
            state.connection.failed(reason, state.now);
            return;
        }
        Ok(JourneyReply::Found(journey)) => {
            let mut screen = JourneyScreen::new(&journey.id.to_string(), state.now);
            screen.receive(journey, state.now);
            state.journey = Some(screen);
        }
        Ok(JourneyReply::NotFound) => state.say(format!("no order has exactly the key {key}")),
        Ok(JourneyReply::Candidates(keys)) => {
            state.overlay = Some(Overlay::Candidates { text: key.to_owned(), keys, cursor: Cursor::default() });
        }
    }
    state.connection.answered();
}
