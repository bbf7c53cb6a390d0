//! Readings as systems send them: many of one system in one request.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use ordertrace_api::attributes::{
    CHANGED_AT, CHANNEL, CURRENCY, ENTITY, EVENT_READING, FEED, LOCATION, METRIC_INVENTORY_LEVEL, METRIC_PRICE,
    POLL_INTERVAL_MS, SKU, SYSTEM, VALUE, VERSION,
};
use ordertrace_api::reading::Entity;
use prost::Message;

use super::amount;
use super::feed::{FEED_NAME, FEED_SYSTEM};
use super::orders::{OrderTold, StockOrder};
use super::telling::{Manner, POLLED_EVERY_MS, Place, Rounds, Told, Track};
use crate::days::otlp::{nanoseconds, text};
use crate::days::{Arrival, Signal};

/// What leaves at one time.
#[derive(Default)]
struct Sending {
    points: BTreeMap<(&'static str, &'static str), Vec<NumberDataPoint>>,
    events: BTreeMap<&'static str, Vec<LogRecord>>,
}

/// The requests of all tracks, of the feed, and of orders by SKU, by the time at which they arrive.
pub(super) fn arrivals(
    tracks: &[Track],
    feeds: &Rounds,
    orders: &[(String, StockOrder)],
    begins_at: Timestamp,
) -> Vec<Arrival> {
    let mut sendings: BTreeMap<i64, Sending> = BTreeMap::new();
    for track in tracks {
        for told in &track.told {
            for arrives_ms in &told.arrives_ms {
                sendings.entry(*arrives_ms).or_default().add(track, told, begins_at);
            }
        }
    }
    for (made_ms, arrives_ms) in feeds.iter() {
        for arrives_ms in arrives_ms {
            sendings.entry(*arrives_ms).or_default().add_feed(at(begins_at, made_ms));
        }
    }
    for (sku, order) in orders {
        for told in &order.told {
            for arrives_ms in &told.arrives_ms {
                sendings.entry(*arrives_ms).or_default().add_order((sku, order), told, begins_at);
            }
        }
    }
    sendings.into_iter().flat_map(|(at_ms, sending)| sending.into_arrivals(at(begins_at, at_ms))).collect()
}

/// That moment of the days.
pub(super) fn at(begins_at: Timestamp, at_ms: i64) -> Timestamp {
    begins_at.saturating_add(SignedDuration::from_millis(at_ms)).unwrap_or(begins_at)
}

impl Sending {
    fn add(&mut self, track: &Track, told: &Told, begins_at: Timestamp) {
        let place = &track.place;
        let moment = at(begins_at, told.moment_ms);
        let mut attributes = said(place);
        attributes.push(text(VALUE, &amount::text(told.value)));
        if matches!(track.manner, Manner::Versioned | Manner::Dated | Manner::Made) {
            attributes.push(text(CHANGED_AT, &moment.to_string()));
        }
        match track.manner {
            Manner::Versioned => attributes.push(text(VERSION, &told.version.to_string())),
            Manner::Polled => attributes.push(text(POLL_INTERVAL_MS, &POLLED_EVERY_MS.to_string())),
            Manner::Dated | Manner::Plain | Manner::Made => {}
        }
        // The ERP and the marketplace have their own programs, which send events.
        let metric = match (place.system, place.entity) {
            ("erp" | "marketplace", _) => {
                attributes.push(text(ENTITY, place.entity.name()));
                return self.event(place.system, (EVENT_READING, moment), attributes);
            }
            (_, Entity::Inventory) => METRIC_INVENTORY_LEVEL,
            _ => METRIC_PRICE,
        };
        self.points.entry((place.system, metric)).or_default().push(NumberDataPoint {
            time_unix_nano: nanoseconds(moment),
            attributes,
            // What says it exactly is beside it.
            value: Some(number_data_point::Value::AsDouble(told.value as f64 / 100.0)),
            ..NumberDataPoint::default()
        });
    }

    /// That the feed was made.
    fn add_feed(&mut self, made_at: Timestamp) {
        let attributes = vec![
            text(SYSTEM, FEED_SYSTEM),
            text(ENTITY, Entity::Feed.name()),
            text(FEED, FEED_NAME),
            text(CHANGED_AT, &made_at.to_string()),
        ];
        self.event(FEED_SYSTEM, (EVENT_READING, made_at), attributes);
    }

    fn add_order(&mut self, (sku, order): (&str, &StockOrder), told: &OrderTold, begins_at: Timestamp) {
        let said = order.said(sku, told);
        let attributes = said.iter().map(|(name, value)| text(name, value)).collect();
        self.event(told.system, (told.milestone, at(begins_at, told.at_ms)), attributes);
    }

    fn event(&mut self, system: &'static str, (name, moment): (&str, Timestamp), attributes: Vec<KeyValue>) {
        self.events.entry(system).or_default().push(LogRecord {
            time_unix_nano: nanoseconds(moment),
            event_name: name.to_owned(),
            attributes,
            ..LogRecord::default()
        });
    }

    fn into_arrivals(self, at: Timestamp) -> impl Iterator<Item = Arrival> {
        let resource_metrics: Vec<ResourceMetrics> = self.points.into_iter().map(gauges).collect();
        let resource_logs: Vec<ResourceLogs> = self.events.into_iter().map(events).collect();
        let metrics = (!resource_metrics.is_empty()).then_some(ExportMetricsServiceRequest { resource_metrics });
        let logs = (!resource_logs.is_empty()).then_some(ExportLogsServiceRequest { resource_logs });
        let metrics = metrics.map(|request| (Signal::Metrics, request.encode_to_vec()));
        let logs = logs.map(|request| (Signal::Logs, request.encode_to_vec()));
        metrics.into_iter().chain(logs).map(move |(signal, body)| Arrival { at, signal, body })
    }
}

/// Of what a reading is.
fn said(place: &Place) -> Vec<KeyValue> {
    let all = [
        (SYSTEM, place.system),
        (SKU, place.sku.as_str()),
        (LOCATION, place.location),
        (CHANNEL, place.channel),
        (CURRENCY, place.currency),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| text(name, value)).collect()
}

fn gauges(((system, name), data_points): ((&str, &str), Vec<NumberDataPoint>)) -> ResourceMetrics {
    let data = Some(Data::Gauge(Gauge { data_points }));
    let metric = Metric { name: name.to_owned(), data, ..Metric::default() };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }];
    ResourceMetrics { resource: Some(resource(system)), scope_metrics, schema_url: String::new() }
}

fn events((system, log_records): (&str, Vec<LogRecord>)) -> ResourceLogs {
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    ResourceLogs { resource: Some(resource(system)), scope_logs, schema_url: String::new() }
}

fn resource(system: &str) -> Resource {
    Resource { attributes: vec![text("service.name", system)], ..Resource::default() }
}
