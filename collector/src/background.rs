//! What a collector does all the time beside answering: rounds, one after the other, until it stops.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

/// Time until what could not begin is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// Does this within `span` until `stop`. The span is not exported: a collector that exports to itself would
/// never come to rest.
pub(crate) async fn until(stop: CancellationToken, span: Span, rounds: impl Future<Output = ()>) {
    ordertrace_telemetry::leave_unsampled(&span);
    tokio::select! {
        () = rounds.instrument(span) => {}
        () = stop.cancelled() => {}
    }
}

/// The beginnings of rounds: one that took longer is not made up for.
pub(crate) fn every(period: Duration) -> Interval {
    let mut rounds = interval(period);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    rounds
}

/// What `open` opens, tried until it can be; `what` is told when it cannot.
pub(crate) async fn opened<T, F>(what: &str, open: impl Fn() -> F) -> T
where
    F: Future<Output = clickhouse::error::Result<T>>,
{
    loop {
        match open().await {
            Ok(opened) => return opened,
            Err(error) => tracing::warn!(error = %error, "{what} cannot begin yet"),
        }
        tokio::time::sleep(RETRY).await;
    }
}
