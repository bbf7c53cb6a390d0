use jiff::Timestamp;
use ordertrace_api::order::OrdersPage;

use super::pane;
use crate::app::event::NoAnswer;
use crate::app::state::{Cursor, JourneyScreen, Overlay, Poll, State};
use crate::client::JourneyReply;

pub(super) fn orders(state: &mut State, ticket: u64, result: Result<OrdersPage, NoAnswer>) {
    match awaited(state, |state| Some(&mut state.orders.poll), ticket, result) {
        // Paused between question and answer: the list stands still from the key press on.
        Some(Ok(_)) if state.orders.paused => {}
        Some(Ok(page)) => state.orders.receive(page, state.now),
        Some(Err(reason)) => state.orders.refusal = Some(reason),
        None => {}
    }
}

/// What the collector says to a question, a reply or why it refuses, if it is the one under way in `poll`.
pub(super) fn awaited<T>(
    state: &mut State,
    poll: impl FnOnce(&mut State) -> Option<&mut Poll>,
    ticket: u64,
    result: Result<T, NoAnswer>,
) -> Option<Result<T, String>> {
    let retry_at = reach(state, &result);
    let now = state.now;
    if !poll(state)?.answered(ticket, now, retry_at) {
        return None;
    }
    match result {
        Ok(reply) => Some(Ok(reply)),
        Err(NoAnswer::Refused(reason)) => Some(Err(reason)),
        Err(NoAnswer::Unreachable(_)) => None,
    }
}

pub(super) fn journey(state: &mut State, ticket: u64, result: Result<JourneyReply, NoAnswer>) {
    if let Some((_, key)) = state.lookup.take_if(|(asked, _)| *asked == ticket) {
        reach(state, &result);
        looked_up(state, &key, result);
        return;
    }
    let now = state.now;
    let awaited = state.journey.as_ref().is_some_and(|screen| screen.poll.awaits(ticket));
    if !awaited {
        return;
    }
    let retry_at = reach(state, &result);
    let Some(screen) = &mut state.journey else { return };
    screen.poll.answered(ticket, now, retry_at);
    match result {
        Ok(JourneyReply::Found(journey)) => screen.receive(journey, now),
        Ok(JourneyReply::NotFound) => screen.missing = true,
        Ok(JourneyReply::Candidates(keys)) => {
            let text = screen.key.clone();
            state.journey = None;
            state.overlay = Some(Overlay::Candidates { text, keys, cursor: Cursor::default() });
        }
        Err(NoAnswer::Refused(reason)) => state.say(reason),
        Err(NoAnswer::Unreachable(_)) => {}
    }
    pane::rewrite(state);
}

/// What an answer, or none, says of the connection; if it is down, when to ask again. Who
/// refuses a question is there.
pub(super) fn reach<T>(state: &mut State, result: &Result<T, NoAnswer>) -> Option<Timestamp> {
    match result {
        Ok(_) | Err(NoAnswer::Refused(_)) => {
            state.connection.answered();
            None
        }
        Err(NoAnswer::Unreachable(reason)) => Some(state.connection.failed(reason.clone(), state.now)),
    }
}

fn looked_up(state: &mut State, key: &str, result: Result<JourneyReply, NoAnswer>) {
    match result {
        Ok(JourneyReply::Found(journey)) => {
            let mut screen = JourneyScreen::new(&journey.id.to_string(), state.now);
            screen.receive(journey, state.now);
            state.journey = Some(screen);
        }
        Ok(JourneyReply::NotFound) => state.say(format!("no order has exactly the key {key}")),
        Ok(JourneyReply::Candidates(keys)) => {
            state.overlay = Some(Overlay::Candidates { text: key.to_owned(), keys, cursor: Cursor::default() });
        }
        Err(NoAnswer::Refused(reason) | NoAnswer::Unreachable(reason)) => {
            state.say(format!("no answer for {key}: {reason}"));
        }
    }
}
