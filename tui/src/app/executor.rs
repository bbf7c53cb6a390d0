use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ordertrace_api::journey::JourneyQuery;
use ordertrace_api::sync::SyncQuery;
use tokio::sync::mpsc;

use super::action::Action;
use super::event::{Event, NoAnswer};
use crate::client::{Client, ClientError};

/// Drifts of one SKU: more than there are pairs of systems and places.
const DRIFTS: u32 = 500;

/// Does what the state asks for; answers come as events.
#[derive(Clone, Debug)]
pub struct Executor {
    client: Client,
    events: mpsc::Sender<Event>,
}

impl Executor {
    /// Asks `client`, answers into `events`.
    pub fn new(client: Client, events: mpsc::Sender<Event>) -> Self {
        Self { client, events }
    }

    /// Starts a question on the runtime it is called in; other actions are none of its
    /// business.
    pub fn ask(&self, action: Action) {
        let Self { client, events } = self.clone();
        tokio::spawn(async move {
            let event = match action {
                Action::FetchOrders { ticket, query } => {
                    let result = client.orders(&query).await;
                    Event::Orders { ticket, result: result.map_err(|error| said(&error)) }
                }
                Action::FetchFindings { ticket, query } => {
                    let result = client.findings(&query).await;
                    Event::Findings { ticket, result: result.map_err(|error| said(&error)) }
                }
                Action::FetchHotspots { ticket, query } => {
                    let result = client.hotspots(&query).await;
                    Event::Hotspots { ticket, result: result.map_err(|error| said(&error)) }
                }
                Action::FetchHotspotOrders { ticket, query } => {
                    let result = client.hotspot_orders(&query).await;
                    Event::HotspotOrders { ticket, result: result.map_err(|error| said(&error)) }
                }
                Action::FetchExplanation { ticket, query } => {
                    let result = client.explain(&query).await;
                    Event::Explanation { ticket, result: result.map_err(|error| said(&error)) }
                }
                Action::FetchSurface { ticket, query } => {
                    let result = client.surface(&query).await;
                    Event::Surface { ticket, result: result.map_err(|error| said(&error)) }
                }
                Action::FetchSync { ticket, query } => {
                    let result = client.sync(&query).await;
                    Event::Sync { ticket, result: result.map_err(|error| said(&error)) }
                }
                Action::FetchHistory { ticket, query } => {
                    let now = SyncQuery { subject: Some(query.subject.clone()), limit: Some(DRIFTS), ..<_>::default() };
                    let result = futures::try_join!(client.history(&query), client.sync(&now));
                    let result = result.map(|(history, now)| (history, now.drifts));
                    Event::History { ticket, result: result.map_err(|error| said(&error)) }
                }
                Action::FetchSkuOrders { ticket, query } => {
                    let result = client.sku_orders(&query).await;
                    Event::SkuOrders { ticket, result: result.map_err(|error| said(&error)) }
                }
                Action::FetchAlerts { ticket, query } => {
                    let result = client.alerts(&query).await;
                    Event::Alerts { ticket, result: result.map_err(|error| said(&error)) }
                }
                Action::Acknowledge { ticket, id, request } => {
                    let result = client.acknowledge(&id, &request).await;
                    Event::Acknowledged { ticket, result: result.map_err(|error| told(&error)) }
                }
                Action::Silence { ticket, id, request } => {
                    let result = client.silence(&id, &request).await;
                    Event::Silenced { ticket, result: result.map_err(|error| told(&error)) }
                }
                Action::FetchJourney { ticket, key, aligned } => {
                    let result = client.journey(&key, JourneyQuery { aligned }).await;
                    Event::Journey { ticket, result: result.map_err(|error| said(&error)) }
                }
                Action::FetchSpans { ticket, trace_id, under } => {
                    let result = client.spans(&trace_id, Some(&under)).await;
                    Event::Spans { ticket, result: result.map_err(|error| said(&error)) }
                }
                Action::Copy(_) | Action::Quit => return,
            };
            // Nobody receives any more once the program ends.
            let _ = events.send(event).await;
        });
    }
}

fn said(error: &ClientError) -> NoAnswer {
    tracing::debug!(error = error as &dyn std::error::Error, "no usable answer");
    match error {
        ClientError::Refused { status: 400..=499, detail, .. } => NoAnswer::Refused(detail.clone()),
        error => NoAnswer::Unreachable(error.reason()),
    }
}

/// Of what changes something: whoever answered at all did not do it, whatever the reason.
fn told(error: &ClientError) -> NoAnswer {
    match error {
        ClientError::Refused { detail, .. } => NoAnswer::Refused(detail.clone()),
        error => said(error),
    }
}

/// Puts `text` into the clipboard of the terminal, over ssh and tmux too: xterm's OSC 52.
///
/// # Errors
/// Those of `out`.
pub(super) fn copy(out: &mut impl Write, text: &str) -> io::Result<()> {
    write!(out, "\u{1b}]52;c;{}\u{7}", STANDARD.encode(text))?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clipboard_gets_base64() {
        let mut out = Vec::new();
        copy(&mut out, "order:A-10042").unwrap();
        assert_eq!(out, b"\x1b]52;c;b3JkZXI6QS0xMDA0Mg==\x07");
    }
}
