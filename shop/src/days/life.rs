use std::collections::BTreeSet;

use crate::chance::Seed;

/// What happens to one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) channel: Channel,
    pub(super) payment: Payment,
    pub(super) creation: Creation,
    /// Documents that the ERP makes of it: one, or two.
    pub(super) documents: u8,
    pub(super) delivery: Delivery,
    pub(super) aftermath: Aftermath,
    /// What was good enough instead of what was wanted.
    pub(super) fallbacks: BTreeSet<Fallback>,
}

/// What a system does when another does not do its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fallback {
    /// The tax service answers with an estimate.
    TaxEstimate,
    /// Another payment processor takes the payment.
    BackupProcessor,
    /// Fraud did not decide in time, and the order is let through.
    FraudTimeout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Web,
    Marketplace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payment {
    /// One capture of the whole amount.
    Once,
    /// The caller does not hear of the capture and asks again under the same key: one charge.
    Retried,
    /// A capture for each of two parts.
    InParts,
    /// The caller asks again under another key: two charges.
    Twice,
    /// More is captured than the order is worth.
    TooMuch,
    /// Less is captured than the order is worth.
    TooLittle,
    /// The order is never paid, and goes on.
    Never,
    /// The shopper never pays, and nothing goes on.
    Abandoned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Creation {
    InTime,
    /// The OMS comes to it long after its time.
    Late,
    /// In time, but its telemetry arrives an hour later.
    ToldLate,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// One shipment, delivered.
    Shipped,
    /// Two shipments that together are the order.
    InParts,
    /// Two shipments of the whole order.
    Twice,
    /// A day after its time.
    ShippedLate,
    NeverShipped,
    NeverDelivered,
    PickedUp,
    /// Cancelled by the shopper.
    Cancelled,
    /// Cancelled for lack of stock.
    OutOfStock,
    /// The order never came so far.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aftermath {
    Nothing,
    /// Part of it comes back and is paid back.
    ReturnedInPart,
    /// All of it comes back and is paid back.
    Returned,
    /// It comes back and nothing is paid back.
    NeverRefunded,
    /// It comes back and all is paid back, twice.
    RefundedTwice,
    /// Part is paid back though nothing comes back.
    RefundedForNothing,
}

/// Orders in a hundred to which something happens that should not.
const FAULTY_PERCENT: u32 = 30;

/// Of those, how many in a hundred have two faults.
const MIXED_PERCENT: u32 = 25;

type Fault = fn(&mut Life);

// Each kind of fault.
const NEVER_CREATED: Fault =
    |life| (life.creation, life.documents, life.delivery) = (Creation::Never, 0, Delivery::None);
const CREATED_LATE: Fault = |life| life.creation = Creation::Late;
const TOLD_LATE: Fault = |life| life.creation = Creation::ToldLate;
const PAID_TWICE: Fault = |life| life.payment = Payment::Twice;
const PAID_TOO_MUCH: Fault = |life| life.payment = Payment::TooMuch;
const PAID_TOO_LITTLE: Fault = |life| life.payment = Payment::TooLittle;
const NEVER_PAID: Fault = |life| life.payment = Payment::Never;
const ABANDONED: Fault = |life| {
    (life.payment, life.creation) = (Payment::Abandoned, Creation::Never);
    (life.documents, life.delivery) = (0, Delivery::None);
};
const TWO_DOCUMENTS: Fault = |life| life.documents = 2;
const SHIPPED_TWICE: Fault = |life| life.delivery = Delivery::Twice;
const SHIPPED_LATE: Fault = |life| life.delivery = Delivery::ShippedLate;
const NEVER_SHIPPED: Fault = |life| life.delivery = Delivery::NeverShipped;
const NEVER_DELIVERED: Fault = |life| life.delivery = Delivery::NeverDelivered;
const OUT_OF_STOCK: Fault = |life| life.delivery = Delivery::OutOfStock;
const NEVER_REFUNDED: Fault = |life| life.aftermath = Aftermath::NeverRefunded;
const REFUNDED_TWICE: Fault = |life| life.aftermath = Aftermath::RefundedTwice;
const REFUNDED_FOR_NOTHING: Fault = |life| life.aftermath = Aftermath::RefundedForNothing;
const ESTIMATED_TAX: Fault = |life| life.fall_back(Fallback::TaxEstimate);
const BACKUP_PROCESSOR: Fault = |life| life.fall_back(Fallback::BackupProcessor);
const FRAUD_TIMEOUT: Fault = |life| life.fall_back(Fallback::FraudTimeout);

/// What may happen alone.
const FAULTS: [Fault; 20] = [
    NEVER_CREATED,
    CREATED_LATE,
    TOLD_LATE,
    PAID_TWICE,
    PAID_TOO_MUCH,
    PAID_TOO_LITTLE,
    NEVER_PAID,
    ABANDONED,
    TWO_DOCUMENTS,
    SHIPPED_TWICE,
    SHIPPED_LATE,
    NEVER_SHIPPED,
    NEVER_DELIVERED,
    OUT_OF_STOCK,
    NEVER_REFUNDED,
    REFUNDED_TWICE,
    REFUNDED_FOR_NOTHING,
    ESTIMATED_TAX,
    BACKUP_PROCESSOR,
    FRAUD_TIMEOUT,
];

/// Pairs of faults that do not get in each other's way.
const MIXTURES: [(Fault, Fault); 10] = [
    (PAID_TWICE, SHIPPED_TWICE),
    (PAID_TWICE, TWO_DOCUMENTS),
    (CREATED_LATE, NEVER_DELIVERED),
    (TWO_DOCUMENTS, NEVER_SHIPPED),
    (PAID_TOO_MUCH, SHIPPED_LATE),
    (ESTIMATED_TAX, PAID_TWICE),
    (ESTIMATED_TAX, OUT_OF_STOCK),
    (ESTIMATED_TAX, FRAUD_TIMEOUT),
    (BACKUP_PROCESSOR, PAID_TWICE),
    (SHIPPED_TWICE, TWO_DOCUMENTS),
];

impl Life {
    /// What happens to the order of that number.
    pub(super) fn planned(seed: Seed, index: u32) -> Self {
        let mut chance = seed.chance(&["life", &index.to_string()]);
        let mut life = Self {
            channel: if chance.happens(15) { Channel::Marketplace } else { Channel::Web },
            payment: Payment::Once,
            creation: Creation::InTime,
            documents: 1,
            delivery: Delivery::Shipped,
            aftermath: Aftermath::Nothing,
            fallbacks: BTreeSet::new(),
        };
        if chance.happens(FAULTY_PERCENT) {
            let faults = if chance.happens(MIXED_PERCENT) {
                chance.pick(&MIXTURES).map_or_else(Vec::new, |(one, other)| vec![*one, *other])
            } else {
                chance.pick(&FAULTS).copied().into_iter().collect()
            };
            faults.into_iter().for_each(|fault| fault(&mut life));
            return life;
        }
        // Much of what a healthy shop does looks like a fault.
        match chance.between(0, 9) {
            0 => life.payment = Payment::Retried,
            1 => life.payment = Payment::InParts,
            2 => life.delivery = Delivery::InParts,
            3 => (life.payment, life.delivery) = (Payment::InParts, Delivery::InParts),
            4 => life.delivery = Delivery::PickedUp,
            5 => life.delivery = Delivery::Cancelled,
            6 => life.aftermath = Aftermath::ReturnedInPart,
            7 => life.aftermath = Aftermath::Returned,
            _ => {}
        }
        life
    }
    fn fall_back(&mut self, fallback: Fallback) {
        self.fallbacks.insert(fallback);
    }
}
