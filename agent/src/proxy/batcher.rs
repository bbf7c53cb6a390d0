//! Grouping spans and readings into export requests for the spool.

use std::time::Duration;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use ordertrace_otlp::Signal;
use prost::Message;
use tokio::sync::mpsc;

use crate::capture::export_request;
use crate::clock::now_ns;
use crate::poll;
use crate::spool::Spool;
use crate::telemetry::{CaptureLoss, Meter};

/// Spans, or readings, of one request.
const ITEMS: usize = 512;
/// Whom these are counted for: they are of many systems, and the agent saw them.
const SENDER: &str = "ordertrace-agent";
/// How long one waits for others.
const LINGER: Duration = Duration::from_millis(200);

/// Stores spans until their channel closes; `instance_id` names this agent in them.
pub async fn run_batcher(mut spans: mpsc::Receiver<Span>, spool: Spool, meter: Meter, instance_id: String) {
    while let Some(batch) = next_batch(&mut spans).await {
        let items = count(&batch);
        let payload = export_request(batch, &instance_id).encode_to_vec();
        if let Err(error) = spool.append(Signal::Traces, SENDER, items, now_ns(), payload.into()).await {
            meter.capture_lost(CaptureLoss::NoRoom, u64::from(items));
            tracing::warn!(%error, spans = items, "spans of proxied exchanges are lost");
        }
    }
}

/// Stores readings of bodies until their channel closes; `instance_id` names this agent in them.
pub async fn run_reading_batcher(
    mut readings: mpsc::Receiver<LogRecord>,
    spool: Spool,
    meter: Meter,
    instance_id: String,
) {
    while let Some(batch) = next_batch(&mut readings).await {
        let items = count(&batch);
        let payload = poll::export_request("ordertrace-proxy", batch, &instance_id).encode_to_vec();
        if let Err(error) = spool.append(Signal::Logs, SENDER, items, now_ns(), payload.into()).await {
            meter.unspooled_readings(u64::from(items));
            tracing::warn!(%error, readings = items, "readings of proxied exchanges are lost");
        }
    }
}

fn count<T>(batch: &[T]) -> u32 {
    u32::try_from(batch.len()).unwrap_or(u32::MAX)
}

/// What comes within a short time; `None` when there is no more.
async fn next_batch<T>(queue: &mut mpsc::Receiver<T>) -> Option<Vec<T>> {
    let mut batch = vec![queue.recv().await?];
    let full = async {
        while batch.len() < ITEMS {
            match queue.recv().await {
                Some(item) => batch.push(item),
                None => return,
            }
        }
    };
    // Whichever comes first: the batch is full, its time is up, or there are no more.
    let _ = tokio::time::timeout(LINGER, full).await;
    Some(batch)
}
