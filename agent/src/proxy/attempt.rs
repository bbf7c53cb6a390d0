//! What is written down of one attempt while it runs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::BytesMut;
use http::request;

use super::route::Route;
use super::worker::Sink;
use crate::capture::{BodyCopy, Exchange, TraceContext};
use crate::clock::now_ns;
use crate::telemetry::ProxyEnd;

/// The beginning of a body, and its length so far.
#[derive(Debug)]
pub(super) struct Copy {
    bytes: BytesMut,
    size: u64,
    limit: usize,
}

impl Copy {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: BytesMut::new(), size: 0, limit }
    }

    pub(super) fn add(&mut self, data: &[u8]) {
        self.size = self.size.saturating_add(data.len() as u64);
        let room = self.limit.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&data[..data.len().min(room)]);
    }

    fn take(&mut self) -> BodyCopy {
        BodyCopy { bytes: self.bytes.split().freeze(), size: self.size }
    }
}

/// One attempt. However it ends, it is reported once: at the latest when this is dropped.
#[derive(Debug)]
pub(super) struct Attempt {
    route: Arc<Route>,
    sink: Sink,
    /// `None` once reported.
    exchange: Option<Box<Exchange>>,
    request: Arc<Mutex<Copy>>,
    response: Copy,
    /// Durations are measured monotonically from here; the wall clock is read once, at start.
    started: Instant,
}

impl Attempt {
    pub(super) fn new(route: &Arc<Route>, sink: &Sink, head: &request::Parts, trace: TraceContext) -> Self {
        let exchange = Exchange {
            from: route.from.clone(),
            to: route.to.clone(),
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().map(str::to_owned),
            http_version: if head.version == http::Version::HTTP_2 { "2" } else { "1.1" },
            request_headers: head.headers.clone(),
            started_at_ns: now_ns(),
            server_address: route.upstream.host.clone(),
            server_port: route.upstream.port,
            trace,
            ..Exchange::default()
        };
        Self {
            request: Arc::new(Mutex::new(Copy::new(route.capture_bytes))),
            response: Copy::new(route.capture_bytes),
            route: Arc::clone(route),
            sink: sink.clone(),
            exchange: Some(Box::new(exchange)),
            started: Instant::now(),
        }
    }

    /// Where the request's body is copied to.
    pub(super) fn request_copy(&self) -> Arc<Mutex<Copy>> {
        Arc::clone(&self.request)
    }

    pub(super) fn connected(&mut self, connect_ns: Option<u64>, tls: Option<&'static str>) {
        if let Some(exchange) = &mut self.exchange {
            exchange.connect_ns = connect_ns;
            exchange.tls = tls;
        }
    }

    pub(super) fn answered(&mut self, head: &http::response::Parts) {
        let first_byte_ns = self.elapsed_ns();
        if let Some(exchange) = &mut self.exchange {
            exchange.first_byte_ns = Some(first_byte_ns);
            exchange.status = Some(head.status.as_u16());
            exchange.response_headers = head.headers.clone();
        }
    }

    pub(super) fn response_data(&mut self, data: &[u8]) {
        self.response.add(data);
    }

    /// Reports the attempt. Only the first call counts.
    pub(super) fn finish(&mut self, error_type: Option<&'static str>) {
        let ended_ns = self.elapsed_ns();
        let Some(mut exchange) = self.exchange.take() else { return };
        exchange.error_type = error_type;
        exchange.ended_at_ns = exchange.started_at_ns.saturating_add(ended_ns);
        exchange.request_body = self.request.lock().unwrap_or_else(PoisonError::into_inner).take();
        exchange.response_body = self.response.take();
        let end = if error_type.is_none() { ProxyEnd::Answered } else { ProxyEnd::Failed };
        self.sink.finished(&self.route, end, exchange);
    }

    fn elapsed_ns(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl Drop for Attempt {
    /// Only a caller that went away drops an attempt that was not reported.
    fn drop(&mut self) {
        self.finish(Some("aborted"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_copy_is_the_bounded_beginning(chunks in proptest::collection::vec(".{0,20}", 0..10), limit in 0..50_usize) {
            let mut copy = Copy::new(limit);
            let whole = chunks.concat().into_bytes();
            chunks.iter().for_each(|chunk| copy.add(chunk.as_bytes()));
            let copy = copy.take();
            proptest::prop_assert_eq!(&copy.bytes[..], &whole[..whole.len().min(limit)]);
            proptest::prop_assert_eq!(copy.size, whole.len() as u64);
        }
    }
}
