use jiff::{SignedDuration, Timestamp};
use ordertrace_api::attributes::{AMOUNT, CURRENCY, IDEMPOTENCY_KEY, MILESTONE, REASON, UNITS, key_attribute};

use super::life::{Aftermath, Channel, Creation, Delivery, Fallback, Life, Payment};
use super::otlp::{Saying, request};
use super::story::Story;
use super::{Arrival, Signal};
use crate::chance::Chance;
use crate::money::decimal;

const SECOND_MS: u64 = 1_000;
const HOUR_MS: u64 = 3_600 * SECOND_MS;
pub(super) const DAY_MS: u64 = 24 * HOUR_MS;

/// Telemetry is late by less than this, unless it is planned otherwise: two thirds of the grace
/// that the flow of a shop has.
const LATE_MS: u64 = 20 * SECOND_MS;

/// One thing that a system tells of an order.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// What it tells of, for whoever expects something of it.
    pub(super) what: &'static str,
    /// When that was.
    pub(super) at: Timestamp,
    /// When the request that tells it arrives, each time that it does.
    pub(super) arrives: Vec<Timestamp>,
    signal: Signal,
    body: Vec<u8>,
}

impl Told {
    pub(super) fn into_arrivals(self) -> impl Iterator<Item = Arrival> {
        let Self { arrives, signal, body, .. } = self;
        arrives.into_iter().map(move |at| Arrival { at, signal, body: body.clone() })
    }
}

/// All that an order's systems tell.
pub(super) fn tell(life: &Life, story: &Story) -> Vec<Told> {
    let chance = story.seed.chance(&["telling", &story.index.to_string()]);
    let mut teller = Teller { story, chance, told: Vec::new(), said: 0, late_ms: 0 };
    teller.placement(life);
    teller.payment(life.payment);
    if life.creation != Creation::Never {
        teller.creation(life);
    }
    teller.delivery(life.delivery);
    teller.aftermath(life.aftermath);
    teller.told
}

impl Fallback {
    /// The name under which it is told.
    pub(super) fn told_as(self) -> &'static str {
        match self {
            Self::TaxEstimate => "estimated",
            Self::BackupProcessor => "rerouted",
            Self::FraudTimeout => "undecided",
        }
    }
}

struct Teller<'s> {
    story: &'s Story,
    chance: Chance,
    told: Vec<Told>,
    /// How much was said: numbers spans.
    said: u64,
    /// How much later than usual what is told now arrives.
    late_ms: u64,
}

/// What is said beside the name.
#[derive(Default)]
struct Words(Vec<(String, String)>);

impl Words {
    fn key(self, kind: &str, value: &str) -> Self {
        self.and(&key_attribute(kind, None), value)
    }

    /// The order by the number that the OMS gave it.
    fn oms_order(self, story: &Story) -> Self {
        self.and(&key_attribute("order", Some("oms")), &story.id("OMS"))
    }

    fn milestone(self, milestone: &str) -> Self {
        self.and(MILESTONE, milestone)
    }

    fn cents(self, cents: u64) -> Self {
        self.and(AMOUNT, &decimal(cents)).and(CURRENCY, "EUR")
    }

    fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl Teller<'_> {
    fn placement(&mut self, life: &Life) {
        let story = self.story;
        let words = Words::default()
            .key("order", &story.order)
            .milestone("order.placed")
            .cents(story.cents)
            .and(UNITS, &story.units.to_string());
        match life.channel {
            Channel::Web => {
                let words = words.key("cart", &story.id("cart"));
                self.span("placed", "storefront", "POST /checkout", None, 0, words);
            }
            Channel::Marketplace => {
                let words = words.key("marketplace_order", &story.id("AMZ"));
                self.span("placed", "marketplace", "POST /orders", Some("oms"), 0, words);
            }
        }
        for fallback in &life.fallbacks {
            let words = |reason: &str| {
                Words::default().key("order", &story.order).milestone("fallback.used").and(REASON, reason)
            };
            let what = fallback.told_as();
            match fallback {
                Fallback::TaxEstimate => {
                    self.span(what, "tax", "POST /taxes", None, 400, words("tax_estimate"));
                }
                Fallback::FraudTimeout => {
                    self.span(what, "storefront", "POST /decisions", Some("fraud"), 600, words("fraud_timeout"));
                }
                Fallback::BackupProcessor => {
                    self.event(what, "payments", "payment.rerouted", 900, words("backup_processor"));
                }
            }
        }
    }

    fn payment(&mut self, payment: Payment) {
        if matches!(payment, Payment::Never | Payment::Abandoned) {
            return;
        }
        let story = self.story;
        let pay = story.id("pay");
        let authorise =
            Words::default().key("order", &story.order).key("payment", &pay).milestone("payment.authorised");
        self.span("authorised", "storefront", "POST /authorise", Some("payments"), 800, authorise);
        let (first, cents) = (2 * SECOND_MS, story.cents);
        match payment {
            Payment::Never | Payment::Abandoned => {}
            Payment::Once => self.capture("captured", first, cents, "1", "1"),
            Payment::TooMuch => self.capture("captured", first, cents + 500, "1", "1"),
            Payment::TooLittle => self.capture("captured", first, cents - 500, "1", "1"),
            Payment::Retried => {
                self.capture("captured", first, cents, "1", "1");
                self.failure("storefront", "POST /capture", "payments", first + 10, "1");
                self.capture("captured", first + 5 * SECOND_MS, cents, "1", "1");
            }
            Payment::InParts => {
                self.capture("captured", first, cents / 3, "1", "1");
                self.capture("captured", first + 40 * SECOND_MS, cents - cents / 3, "2", "2");
            }
            Payment::Twice => {
                self.capture("captured", first, cents, "1", "1");
                self.failure("storefront", "POST /capture", "payments", first + 10, "1");
                self.capture("captured again", first + 30 * SECOND_MS, cents, "2", "2");
            }
        }
    }

    /// A capture as the payment provider's API sees it, and its webhook, which comes late, sometimes
    /// again, and before the other as often as after.
    fn capture(&mut self, what: &'static str, after_ms: u64, cents: u64, charge: &str, intent: &str) {
        let story = self.story;
        let words = |words: Words| {
            words
                .key("payment", &story.id("pay"))
                .key("charge", &story.id(&format!("ch{charge}")))
                .milestone("payment.captured")
                .cents(cents)
        };
        let intended = words(Words::default()).and(IDEMPOTENCY_KEY, &story.id(&format!("intent{intent}")));
        self.span(what, "payments", "POST /capture", None, after_ms, intended);
        let delay_ms = self.chance.between(100, 3 * SECOND_MS);
        let webhook = || words(Words::default().key("order", &story.order));
        self.event(what, "oms", "payment.captured", after_ms + delay_ms, webhook());
        if self.chance.happens(15) {
            self.event(what, "oms", "payment.captured", after_ms + HOUR_MS, webhook());
        }
    }

    fn creation(&mut self, life: &Life) {
        let story = self.story;
        let after_ms = match life.creation {
            Creation::Late => 780 * SECOND_MS,
            Creation::InTime | Creation::ToldLate | Creation::Never => {
                3 * SECOND_MS + self.chance.between(0, 15 * SECOND_MS)
            }
        };
        self.late_ms = if life.creation == Creation::ToldLate { HOUR_MS } else { 0 };
        if self.chance.happens(10) {
            self.failure("storefront", "POST /oms/orders", "oms", after_ms - SECOND_MS, "create");
        }
        let words = Words::default().key("order", &story.order).oms_order(story).milestone("order.created");
        self.span("created", "oms", "POST /oms/orders", None, after_ms, words);
        for document in 1..=life.documents {
            let words = Words::default()
                .oms_order(story)
                .key("erp_doc", &story.id(&format!("SO{document}")))
                .milestone("order.created");
            let what = if document == 1 { "booked" } else { "booked again" };
            let after_ms = after_ms + u64::from(document) * 4 * SECOND_MS;
            self.span(what, "oms", "POST /odata/SalesOrders", Some("erp"), after_ms, words);
        }
        self.late_ms = 0;
        let words = Words::default().oms_order(story).milestone("inventory.reserved");
        self.span("reserved", "wms", "PUT /reservations", None, after_ms + 2 * SECOND_MS, words);
    }

    fn delivery(&mut self, delivery: Delivery) {
        let story = self.story;
        let jitter_ms = self.chance.between(0, 600 * SECOND_MS);
        let shipped_ms = DAY_MS + jitter_ms;
        match delivery {
            Delivery::None | Delivery::NeverShipped => {}
            Delivery::Shipped => self.shipment("1", shipped_ms, story.units, true),
            Delivery::NeverDelivered => self.shipment("1", shipped_ms, story.units, false),
            Delivery::ShippedLate => self.shipment("1", 4 * DAY_MS + jitter_ms, story.units, true),
            Delivery::InParts => {
                self.shipment("1", shipped_ms, 1, true);
                self.shipment("2", shipped_ms + DAY_MS, story.units - 1, true);
            }
            Delivery::Twice => {
                self.shipment("1", shipped_ms, story.units, true);
                self.shipment("2", shipped_ms + HOUR_MS, story.units, true);
            }
            Delivery::PickedUp => {
                let order = || Words::default().key("order", &story.order);
                self.event("ready", "oms", "order.ready_for_pickup", 2 * HOUR_MS + jitter_ms, order());
                self.event("picked up", "storefront", "order.picked_up", shipped_ms, order());
            }
            Delivery::Cancelled | Delivery::OutOfStock => {
                let reason = if delivery == Delivery::OutOfStock { "out_of_stock" } else { "customer" };
                let words = Words::default().key("order", &story.order).oms_order(story).and(REASON, reason);
                self.event("cancelled", "oms", "order.cancelled", 900 * SECOND_MS, words);
                self.refund("refunded", "1", 960 * SECOND_MS, story.cents);
            }
        }
        let is_complete = matches!(
            delivery,
            Delivery::Shipped | Delivery::ShippedLate | Delivery::InParts | Delivery::Twice | Delivery::PickedUp
        );
        if is_complete {
            let words = Words::default().key("order", &story.order);
            self.event("completed", "oms", "order.completed", 8 * DAY_MS + jitter_ms, words);
        }
    }

    fn shipment(&mut self, number: &str, after_ms: u64, units: u64, is_delivered: bool) {
        let story = self.story;
        let words = || {
            Words::default()
                .key("shipment", &story.id(&format!("SHP{number}")))
                .key("tracking", &story.id(&format!("1Z{number}")))
        };
        let created = words().oms_order(story).milestone("shipment.created").and(UNITS, &units.to_string());
        let what = if number == "1" { "shipped" } else { "shipped again" };
        self.span(what, "shipping", "POST /shipments", None, after_ms, created);
        if is_delivered {
            self.event("delivered", "shipping", "shipment.delivered", after_ms + 3 * DAY_MS, words());
        }
    }

    fn aftermath(&mut self, aftermath: Aftermath) {
        let cents = self.story.cents;
        let (returned_ms, refunded_ms) = (12 * DAY_MS, 13 * DAY_MS);
        let is_returned = !matches!(aftermath, Aftermath::Nothing | Aftermath::RefundedForNothing);
        if is_returned {
            let words = Words::default().key("order", &self.story.order).key("return", &self.story.id("RET"));
            self.event("returned", "wms", "return.received", returned_ms, words);
        }
        match aftermath {
            Aftermath::Nothing | Aftermath::NeverRefunded => {}
            Aftermath::Returned => self.refund("refunded", "1", refunded_ms, cents),
            Aftermath::ReturnedInPart => {
                self.refund("refunded", "1", refunded_ms, cents / 5);
                self.refund("refunded", "2", refunded_ms + HOUR_MS, cents / 10);
            }
            Aftermath::RefundedTwice => {
                self.refund("refunded", "1", refunded_ms, cents);
                self.refund("refunded again", "2", refunded_ms + HOUR_MS, cents);
            }
            Aftermath::RefundedForNothing => self.refund("refunded", "1", refunded_ms, cents / 5),
        }
    }

    fn refund(&mut self, what: &'static str, number: &str, after_ms: u64, cents: u64) {
        let words = Words::default()
            .key("payment", &self.story.id("pay"))
            .key("refund", &self.story.id(&format!("re{number}")))
            .milestone("refund.issued")
            .cents(cents);
        self.span(what, "payments", "POST /refunds", None, after_ms, words);
    }

    /// An attempt that failed as far as its caller knows.
    fn failure(&mut self, system: &'static str, name: &str, called: &'static str, after_ms: u64, intent: &str) {
        let attributes = Words::default()
            .key("order", &self.story.order)
            .and(IDEMPOTENCY_KEY, &self.story.id(&format!("intent{intent}")));
        let saying = Saying {
            system,
            name: name.to_owned(),
            calls: Some(called),
            failed: true,
            attributes: attributes.0,
            ..Saying::default()
        };
        self.say_span("failed", &saying, after_ms);
    }

    fn span(
        &mut self,
        what: &'static str,
        system: &'static str,
        name: &str,
        calls: Option<&'static str>,
        after_ms: u64,
        words: Words,
    ) {
        let saying = Saying { system, name: name.to_owned(), calls, attributes: words.0, ..Saying::default() };
        self.say_span(what, &saying, after_ms);
    }

    fn say_span(&mut self, what: &'static str, saying: &Saying, after_ms: u64) {
        let at = self.story.after_ms(after_ms);
        let number = (self.said + 1).to_string();
        let mut ids = self.story.seed.chance(&["span", &self.story.index.to_string(), &number]);
        let (high, low) = (ids.bits() | 1, ids.bits());
        let trace_id = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
        let body = request(vec![saying.span(at, trace_id, (ids.bits() | 1).to_be_bytes())]);
        self.say(what, Signal::Traces, at, body);
    }

    /// A business event, which is the milestone of its name.
    fn event(&mut self, what: &'static str, system: &'static str, name: &str, after_ms: u64, words: Words) {
        let saying = Saying { system, name: name.to_owned(), attributes: words.0, ..Saying::default() };
        let at = self.story.after_ms(after_ms);
        self.say(what, Signal::Logs, at, saying.event(at));
    }

    fn say(&mut self, what: &'static str, signal: Signal, at: Timestamp, body: Vec<u8>) {
        self.said += 1;
        let usual_ms = self.chance.between(50, 1_500);
        let late_ms = if self.chance.happens(10) { self.chance.between(0, LATE_MS - 1_500) } else { 0 };
        let later = |ms: u64| SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX));
        let first = at.saturating_add(later(usual_ms + late_ms + self.late_ms)).unwrap_or(at);
        let mut arrives = vec![first];
        if self.chance.happens(8) {
            // The sender did not hear that it was taken.
            arrives.push(first.saturating_add(later(7 * SECOND_MS)).unwrap_or(first));
        }
        self.told.push(Told { what, at, arrives, signal, body });
    }
}
