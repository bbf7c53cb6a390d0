//! What metrics show, over OTLP as well should the environment ask for it; by the rules of OpenTelemetry for
//! Prometheus each has the same name there.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use opentelemetry::metrics::{Counter, Gauge, Meter};
use opentelemetry::{KeyValue, global};
use ordertrace_api::sync::SyncLag;

pub(super) const UNRESOLVED: &str = "Ids that readings carry instead of a SKU, and that nobody knows the SKU of";
pub(super) const CONTRADICTING: &str = "Ids that readings carry instead of a SKU, and that were told to be several";
pub(super) const AGE: &str = "How long ago the newest feed or search index was made that is known of";

/// How pairs stood last, and when that was.
type Standing = Arc<Mutex<Option<(Vec<SyncLag>, Timestamp)>>>;

/// The instruments. Clones share them.
#[derive(Clone)]
pub(super) struct OtlpMetrics {
    pub(super) readings: Counter<u64>,
    pub(super) failures: Counter<u64>,
    pub(super) unresolved: Gauge<u64>,
    pub(super) contradicting: Gauge<u64>,
    age: Gauge<f64>,
    standing: Standing,
}

impl Default for OtlpMetrics {
    fn default() -> Self {
        let meter = global::meter("ordertrace-collector");
        let counter = |name: &'static str, what: &'static str| meter.u64_counter(name).with_description(what).build();
        let gauge = |name: &'static str, what: &'static str| meter.u64_gauge(name).with_description(what).build();
        let standing = Standing::default();
        whole(&meter, "ordertrace.sync.waiting", &standing, "Items that differ", |lag| lag.waiting);
        whole(&meter, "ordertrace.sync.late", &standing, "Of these, those that are late", |lag| lag.late);
        let oldest = "How long ago the first change was made that the target does not show; 0 = it shows all";
        seconds(&meter, "ordertrace.sync.oldest", &standing, oldest, |lag, now| vec![(None, oldest_s(lag, now))]);
        let lags = "Time until the target showed a change, of those that arrived within the last hour";
        seconds(&meter, "ordertrace.sync.lag", &standing, lags, |lag, _| {
            let known = |(quantile, lag_ms): (&'static str, Option<f64>)| Some((Some(quantile), lag_ms? / 1e3));
            quantiles(lag).into_iter().filter_map(known).collect()
        });
        Self {
            readings: counter("ordertrace.sync.readings", "Readings taken in"),
            failures: counter("ordertrace.sync.failed_rounds", "Rounds that ended early; the next goes on"),
            unresolved: gauge("ordertrace.sync.unresolved_ids", UNRESOLVED),
            contradicting: gauge("ordertrace.sync.contradicting_ids", CONTRADICTING),
            age: meter.f64_gauge("ordertrace.sync.age").with_unit("s").with_description(AGE).build(),
            standing,
        }
    }
}

impl OtlpMetrics {
    /// A feed or index is so old.
    pub(super) fn age(&self, entity: &'static str, system: &str, name: &str, age_s: f64) {
        let text = |key: &'static str, text: &str| KeyValue::new(key, text.to_owned());
        self.age.record(age_s, &[text("entity", entity), text("system", system), text("name", name)]);
    }

    /// The pairs stand so at `now`.
    pub(super) fn stand(&self, lags: &[SyncLag], now: Timestamp) {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = Some((lags.to_vec(), now));
    }
}

impl fmt::Debug for OtlpMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpMetrics").finish_non_exhaustive()
    }
}

/// How long the first change that the target does not show has waited at `now`, in seconds; 0 = it shows all.
pub(super) fn oldest_s(lag: &SyncLag, now: Timestamp) -> f64 {
    lag.oldest.map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64().max(0.0))
}

/// Quantiles of the lags, in milliseconds.
pub(super) fn quantiles(lag: &SyncLag) -> [(&'static str, Option<f64>); 3] {
    [("0.5", lag.p50_ms), ("0.95", lag.p95_ms), ("0.99", lag.p99_ms)]
}

fn pair(lag: &SyncLag) -> Vec<KeyValue> {
    let SyncLag { sync, source, target, .. } = lag.clone();
    vec![KeyValue::new("sync", sync), KeyValue::new("source", source), KeyValue::new("target", target)]
}

fn whole(
    meter: &Meter,
    name: &'static str,
    standing: &Standing,
    what: &'static str,
    of: impl Fn(&SyncLag) -> u64 + Send + Sync + 'static,
) {
    let standing = Arc::clone(standing);
    let observe = meter.u64_observable_gauge(name).with_description(what).with_callback(move |observer| {
        let standing = standing.lock().unwrap_or_else(PoisonError::into_inner);
        for lag in standing.iter().flat_map(|(lags, _)| lags) {
            observer.observe(of(lag), &pair(lag));
        }
    });
    observe.build();
}

/// Of each pair the values, and of which quantile each is.
fn seconds(
    meter: &Meter,
    name: &'static str,
    standing: &Standing,
    what: &'static str,
    of: impl Fn(&SyncLag, Timestamp) -> Vec<(Option<&'static str>, f64)> + Send + Sync + 'static,
) {
    let standing = Arc::clone(standing);
    let observe =
        meter.f64_observable_gauge(name).with_unit("s").with_description(what).with_callback(move |observer| {
            let standing = standing.lock().unwrap_or_else(PoisonError::into_inner);
            for (lag, now) in standing.iter().flat_map(|(lags, now)| lags.iter().map(move |lag| (lag, *now))) {
                for (quantile, value_s) in of(lag, now) {
                    let quantile = quantile.map(|quantile| KeyValue::new("quantile", quantile));
                    let attributes: Vec<KeyValue> = pair(lag).into_iter().chain(quantile).collect();
                    observer.observe(value_s, &attributes);
                }
            }
        });
    observe.build();
}
