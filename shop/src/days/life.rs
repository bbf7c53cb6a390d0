use crate::chance::Seed;

/// What happens to one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) channel: Channel,
    pub(super) payment: Payment,
    pub(super) creation: Creation,
    /// Documents that the ERP makes of it: one, or two.
    pub(super) documents: u8,
    pub(super) delivery: Delivery,
    pub(super) aftermath: Aftermath,
    /// The tax service answers with an estimate.
    pub(super) estimated_tax: bool,
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

/// Each kind of fault.
const FAULTS: [Fault; 19] = [
    |life| (life.creation, life.documents, life.delivery) = (Creation::Never, 0, Delivery::None),
    |life| life.creation = Creation::Late,
    |life| life.creation = Creation::ToldLate,
    |life| life.payment = Payment::Twice,
    |life| life.payment = Payment::TooMuch,
    |life| life.payment = Payment::TooLittle,
    |life| life.payment = Payment::Never,
    |life| {
        *life = Life {
            payment: Payment::Abandoned,
            creation: Creation::Never,
            documents: 0,
            delivery: Delivery::None,
            ..*life
        };
    },
    |life| life.documents = 2,
    |life| life.delivery = Delivery::Twice,
    |life| life.delivery = Delivery::ShippedLate,
    |life| life.delivery = Delivery::NeverShipped,
    |life| life.delivery = Delivery::NeverDelivered,
    |life| life.delivery = Delivery::OutOfStock,
    |life| life.aftermath = Aftermath::NeverRefunded,
    |life| life.aftermath = Aftermath::RefundedTwice,
    |life| life.aftermath = Aftermath::RefundedForNothing,
    |life| life.estimated_tax = true,
    |life| life.estimated_tax = true,
];

/// Pairs of faults that do not get in each other's way.
const MIXTURES: [(usize, usize); 8] = [(3, 9), (3, 8), (1, 12), (8, 11), (4, 10), (17, 3), (17, 13), (9, 8)];

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
            estimated_tax: false,
        };
        if chance.happens(FAULTY_PERCENT) {
            let all: Vec<usize> = (0..FAULTS.len()).collect();
            let faults = if chance.happens(MIXED_PERCENT) {
                chance.pick(&MIXTURES).map_or_else(Vec::new, |(one, other)| vec![*one, *other])
            } else {
                chance.pick(&all).copied().into_iter().collect()
            };
            faults.into_iter().filter_map(|fault| FAULTS.get(fault)).for_each(|fault| fault(&mut life));
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
}
