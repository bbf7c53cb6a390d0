//! What an order is called in each system, in the shapes that such systems really use.

use rand::{Rng, RngExt};

const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The business ids of one order, and what it is about.
#[derive(Clone, Debug)]
pub(crate) struct OrderIds {
    pub(crate) order: String,
    pub(crate) cart: String,
    pub(crate) customer: String,
    /// A Stripe PaymentIntent: `pi_` and 24 characters that say nothing.
    pub(crate) payment: String,
    pub(crate) erp_doc: String,
    pub(crate) shipment: String,
    pub(crate) tracking: String,
    pub(crate) sku: String,
    pub(crate) location: String,
    pub(crate) total_cents: u32,
    pub(crate) items: i64,
}

impl OrderIds {
    /// The ids of the shop's order number `number`; numbers are handed out in sequence, all else is drawn.
    pub(crate) fn of(number: u64, rng: &mut impl Rng) -> Self {
        Self {
            order: order(number),
            cart: format!("{}", 7_311_402_906 + number * 3 + rng.random_range(0..3)),
            customer: format!("C-{:06}", rng.random_range(0..200_000)),
            payment: format!("pi_{}", random_text(rng, 24)),
            erp_doc: erp_doc(number),
            shipment: shipment(number),
            tracking: format!("1Z999AA1{:010}", 123_456_784 + number * 7),
            sku: format!("SKU-{:05}", rng.random_range(0..5_000)),
            location: format!("DC-{:02}", rng.random_range(1..=6)),
            total_cents: rng.random_range(990..49_900),
            items: rng.random_range(1..6),
        }
    }

    /// The order's total in whole units of its currency.
    pub(crate) fn total(&self) -> f64 {
        f64::from(self.total_cents) / 100.0
    }
}

fn order(number: u64) -> String {
    format!("R{:09}", 104_882_117 + number)
}

fn erp_doc(number: u64) -> String {
    format!("{:010}", 90_441_872 + number)
}

fn shipment(number: u64) -> String {
    format!("SHP-{:08}", 51_093_441 + number)
}

/// Keys of the shop's order number `number` that are known without its recording, in the text form of keys.
pub(crate) fn well_known_keys(number: u64) -> [String; 3] {
    [
        format!("order:{}", order(number)),
        format!("erp_doc:{}", erp_doc(number)),
        format!("shipment:{}", shipment(number)),
    ]
}

fn random_text(rng: &mut impl Rng, length: usize) -> String {
    (0..length).map(|_| char::from(ALPHANUMERIC[rng.random_range(0..ALPHANUMERIC.len())])).collect()
}
