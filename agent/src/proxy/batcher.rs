//! Grouping spans into export requests for the spool.

use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::Span;
use ordertrace_otlp::Signal;
use prost::Message;
use tokio::sync::mpsc;

use crate::capture::export_request;
use crate::clock::now_ns;
use crate::spool::Spool;
use crate::telemetry::{CaptureLoss, Meter};

/// Spans of one request.
const SPANS: usize = 512;
/// Whom these spans are counted for: they are of many systems, and the agent saw them.
const SENDER: &str = "ordertrace-agent";
/// How long a span waits for others.
const LINGER: Duration = Duration::from_millis(200);

/// Stores spans until their channel closes; `instance_id` names this agent in them.
pub async fn run_batcher(mut spans: mpsc::Receiver<Span>, spool: Spool, meter: Meter, instance_id: String) {
    while let Some(first) = spans.recv().await {
        let mut batch = vec![first];
        let full = async {
            while batch.len() < SPANS {
                match spans.recv().await {
                    Some(span) => batch.push(span),
                    None => return,
                }
            }
        };
        // Whichever comes first: the batch is full, its time is up, or there are no more.
        let _ = tokio::time::timeout(LINGER, full).await;
        let items = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let payload = export_request(batch, &instance_id).encode_to_vec();
        if let Err(error) = spool.append(Signal::Traces, SENDER, items, now_ns(), payload.into()).await {
            meter.capture_lost(CaptureLoss::NoRoom, u64::from(items));
            tracing::warn!(%error, spans = items, "spans of proxied exchanges are lost");
        }
    }
}
