//! What telemetry is full of and no order is made of.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, KeyValue};

use crate::network::Station;
use crate::system::{Reporting, System};

/// Polls of one data base within a block of orders.
const POLLS: usize = 5;
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Asks every service whether it is well: root SERVER spans.
pub(super) async fn health_checks(client: &reqwest::Client, shopper: &Station) {
    for system in System::SERVICES {
        let Some(address) = shopper.world.directory.service(system) else { continue };
        if let Err(error) = client.get(format!("http://{address}/healthz")).timeout(PROBE_TIMEOUT).send().await {
            tracing::debug!(%system, %error, "a health check failed");
        }
    }
}

/// Looks for work in the services' data bases: CLIENT spans without a parent.
pub(super) fn database_polls(stations: &[Arc<Station>]) {
    for station in stations.iter().filter(|station| station.system.reporting() != Reporting::Silent) {
        for _ in 0..POLLS {
            let attributes = vec![
                KeyValue::new("db.system.name", "postgresql"),
                KeyValue::new("db.operation.name", "SELECT"),
                KeyValue::new("db.namespace", station.system.name()),
                KeyValue::new("db.query.text", "SELECT id FROM job WHERE due_at < $1 LIMIT 1 FOR UPDATE SKIP LOCKED"),
            ];
            let name = format!("SELECT {}.job", station.system);
            station.instruments.start(name.into(), SpanKind::Client, &Context::new(), attributes, None).end();
        }
    }
}
