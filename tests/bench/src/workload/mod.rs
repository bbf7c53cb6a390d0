//! The work every contender is given: recorded requests of a 12-span order over six systems, the same bytes for
//! all, made ahead of the run from a seed.

pub(crate) mod attributes;
mod ids;
mod order;
mod system;

use anyhow::Context;
use bytes::Bytes;
use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub(crate) use self::ids::well_known_keys;

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
    /// Number of the first order; orders of different numbers share no id.
    pub(crate) first_order: u64,
    /// When order number 0 begins, in nanoseconds since the Unix epoch.
    pub(crate) first_at_ns: u64,
}

impl Plan {
    /// Orders whose last one begins now.
    pub(crate) fn until_now(seed: u64, spans: usize, orders_per_request: usize) -> anyhow::Result<Self> {
        let now_ns = u64::try_from(Timestamp::now().as_nanosecond()).context("this clock is before 1970")?;
        let plan = Self { seed, spans, orders_per_request, first_order: 0, first_at_ns: 0 };
        let lasts_ns = plan.orders().saturating_mul(ORDER_SPACING_NS);
        Ok(Self { first_at_ns: now_ns.saturating_sub(lasts_ns), ..plan })
    }

    fn requests(&self) -> usize {
        self.spans.div_ceil(self.orders_per_request * SPANS_PER_ORDER)
    }

    /// Orders in all.
    pub(crate) fn orders(&self) -> u64 {
        (self.requests() * self.orders_per_request) as u64
    }
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
        let mut rng = ChaCha8Rng::seed_from_u64(plan.seed.wrapping_add(plan.first_order));
        let mut number = plan.first_order;
        let mut requests = Vec::with_capacity(plan.requests());
        for _ in 0..plan.requests() {
            let mut spans: [Vec<_>; System::COUNT] = std::array::from_fn(|_| Vec::new());
            for _ in 0..plan.orders_per_request {
                let ids = OrderIds::of(number, &mut rng);
                let order = Order::trace(&mut rng, &ids, plan.first_at_ns + number * ORDER_SPACING_NS);
                number += 1;
                for (system, span) in order {
                    spans[system.index()].push(span);
                }
            }
            let resource_spans = System::ALL.into_iter().zip(spans);
            let resource_spans = resource_spans.map(|(system, spans)| system.resource_spans(spans, &mut rng)).collect();
            requests.push(Bytes::from(ExportTraceServiceRequest { resource_spans }.encode_to_vec()));
        }
        let spans_per_request = plan.orders_per_request * SPANS_PER_ORDER;
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
