//! Tells readings by their schedule, as a fleet of agents would.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, number_data_point,
};
use ordertrace_api::attributes::{LOCATION, METRIC_INVENTORY_LEVEL, SKU, SYSTEM};
use ordertrace_otlp::Signal;
use prost::Message;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::schedule::{Schedule, TICKS_PER_S, Told, location, sku};
use crate::load::{Load, Receiver};
use crate::workload::attributes::text;

/// Requests under way at once, at most: a reading is answered once it is stored, a second later at most.
const SENDERS: usize = 64;

/// Sends a request for each tick when it is due; how long that took.
pub(super) async fn tell(schedule: Schedule, load: Load, receiver: Receiver) -> anyhow::Result<Duration> {
    let (next, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let began_ns = u64::try_from(Timestamp::now().as_nanosecond())?;
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        let mut sender = load.sender(Signal::Metrics, receiver).await?;
        let next = next.clone();
        senders.spawn(async move {
            loop {
                let tick = next.fetch_add(1, Ordering::Relaxed);
                if tick >= schedule.all_ticks() {
                    return anyhow::Ok(());
                }
                let due = Duration::from_millis(tick * 1_000 / TICKS_PER_S);
                tokio::time::sleep_until(began + due).await;
                let told = schedule.told(tick);
                let at_ns = began_ns.saturating_add(u64::try_from(due.as_nanos()).unwrap_or(u64::MAX));
                sender.deliver(&request(&told, at_ns)).await?;
            }
        });
    }
    while let Some(done) = senders.join_next().await {
        done??;
    }
    Ok(began.elapsed())
}

fn request(told: &[Told], at_ns: u64) -> Bytes {
    let data_points = told.iter().map(|told| point(told, at_ns)).collect();
    let data = Some(Data::Gauge(Gauge { data_points }));
    let metric = Metric { name: METRIC_INVENTORY_LEVEL.to_owned(), data, ..Metric::default() };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }];
    Bytes::from(ExportMetricsServiceRequest { resource_metrics }.encode_to_vec())
}

fn point(told: &Told, at_ns: u64) -> NumberDataPoint {
    NumberDataPoint {
        attributes: vec![text(SYSTEM, told.system), text(SKU, sku(told.sku)), text(LOCATION, location(told.location))],
        time_unix_nano: at_ns,
        value: Some(number_data_point::Value::AsInt(told.value.cast_signed())),
        ..NumberDataPoint::default()
    }
}
