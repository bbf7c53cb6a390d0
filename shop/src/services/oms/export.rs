//! Export to the ERP: one order by itself, or a wave of them in one batch and one trace.

use std::sync::PoisonError;
use std::time::Duration;

use opentelemetry::KeyValue;
use serde_json::json;
use tokio::sync::oneshot;

use super::{Oms, Order, Wave};
use crate::network::{Call, CallError, Scope};
use crate::operation::{COMMIT_BATCH, EXPORT_BATCH_LINE, EXPORT_ORDER, OPEN_BATCH};

/// How long an order waits for those it is exported with.
const WAVE_MAX: Duration = Duration::from_secs(120);

/// The orders of a wave that are ready, and whom to tell when it is exported.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    orders: Vec<Order>,
    waiting: Vec<oneshot::Sender<()>>,
}

pub(super) async fn export(oms: &Oms, order: &Order, scope: &Scope) -> Result<(), CallError> {
    match &order.wave {
        Some(wave) => join(oms, order, wave).await,
        None => {
            let body = json!({ "order_number": order.number });
            oms.station.must(scope, Call::new(&EXPORT_ORDER).body(body)).await.map(drop)
        }
    }
}

/// Waits for the others; the last to arrive exports all.
async fn join(oms: &Oms, order: &Order, wave: &Wave) -> Result<(), CallError> {
    let (told, tell) = oneshot::channel();
    let complete = {
        let mut waves = oms.waves.lock().unwrap_or_else(PoisonError::into_inner);
        let gathering = waves.entry(wave.id.clone()).or_default();
        gathering.orders.push(order.clone());
        if gathering.orders.len() < wave.size {
            gathering.waiting.push(told);
            None
        } else {
            waves.remove(&wave.id)
        }
    };
    if let Some(gathering) = complete {
        batch(oms, &wave.id, gathering.orders).await?;
        for waiting in gathering.waiting {
            // Whoever is gone has given up waiting.
            let _ = waiting.send(());
        }
        return Ok(());
    }
    match tokio::time::timeout(WAVE_MAX, tell).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(CallError::Wave { wave: wave.id.clone(), waited_s: WAVE_MAX.as_secs() }),
    }
}

/// One trace for several orders: only the calls that name an order belong to it.
async fn batch(oms: &Oms, wave: &str, mut orders: Vec<Order>) -> Result<(), CallError> {
    // In which order they arrived is chance; what is called when must not be.
    orders.sort_by(|a, b| a.number.cmp(&b.number));
    let job = Scope::job(oms.station.seed(), "batch", wave, None);
    let orders = &orders;
    let work = |scope: Scope| async move {
        let station = &oms.station;
        let open = Call::new(&OPEN_BATCH).body(json!({ "run": wave, "size": orders.len() }));
        let batch = station.must(&scope, open).await?.text("/batch")?.to_owned();
        for order in orders {
            let line = Call::new(&EXPORT_BATCH_LINE).hole("batch", &batch).hole("order", &order.number);
            let line = line.body(json!({ "skus": order.skus })).attribute("order.number", order.number.clone());
            station.must(&scope.owned_by(order.owner), line).await?;
        }
        // Names all of them, and must not link them.
        let numbers: Vec<_> = orders.iter().map(|order| json!({ "order_number": order.number })).collect();
        let commit = Call::new(&COMMIT_BATCH).hole("batch", &batch).body(json!({ "orders": numbers }));
        station.must(&scope, commit).await.map(drop)
    };
    let attributes = vec![KeyValue::new("export.wave", wave.to_owned())];
    oms.station.inside(&job, "export batch", None, attributes, work).await
}
