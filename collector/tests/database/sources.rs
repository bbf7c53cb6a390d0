//! What is told of sources of readings, and how they are.

use jiff::Timestamp;
use ordertrace_api::source::{SourceState, SourceStatus};
use ordertrace_collector::record::{Batch, SourceOutcome, SourceRecord};
use ordertrace_collector::settings::SourceSettings;
use ordertrace_collector::sources::SourceView;
use ordertrace_collector::storage::Storage;
use ordertrace_collector::store::{Store, Stored};
use ordertrace_otlp::Signal;

use crate::support::{Database, at_ns, batch};

/// Told of a poll of every second.
pub(crate) fn polled(outcome: SourceOutcome, at_s: i64) -> SourceRecord<'static> {
    SourceRecord {
        system: "erp",
        poll: "erp-stock",
        agent: "agent-1",
        entities: "inventory",
        outcome,
        at_ns: at_ns(at_s * 1_000),
        reason: if outcome == SourceOutcome::Failed { "gone" } else { "" },
        readings: u64::try_from(at_s).unwrap(),
        refused: 0,
        interval_ms: 1_000,
        timeout_ms: 1_000,
    }
}

/// Stores what one request tells, known by a text.
pub(crate) async fn tell(storage: &Storage, name: &str, sources: &[SourceRecord<'_>]) -> Stored {
    let batch = Batch { sources, ..batch(Signal::Logs, name) };
    storage.events(batch, &[]).await.unwrap()
}

pub(crate) async fn sources(storage: &Storage, now_s: i64) -> Vec<SourceStatus> {
    let view = SourceView::new(storage.client().clone(), SourceSettings::default(), &[]);
    view.sources(Timestamp::from_nanosecond(i128::from(at_ns(now_s * 1_000))).unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_counts_whatever_arrives_when_and_through_whichever_collector() {
    let database = Database::start().await;
    let another = database.another().await;
    let (one, other) = (&database.storage, &another);
    assert_eq!(sources(one, 0).await, []);
    tell(one, "b", &[polled(SourceOutcome::Failed, 20), polled(SourceOutcome::Ok, 10)]).await;
    tell(other, "a", &[polled(SourceOutcome::Ok, 5), polled(SourceOutcome::Failed, 3)]).await;
    let states =
        |sources: &[SourceStatus]| sources.iter().map(|source| (source.state, source.readings)).collect::<Vec<_>>();
    let before = sources(other, 21).await;
    assert_eq!(states(&before), [(SourceState::Failed, 20)]);
    assert_eq!(before[0].since, Timestamp::from_nanosecond(i128::from(at_ns(10_000))).ok(), "when it worked last");
    assert_eq!(before[0].reason.as_deref(), Some("gone"));
    let again = tell(other, "b", &[polled(SourceOutcome::Failed, 20), polled(SourceOutcome::Ok, 10)]).await;
    assert_eq!((again, sources(one, 21).await), (Stored::Before, before));
    tell(other, "c", &[polled(SourceOutcome::Ok, 30)]).await;
    assert_eq!(states(&sources(one, 31).await), [(SourceState::Ok, 30)]);
    assert_eq!(states(&sources(one, 60).await), [(SourceState::Stale, 30)], "and nothing arrived");
    database.execute("OPTIMIZE TABLE sources FINAL").await;
    assert_eq!(database.number("SELECT count() FROM sources").await, 2, "one row for each outcome");
    assert_eq!(states(&sources(one, 31).await), [(SourceState::Ok, 30)]);
}
