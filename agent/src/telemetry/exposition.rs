//! The metrics as text.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Meter, OfReason, OfStream};
use crate::spool::Tally;

impl Meter {
    /// Prometheus text exposition (OpenMetrics 1.0.0).
    pub fn exposition(&self, tally: &Tally) -> String {
        let mut registry = Registry::with_prefix("ordertrace_agent");
        register_streams(&mut registry, tally);
        registry.register("refused_items", "Items whose sender was told to retry or mend", self.refused_items());
        registry.register("export_retries", "Export requests made again", self.retries.clone());
        registry.register("proxied_requests", "Exchanges through the handoff proxy", self.proxied.clone());
        registry.register("capture_lost_spans", "Exchanges that left no span", self.capture_lost.clone());
        let help = "Items of proxied bodies that are configured to be readings, by what became of them";
        registry.register("captured_readings", help, self.captured_readings.clone());
        let help = "Readings of proxied bodies that the spool did not take";
        registry.register("unspooled_readings", help, self.unspooled_readings.clone());
        self.polls.register(&mut registry);
        for (name, help, value) in [
            ("spool_bytes", "Bytes of all spool segments", tally.bytes),
            ("spool_records", "Requests waiting in the spool", tally.pending_records),
            ("spool_damaged_records", "Damaged records left out since start", tally.damaged_records),
        ] {
            let gauge = Gauge::<i64>::default();
            gauge.set(signed(value));
            registry.register(name, help, gauge);
        }
        let mut text = String::new();
        // Writing to a string fails only when a label's encoder does, and these do not.
        if encode(&mut text, &registry).is_err() {
            text.clear();
        }
        text
    }

    fn refused_items(&self) -> Family<OfReason, Counter> {
        let refused = Family::<OfReason, Counter>::default();
        for (stream, reasons) in self.refusals() {
            for (reason, items) in reasons {
                let sender = stream.sender.to_string();
                let labels = OfReason { signal: stream.signal.name(), sender, reason: reason.name() };
                refused.get_or_create(&labels).inc_by(items);
            }
        }
        refused
    }
}

/// The spool's account. Its counters go on over restarts.
fn register_streams(registry: &mut Registry, tally: &Tally) {
    let accepted = Family::<OfStream, Counter>::default();
    let sent = Family::<OfStream, Counter>::default();
    let spooled = Family::<OfStream, Gauge>::default();
    let dropped = Family::<OfReason, Counter>::default();
    for (stream, counts) in &tally.streams {
        let labels = OfStream { signal: stream.signal.name(), sender: stream.sender.to_string() };
        accepted.get_or_create(&labels).inc_by(counts.accepted);
        sent.get_or_create(&labels).inc_by(counts.sent);
        spooled.get_or_create(&labels).set(signed(counts.spooled()));
        for (reason, items) in &counts.dropped {
            let OfStream { signal, sender } = labels.clone();
            dropped.get_or_create(&OfReason { signal, sender, reason: reason.name() }).inc_by(*items);
        }
    }
    registry.register("accepted_items", "Spans, log records and points stored in the spool", accepted);
    registry.register("sent_items", "Items the collector has", sent);
    registry.register("dropped_items", "Accepted items that were given up", dropped);
    registry.register("spool_items", "Items waiting in the spool", spooled);
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
