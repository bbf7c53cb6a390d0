//! One order's trace: five handoffs below the shopper's request, each seen from both ends.
//!
//! ```text
//! storefront ─┬─ (validation)
//!             ├─► payments
//!             └─► oms ─┬─► erp
//!                      └─► wms ──► shipping
//! ```
//! Some orders reach the ERP only at the second attempt; these have no span of the validation, so that every order
//! has twelve. For some others the carrier is down.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::{Event, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use rand::{Rng, RngExt};

use super::attributes::{boolean, double, integer, text};
use super::ids::OrderIds;
use super::system::System;

/// Orders in a hundred whose first attempt at the ERP fails.
const RETRIED_PERCENT: u32 = 8;
/// Orders in a hundred for which the carrier is down.
const UNSHIPPED_PERCENT: u32 = 2;

const ADDRESSES: [&str; 4] = ["10.0.12.7", "10.0.12.41", "10.0.31.18", "10.0.47.203"];

/// A request that one system makes of another.
#[derive(Debug)]
struct Handoff {
    to: System,
    method: &'static str,
    route: &'static str,
    /// Typical time of the receiver's own work, in microseconds.
    work_us: u64,
    /// What the receiver asks others for, one after the other.
    asks: &'static [Self],
}

const CHECKOUT: Handoff = Handoff {
    to: System::Storefront,
    method: "POST",
    route: "/checkout/{cart}/complete",
    work_us: 9_000,
    asks: &[
        Handoff { to: System::Payments, method: "POST", route: "/v1/payment_intents", work_us: 180_000, asks: &[] },
        Handoff {
            to: System::Oms,
            method: "POST",
            route: "/orders",
            work_us: 14_000,
            asks: &[
                Handoff { to: System::Erp, method: "POST", route: "/odata/SalesOrders", work_us: 240_000, asks: &[] },
                Handoff {
                    to: System::Wms,
                    method: "PUT",
                    route: "/reservations/{order}",
                    work_us: 22_000,
                    asks: &[Handoff {
                        to: System::Shipping,
                        method: "POST",
                        route: "/shipments",
                        work_us: 95_000,
                        asks: &[],
                    }],
                },
            ],
        },
    ],
};

/// How an exchange over HTTP ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Unavailable,
    TimedOut,
}

impl Outcome {
    fn status_code(self) -> i64 {
        match self {
            Self::Done => 201,
            Self::Unavailable => 503,
            Self::TimedOut => 504,
        }
    }
}

/// An order's trace as it is made.
#[derive(Debug)]
pub(super) struct Order<'a, R> {
    rng: &'a mut R,
    ids: &'a OrderIds,
    trace_id: Vec<u8>,
    retried: bool,
    unshipped: bool,
    spans: Vec<(System, Span)>,
}

impl<'a, R: Rng> Order<'a, R> {
    /// The spans of one order that begins at `started_at_ns`, and who reports each.
    pub(super) fn trace(rng: &'a mut R, ids: &'a OrderIds, started_at_ns: u64) -> Vec<(System, Span)> {
        let trace_id = rng.random::<[u8; 16]>().to_vec();
        let retried = rng.random_range(0..100) < RETRIED_PERCENT;
        let unshipped = rng.random_range(0..100) < UNSHIPPED_PERCENT;
        let mut order = Self { rng, ids, trace_id, retried, unshipped, spans: Vec::new() };
        order.serve(&CHECKOUT, Vec::new(), started_at_ns);
        order.spans
    }

    fn span_id(&mut self) -> Vec<u8> {
        self.rng.random::<[u8; 8]>().to_vec()
    }

    /// Around `typical_us`, with the long tail that response times have; in nanoseconds.
    fn work_ns(&mut self, typical_us: u64) -> u64 {
        let tail = -(1.0 - self.rng.random::<f64>()).ln();
        typical_us * 600 + (typical_us as f64 * 400.0 * tail) as u64
    }

    /// One system works on a request and asks others; when it is done.
    fn serve(&mut self, handoff: &Handoff, parent: Vec<u8>, start_ns: u64) -> (u64, Outcome) {
        let id = self.span_id();
        let mut at = start_ns + self.work_ns(handoff.work_us) / 2;
        if handoff.to == System::Storefront && !self.retried {
            at = self.validate(id.clone(), at);
        }
        for next in handoff.asks {
            at = self.ask(handoff.to, next, &id, at) + self.work_ns(200);
        }
        let end = at + self.work_ns(handoff.work_us) / 2;
        let broken = handoff.to == System::Shipping && self.unshipped;
        let outcome = if broken { Outcome::Unavailable } else { Outcome::Done };
        let mut attributes = vec![
            text("http.request.method", handoff.method),
            text("http.route", handoff.route),
            text("url.path", self.path(handoff)),
            text("url.scheme", "http"),
            text("server.address", handoff.to.host()),
            integer("http.response.status_code", outcome.status_code()),
            text("user_agent.original", handoff.to.user_agent()),
            text("client.address", ADDRESSES[self.rng.random_range(0..ADDRESSES.len())]),
            text("commerce.order.id", self.ids.order.as_str()),
        ];
        attributes.extend(self.business(handoff.to));
        let name = format!("{} {}", handoff.method, handoff.route);
        self.push(handoff.to, SpanKind::Server, (id, parent), name, (start_ns, end), attributes, outcome);
        (end, outcome)
    }

    /// `from` makes a request and waits for its answer, again if it must; when it has it.
    fn ask(&mut self, from: System, handoff: &Handoff, parent: &[u8], mut start_ns: u64) -> u64 {
        let second = handoff.to == System::Erp && self.retried;
        if second {
            let end = start_ns + 2_000_000_000 + self.work_ns(300);
            let id = self.span_id();
            self.client(from, handoff, (id, parent.to_vec()), (start_ns, end), Outcome::TimedOut, false);
            start_ns = end + 500_000_000 + self.work_ns(80_000);
        }
        let id = self.span_id();
        let arrival = start_ns + self.work_ns(350);
        let (answered, outcome) = self.serve(handoff, id.clone(), arrival);
        let end = answered + self.work_ns(350);
        self.client(from, handoff, (id, parent.to_vec()), (start_ns, end), outcome, second);
        end
    }

    fn client(
        &mut self,
        from: System,
        handoff: &Handoff,
        ids: (Vec<u8>, Vec<u8>),
        times: (u64, u64),
        outcome: Outcome,
        resent: bool,
    ) {
        let host = handoff.to.host();
        let last = if resent {
            integer("http.request.resend_count", 1)
        } else if outcome == Outcome::TimedOut {
            text("error.type", "timeout")
        } else {
            integer("http.response.body.size", self.rng.random_range(300..420))
        };
        let mut attributes = vec![
            text("http.request.method", handoff.method),
            text("url.full", format!("http://{host}:8080{}", self.path(handoff))),
            text("server.address", host),
            integer("server.port", 8080),
            integer("http.response.status_code", outcome.status_code()),
            text("network.protocol.version", "1.1"),
            last,
            integer("http.request.body.size", 700 + 60 * self.ids.items),
            text("commerce.order.id", self.ids.order.as_str()),
        ];
        attributes.extend(self.business(handoff.to));
        self.push(from, SpanKind::Client, ids, handoff.method.to_owned(), times, attributes, outcome);
    }

    fn validate(&mut self, parent: Vec<u8>, start_ns: u64) -> u64 {
        let end = start_ns + self.work_ns(3_000);
        let id = self.span_id();
        let variant = if self.rng.random_range(0..10) < 3 { "treatment" } else { "control" };
        let attributes = vec![
            text("code.function.name", "CheckoutService.validate"),
            text("commerce.order.id", self.ids.order.as_str()),
            text("commerce.cart.id", self.ids.cart.as_str()),
            text("commerce.customer.id", self.ids.customer.as_str()),
            integer("cart.items", self.ids.items),
            double("cart.total", self.ids.total()),
            text("cart.currency", "EUR"),
            boolean("cart.discounted", self.ids.total_cents.is_multiple_of(5)),
            text("feature_flag.key", "one-page-checkout"),
            text("feature_flag.result.variant", variant),
            text("shop.channel", "web-de"),
            text("shop.locale", "de-DE"),
        ];
        let name = "checkout.validate".to_owned();
        self.push(
            System::Storefront,
            SpanKind::Internal,
            (id, parent),
            name,
            (start_ns, end),
            attributes,
            Outcome::Done,
        );
        end
    }

    /// The path of a request to `handoff`, its ids filled in.
    fn path(&self, handoff: &Handoff) -> String {
        handoff.route.replace("{cart}", &self.ids.cart).replace("{order}", &self.ids.order)
    }

    /// The three attributes with which both ends of a handoff to `system` say what it is about.
    fn business(&self, system: System) -> [KeyValue; 3] {
        let ids = self.ids;
        match system {
            System::Storefront => [
                text("commerce.cart.id", ids.cart.as_str()),
                text("commerce.customer.id", ids.customer.as_str()),
                text("commerce.milestone", "order.placed"),
            ],
            System::Payments => [
                text("commerce.payment.id", ids.payment.as_str()),
                double("payment.amount", ids.total()),
                text("payment.currency", "EUR"),
            ],
            System::Oms => [
                text("commerce.payment.id", ids.payment.as_str()),
                text("commerce.customer.id", ids.customer.as_str()),
                integer("order.lines", ids.items),
            ],
            System::Erp => [
                text("commerce.erp_doc.id", ids.erp_doc.as_str()),
                text("erp.company_code", "DE01"),
                text("erp.sales_org", "1010"),
            ],
            System::Wms => [
                text("commerce.sku.id", ids.sku.as_str()),
                text("commerce.location.id", ids.location.as_str()),
                integer("wms.quantity", ids.items),
            ],
            System::Shipping => [
                text("commerce.shipment.id", ids.shipment.as_str()),
                text("commerce.tracking.id", ids.tracking.as_str()),
                text("carrier.name", "ups"),
            ],
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a span is made of")]
    fn push(
        &mut self,
        system: System,
        kind: SpanKind,
        (span_id, parent_span_id): (Vec<u8>, Vec<u8>),
        name: String,
        (start_ns, end_ns): (u64, u64),
        attributes: Vec<KeyValue>,
        outcome: Outcome,
    ) {
        let step = system.clock_step_ns();
        let (status, events) = match outcome {
            Outcome::Done => (None, Vec::new()),
            Outcome::Unavailable => (Some("carrier API unavailable"), Vec::new()),
            Outcome::TimedOut => (Some("no answer within 2 s"), vec![exception(end_ns / step * step)]),
        };
        let status = status.map(|message| Status { message: message.to_owned(), code: StatusCode::Error.into() });
        let span = Span {
            trace_id: self.trace_id.clone(),
            span_id,
            parent_span_id,
            name,
            kind: kind.into(),
            start_time_unix_nano: start_ns / step * step,
            end_time_unix_nano: end_ns / step * step,
            attributes,
            events,
            status,
            flags: 0x0101,
            ..Span::default()
        };
        self.spans.push((system, span));
    }
}

fn exception(at_ns: u64) -> Event {
    let attributes = vec![
        text("exception.type", "java.net.http.HttpTimeoutException"),
        text("exception.message", "request timed out"),
    ];
    Event { time_unix_nano: at_ns, name: "exception".to_owned(), attributes, dropped_attributes_count: 0 }
}
