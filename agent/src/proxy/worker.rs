//! Making spans, and readings, of finished attempts, away from the traffic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::resend::ResendWindow;
use super::route::Route;
use crate::capture::{BodyReadings, Exchange, attempt_span, capture};
use crate::telemetry::{CaptureLoss, Meter, ProxyEnd, ReadingEnd};

/// Attempts that may wait for capture.
const WAITING: usize = 4096;
/// Copied bytes that may wait for capture, in KiB.
const WAITING_KIB: u32 = 32 * 1024;

/// Where finished attempts go. Never waits: what does not fit is counted and dropped.
#[derive(Clone, Debug)]
pub struct Sink {
    finished: mpsc::Sender<Finished>,
    room: Arc<Semaphore>,
    meter: Meter,
}

/// A finished attempt.
#[derive(Debug)]
pub struct Finished {
    route: Arc<Route>,
    exchange: Box<Exchange>,
    _room: OwnedSemaphorePermit,
}

impl Sink {
    /// A sink and what [`run_worker`] takes from it.
    pub fn new(meter: Meter) -> (Self, mpsc::Receiver<Finished>) {
        let (finished, queue) = mpsc::channel(WAITING);
        (Self { finished, room: Arc::new(Semaphore::new(WAITING_KIB as usize)), meter }, queue)
    }

    pub(super) fn finished(&self, route: &Arc<Route>, end: ProxyEnd, exchange: Box<Exchange>) {
        self.meter.proxied(&route.name, end);
        let bytes = exchange.request_body.bytes.len() + exchange.response_body.bytes.len();
        let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX).min(WAITING_KIB);
        let sent = Arc::clone(&self.room).try_acquire_many_owned(kib).is_ok_and(|room| {
            self.finished.try_send(Finished { route: Arc::clone(route), exchange, _room: room }).is_ok()
        });
        if !sent {
            self.meter.capture_lost(CaptureLoss::Busy, 1);
        }
    }
}

/// Where what was made of attempts goes.
#[derive(Clone, Debug)]
pub struct Outlets {
    /// A span of each attempt.
    pub spans: mpsc::Sender<Span>,
    /// Readings of bodies.
    pub readings: mpsc::Sender<LogRecord>,
}

/// Makes a span of each attempt, and readings of its bodies, until the last [`Sink`] is gone.
pub async fn run_worker(queue: mpsc::Receiver<Finished>, outlets: Outlets, meter: Meter) {
    let mut resends = ResendWindow::new();
    let reading = |finished: &Finished| BodyReadings::of(&finished.exchange, &finished.route.readings);
    describe(queue, outlets, meter, reading, |finished| span(finished, &mut resends)).await;
}

async fn describe(
    mut queue: mpsc::Receiver<Finished>,
    outlets: Outlets,
    meter: Meter,
    mut read: impl FnMut(&Finished) -> BodyReadings,
    mut span: impl FnMut(Finished) -> Span,
) {
    while let Some(finished) = queue.recv().await {
        if !finished.route.readings.is_empty() {
            let name = finished.route.name.clone();
            // A fault in reading must cost readings, not the span.
            match catch_unwind(AssertUnwindSafe(|| read(&finished))) {
                Ok(readings) => hand_on(readings, &name, &outlets.readings, &meter),
                Err(_) => meter.captured_readings(&name, ReadingEnd::Lost, 1),
            }
        }
        // A fault in capture must cost one span, not the proxy.
        match catch_unwind(AssertUnwindSafe(|| span(finished))) {
            Ok(span) => {
                if outlets.spans.try_send(span).is_err() {
                    meter.capture_lost(CaptureLoss::Busy, 1);
                }
            }
            Err(_) => meter.capture_lost(CaptureLoss::Fault, 1),
        }
    }
}

fn hand_on(readings: BodyReadings, route: &str, outlet: &mpsc::Sender<LogRecord>, meter: &Meter) {
    if let Some(reason) = &readings.reason {
        tracing::debug!(route, refused = readings.refused, reason, "a body gave no reading");
    }
    meter.captured_readings(route, ReadingEnd::Refused, readings.refused);
    let all = readings.records.len() as u64;
    let taken = readings.records.into_iter().map_while(|record| outlet.try_send(record).ok()).count() as u64;
    meter.captured_readings(route, ReadingEnd::Taken, taken);
    meter.captured_readings(route, ReadingEnd::Lost, all - taken);
}

fn span(finished: Finished, resends: &mut ResendWindow) -> Span {
    let Finished { route, mut exchange, .. } = finished;
    let captured = capture(&exchange, &route.rules);
    if let Some(key) = &captured.idempotency_key {
        exchange.resend_count = resends.count(&route.name, key, exchange.started_at_ns);
    }
    attempt_span(&exchange, &captured)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{BodyCopy, example_body_readings};
    use crate::config::RouteConfig;
    use crate::spool::Tally;

    fn route() -> Arc<Route> {
        let config = RouteConfig::new("r", "a", "b", ([127, 0, 0, 1], 0).into(), "http://127.0.0.1:1");
        Arc::new(Route::new(&config).unwrap())
    }

    fn exchange(bytes: usize) -> Box<Exchange> {
        let request_body = BodyCopy::from(bytes::Bytes::from(vec![b'x'; bytes]));
        Box::new(Exchange { request_body, ..Exchange::new("a", "b", "GET", "/") })
    }

    #[tokio::test]
    async fn what_capture_cannot_keep_up_with_is_counted_and_never_waited_for() {
        let meter = Meter::default();
        let (sink, mut queue) = Sink::new(meter.clone());
        let route = route();
        for _ in 0..100 {
            sink.finished(&route, ProxyEnd::Answered, exchange(1024 * 1024));
        }
        let lost = meter.stats(&Tally::default()).capture_lost;
        assert_eq!(lost, [("busy", 69)], "31 copies of 1 MiB and some fit into 32 MiB");
        while queue.try_recv().is_ok() {}
        sink.finished(&route, ProxyEnd::Answered, exchange(1024 * 1024));
        assert!(queue.try_recv().is_ok(), "room is given back");
        for _ in 0..WAITING + 5 {
            sink.finished(&route, ProxyEnd::Failed, exchange(0));
        }
        assert_eq!(meter.stats(&Tally::default()).capture_lost, [("busy", 69 + 5)]);
        assert_eq!(meter.proxied_count("r", ProxyEnd::Failed), WAITING as u64 + 5);
    }

    fn outlets() -> (Outlets, mpsc::Receiver<Span>, mpsc::Receiver<LogRecord>) {
        let ((spans, described), (readings, read)) = (mpsc::channel(10), mpsc::channel(2));
        (Outlets { spans, readings }, described, read)
    }

    #[tokio::test]
    async fn a_fault_in_capture_costs_one_span() {
        let meter = Meter::default();
        let (sink, queue) = Sink::new(meter.clone());
        let (outlets, mut described, _read) = outlets();
        let route = route();
        for path in ["/1", "/fault", "/2"] {
            sink.finished(&route, ProxyEnd::Answered, Box::new(Exchange::new("a", "b", "GET", path)));
        }
        drop(sink);
        let mut seen = 0;
        let none = |_: &Finished| BodyReadings::default();
        describe(queue, outlets, meter.clone(), none, |finished| {
            seen += 1;
            assert_ne!(seen, 2, "the fault");
            span(finished, &mut ResendWindow::new())
        })
        .await;
        let mut names = Vec::new();
        while let Some(span) = described.recv().await {
            names.push(span.name);
        }
        assert_eq!(names.len(), 2);
        assert_eq!(meter.stats(&Tally::default()).capture_lost, [("fault", 1)]);
    }

    #[tokio::test]
    async fn a_fault_in_reading_costs_readings_and_no_span() {
        let meter = Meter::default();
        let (sink, queue) = Sink::new(meter.clone());
        let (outlets, mut described, mut read) = outlets();
        let mut config = RouteConfig::new("r", "a", "b", ([127, 0, 0, 1], 0).into(), "http://127.0.0.1:1");
        config.readings = example_body_readings();
        let route = Arc::new(Route::new(&config).unwrap());
        for _ in 0..3 {
            sink.finished(&route, ProxyEnd::Answered, exchange(0));
        }
        drop(sink);
        let mut seen = 0;
        let reading = |_: &Finished| {
            seen += 1;
            assert_ne!(seen, 2, "the fault");
            BodyReadings { records: vec![LogRecord::default(); 2], refused: 5, reason: None }
        };
        describe(queue, outlets, meter.clone(), reading, |finished| span(finished, &mut ResendWindow::new())).await;
        let mut spans = 0;
        while described.recv().await.is_some() {
            spans += 1;
        }
        assert_eq!(spans, 3);
        read.close();
        let mut records = 0;
        while read.recv().await.is_some() {
            records += 1;
        }
        assert_eq!(records, 2, "those of the first; nobody took them, and those of the third had no room");
        let counts = [ReadingEnd::Taken, ReadingEnd::Refused, ReadingEnd::Lost];
        assert_eq!(counts.map(|end| meter.captured_readings_count("r", end)), [2, 10, 1 + 2]);
    }
}
