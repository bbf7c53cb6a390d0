use jiff::{SignedDuration, Timestamp};
use ordertrace_api::finding::{FindingKind, FindingState};
use ordertrace_api::keys::Key;

use super::life::{Aftermath, Channel, Creation, Delivery, Life, Payment};
use super::story::Story;
use super::telling::Told;

/// A finding that must be there in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// What it is about.
    pub subject: Subject,
    /// What is wrong.
    pub wrong: Wrong,
    /// When it could be known at the latest; `None` where what was thought wrong was not.
    pub knowable_at: Option<Timestamp>,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// An order.
    Order(Key),
    /// A system, or a handoff to it.
    System(String),
}

/// What is wrong with an order or a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wrong {
    /// The kind of fault.
    pub kind: FindingKind,
    /// Whether it still holds in the end.
    pub state: FindingState,
}

/// As the flow of a shop has it: deadlines in seconds, each with half a minute of grace.
const GRACE_S: i64 = 30;
const CREATED_WITHIN_S: i64 = 120;
const SHIPPED_WITHIN_S: i64 = 3 * 86_400;
const DELIVERED_WITHIN_S: i64 = 10 * 86_400;
const REFUNDED_WITHIN_S: i64 = 7 * 86_400;
const STUCK_AFTER_S: i64 = 14 * 86_400;

/// What detection must say of an order of this life.
pub(super) fn expect(life: &Life, story: &Story, told: &[Told]) -> Vec<Expected> {
    let Some(order) = Key::global("order", &story.order) else { return Vec::new() };
    let known = Known(told);
    let mut wrongs: Vec<(FindingKind, FindingState, Option<Timestamp>)> = Vec::new();
    let mut open = |kind, knowable_at| wrongs.push((kind, FindingState::Open, knowable_at));
    match life.payment {
        Payment::Once | Payment::Retried | Payment::InParts => {}
        Payment::Twice => {
            open(FindingKind::DoubleCharge, known.arrived(&["captured", "captured again", "placed", "authorised"]));
        }
        Payment::TooMuch => open(FindingKind::AmountMismatch, known.arrived(&["captured", "placed", "authorised"])),
        Payment::TooLittle => open(FindingKind::AmountMismatch, known.after("completed", GRACE_S)),
        // A marketplace is paid itself.
        Payment::Never if life.channel == Channel::Marketplace => {}
        Payment::Never => open(FindingKind::ShippedWithoutPayment, known.after("shipped", GRACE_S)),
        Payment::Abandoned => open(FindingKind::StuckOrder, known.after("placed", STUCK_AFTER_S)),
    }
    if life.documents > 1 {
        open(FindingKind::DuplicateOrder, known.arrived(&["booked", "booked again", "created", "placed"]));
    }
    match life.delivery {
        Delivery::Twice => {
            open(FindingKind::DuplicateShipment, known.arrived(&["shipped", "shipped again", "placed", "created"]));
        }
        Delivery::NeverShipped => {
            open(FindingKind::MissedDeadline, known.after("created", SHIPPED_WITHIN_S + GRACE_S));
        }
        Delivery::NeverDelivered => {
            open(FindingKind::MissedDeadline, known.after("shipped", DELIVERED_WITHIN_S + GRACE_S));
        }
        Delivery::Shipped
        | Delivery::InParts
        | Delivery::ShippedLate
        | Delivery::PickedUp
        | Delivery::Cancelled
        | Delivery::OutOfStock
        | Delivery::None => {}
    }
    match life.aftermath {
        Aftermath::NeverRefunded => {
            open(FindingKind::MissedDeadline, known.after("returned", REFUNDED_WITHIN_S + GRACE_S));
        }
        Aftermath::RefundedTwice => {
            open(
                FindingKind::ReachedTooOften,
                known.arrived(&["refunded", "refunded again", "captured", "authorised"]),
            );
        }
        Aftermath::RefundedForNothing => {
            open(FindingKind::RefundWithoutReturn, known.after("refunded", GRACE_S));
        }
        Aftermath::Nothing | Aftermath::ReturnedInPart | Aftermath::Returned => {}
    }
    let missed_at = known.after("captured", CREATED_WITHIN_S + GRACE_S);
    match life.creation {
        Creation::InTime => {}
        // Nobody paid, nobody waits for it.
        Creation::Never if life.payment == Payment::Abandoned => {}
        Creation::Never => wrongs.push((FindingKind::PaidNotCreated, FindingState::Open, missed_at)),
        Creation::Late => wrongs.push((FindingKind::PaidNotCreated, FindingState::Closed, missed_at)),
        Creation::ToldLate => wrongs.push((FindingKind::PaidNotCreated, FindingState::Retracted, None)),
    }
    if life.delivery == Delivery::ShippedLate {
        let missed_at = known.after("created", SHIPPED_WITHIN_S + GRACE_S);
        wrongs.push((FindingKind::MissedDeadline, FindingState::Closed, missed_at));
    }
    if life.delivery == Delivery::OutOfStock {
        wrongs.push((FindingKind::Oversell, FindingState::Closed, known.arrived(&["cancelled", "placed"])));
    }
    for fallback in &life.fallbacks {
        let knowable_at = known.arrived(&[fallback.told_as(), "placed"]);
        wrongs.push((FindingKind::FallbackUsed, FindingState::Closed, knowable_at));
    }
    let expected = wrongs.into_iter().map(|(kind, state, knowable_at)| Expected {
        subject: Subject::Order(order.clone()),
        wrong: Wrong { kind, state },
        knowable_at,
    });
    expected.collect()
}

/// What was told, for what can be known from it.
struct Known<'t>(&'t [Told]);

impl Known<'_> {
    fn of(&self, what: &str) -> impl Iterator<Item = &Told> {
        self.0.iter().filter(move |told| told.what == what)
    }

    /// When each of these had been told of once.
    fn arrived(&self, whats: &[&str]) -> Option<Timestamp> {
        let first = |what: &&str| self.of(what).flat_map(|told| &told.arrives).min().copied();
        whats.iter().filter_map(first).max()
    }

    /// So many seconds after something was first, or when that is told, whichever is later.
    fn after(&self, what: &str, seconds: i64) -> Option<Timestamp> {
        let due = self.of(what).map(|told| told.at).min()?.saturating_add(SignedDuration::from_secs(seconds)).ok()?;
        Some(due.max(self.arrived(&[what])?))
    }
}
