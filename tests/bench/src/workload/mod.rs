//! The work every contender is given: recorded requests of a 12-span order over six systems, the same bytes for
//! all, made ahead of the run from a seed.

mod attributes;
mod ids;
mod order;
mod system;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use self::ids::OrderIds;
use self::order::Order;
use self::system::System;

/// Spans of one order.
pub(crate) const SPANS_PER_ORDER: usize = 12;

/// Nanoseconds between the starts of two orders: a shop of 170 orders a second.
const ORDER_SPACING_NS: u64 = 1_000_000_000 / 170;

/// What to record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Equal seeds give equal bytes.
    pub(crate) seed: u64,
    /// Spans in all; rounded up to whole requests.
    pub(crate) spans: usize,
    /// Orders in one request.
    pub(crate) orders_per_request: usize,
    /// End of the recording, in nanoseconds since the Unix epoch.
    pub(crate) ends_at_ns: u64,
}

/// Requests as they go over the wire, before compression.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Encoded `ExportTraceServiceRequest`s, in the order of their times.
    pub(crate) requests: Vec<Bytes>,
    /// Spans of one request.
    pub(crate) spans_per_request: usize,
}

impl Recording {
    /// Makes the recording of a plan.
    pub(crate) fn make(plan: &Plan) -> Self {
        let spans_per_request = plan.orders_per_request * SPANS_PER_ORDER;
        let count = plan.spans.div_ceil(spans_per_request);
        let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
        let orders = u64::try_from(count * plan.orders_per_request).unwrap_or(u64::MAX);
        let starts_at_ns = plan.ends_at_ns.saturating_sub(orders.saturating_mul(ORDER_SPACING_NS));
        let mut number = 0;
        let mut requests = Vec::with_capacity(count);
        for _ in 0..count {
            let mut spans: [Vec<_>; System::COUNT] = std::array::from_fn(|_| Vec::new());
            for _ in 0..plan.orders_per_request {
                let ids = OrderIds::of(number, &mut rng);
                let order = Order::trace(&mut rng, &ids, starts_at_ns + number * ORDER_SPACING_NS);
                number += 1;
                for (system, span) in order {
                    spans[system.index()].push(span);
                }
            }
            let resource_spans = System::ALL.into_iter().zip(spans);
            let resource_spans = resource_spans.map(|(system, spans)| system.resource_spans(spans, &mut rng)).collect();
            requests.push(Bytes::from(ExportTraceServiceRequest { resource_spans }.encode_to_vec()));
        }
        Self { requests, spans_per_request }
    }

    /// Spans of all requests.
    pub(crate) fn spans(&self) -> u64 {
        u64::try_from(self.requests.len() * self.spans_per_request).unwrap_or(u64::MAX)
    }

    /// Bytes of all requests.
    pub(crate) fn bytes(&self) -> usize {
        self.requests.iter().map(Bytes::len).sum()
    }
}

#[cfg(test)]
mod tests;
