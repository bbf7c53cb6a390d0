use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use ordertrace_api::finding::DetectionProgress;
use ordertrace_api::source::{SOURCES_LIMIT, SourceStatus};
use ordertrace_api::status::{Count, ItemCounts, OTHER_SENDERS, SENDERS_LIMIT, SenderStatus, SignalStatus, Status};
use ordertrace_otlp::Signal;
use tracing::{Instrument, info_span};

use super::ApiState;
use crate::detect::progress;

/// The outcome of items whose rows are in ClickHouse.
const STORED: &str = "stored";

#[utoipa::path(
    get,
    path = ordertrace_api::routes::STATUS,
    responses((status = 200, description = "What was accepted, stored and refused", body = Status))
)]
pub(super) async fn status(State(state): State<ApiState>) -> Json<Status> {
    let mut status = (state.status)();
    // It is asked for all the time, also by who waits for a collector that exports to itself to rest.
    let span = info_span!("status");
    ordertrace_telemetry::leave_unsampled(&span);
    match read(&state).instrument(span).await {
        Ok((version, outcomes, detection, sources)) => {
            status.storage.version = version;
            status.signals = signals(&outcomes);
            status.detection = Some(detection);
            status.more_sources = sources.len() > SOURCES_LIMIT;
            status.sources = sources.into_iter().take(SOURCES_LIMIT).collect();
        }
        Err(error) => status.storage.error = Some(error.to_string()),
    }
    Json(status)
}

/// Signal, sender, outcome, items.
type Outcome = (String, String, String, u64);

type Read = (Option<String>, Vec<Outcome>, DetectionProgress, Vec<SourceStatus>);

async fn read(ApiState { client, sources, .. }: &ApiState) -> clickhouse::error::Result<Read> {
    let version = client.query("SELECT version()").fetch_all::<String>().await?;
    let sums = "SELECT signal, sender, outcome, sum(items) FROM audit GROUP BY signal, sender, outcome";
    let outcomes = client.query(sums).fetch_all::<Outcome>().await?;
    let sources = sources.sources(Timestamp::now()).await?;
    Ok((version.into_iter().next(), outcomes, progress(client).await?, sources))
}

fn signals(outcomes: &[Outcome]) -> Vec<SignalStatus> {
    let status = |name: Signal| {
        let mut total = ItemCounts::default();
        let mut senders: BTreeMap<&str, ItemCounts> = BTreeMap::new();
        for (_, sender, outcome, items) in outcomes.iter().filter(|(signal, ..)| *signal == name.name()) {
            add(&mut total, outcome, *items);
            add(senders.entry(sender).or_default(), outcome, *items);
        }
        let sender = |(sender, items): (&str, ItemCounts)| SenderStatus { sender: sender.to_owned(), items };
        let mut senders: Vec<SenderStatus> = senders.into_iter().map(sender).collect();
        senders.sort_by_key(|sender| std::cmp::Reverse(sender.items.accepted));
        SignalStatus { signal: name.name().to_owned(), total, senders: bounded(senders) }
    };
    Signal::ALL.map(status).to_vec()
}

fn add(counts: &mut ItemCounts, outcome: &str, items: u64) {
    counts.accepted += items;
    if outcome == STORED {
        counts.stored += items;
        return;
    }
    match counts.refused.iter_mut().find(|refused| refused.name == outcome) {
        Some(refused) => refused.count += items,
        None => counts.refused.push(Count { name: outcome.to_owned(), count: items }),
    }
}

/// The first ones, and all others as one.
fn bounded(mut senders: Vec<SenderStatus>) -> Vec<SenderStatus> {
    if senders.len() <= SENDERS_LIMIT {
        return senders;
    }
    let mut items = ItemCounts::default();
    for beyond in senders.drain(SENDERS_LIMIT..) {
        add(&mut items, STORED, beyond.items.stored);
        for refused in beyond.items.refused {
            add(&mut items, &refused.name, refused.count);
        }
    }
    senders.push(SenderStatus { sender: OTHER_SENDERS.to_owned(), items });
    senders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(signal: &str, sender: &str, outcome: &str, items: u64) -> Outcome {
        (signal.to_owned(), sender.to_owned(), outcome.to_owned(), items)
    }

    #[test]
    fn outcomes_are_added_up_by_signal_and_sender() {
        let signals = signals(&[
            outcome("traces", "oms", "stored", 7),
            outcome("traces", "erp", "stored", 9),
            outcome("traces", "oms", "time", 1),
            outcome("traces", "erp", "time", 2),
            outcome("logs", "oms", "stored", 3),
        ]);
        let [traces, logs, metrics] = &signals[..] else { panic!("{signals:?}") };
        assert_eq!((traces.total.accepted, traces.total.stored), (19, 16));
        assert_eq!(traces.total.refused, [Count { name: "time".to_owned(), count: 3 }]);
        let senders = traces.senders.iter().map(|sender| (sender.sender.as_str(), sender.items.accepted));
        assert_eq!(senders.collect::<Vec<_>>(), [("erp", 11), ("oms", 8)]);
        assert_eq!((logs.total.accepted, metrics.total.accepted), (3, 0));
    }

    #[test]
    fn senders_beyond_so_many_are_one() {
        let many = (0..SENDERS_LIMIT as u64 + 50).map(|n| outcome("logs", &format!("sender-{n}"), "stored", 1_000 - n));
        let logs = signals(&many.collect::<Vec<_>>()).remove(1);
        assert_eq!(logs.senders.len(), SENDERS_LIMIT + 1);
        assert_eq!(logs.senders[SENDERS_LIMIT].sender, OTHER_SENDERS);
        let sum: u64 = logs.senders.iter().map(|sender| sender.items.stored).sum();
        assert_eq!(sum, logs.total.stored);
    }
}
