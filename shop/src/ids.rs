//! Each system's own ids. An id is a function of the seed and of what it is for, so that a
//! repeated request yields the same one, whatever else goes on.

use crate::chance::Seed;

impl Seed {
    /// A storefront cart.
    pub(crate) fn cart_id(self, call: u64) -> String {
        format!("cart_{}", self.chance(&["cart", &call.to_string()]).base62(18))
    }

    /// A storefront checkout.
    pub(crate) fn checkout_id(self, cart: &str) -> String {
        format!("co_{}", self.chance(&["checkout", cart]).base62(16))
    }

    /// The order code that shopper and shop know.
    pub(crate) fn order_code(self, checkout: &str) -> String {
        self.chance(&["order code", checkout]).code(12)
    }

    /// The row number within the storefront's data base. Twelve digits, so that two orders
    /// practically never draw the same.
    pub(crate) fn order_row(self, checkout: &str) -> i64 {
        twelve_digits(self, &["order row", checkout])
    }

    /// A payment intent, in Stripe's form.
    pub(crate) fn payment_id(self, order_code: &str) -> String {
        format!("pi_{}", self.chance(&["payment", order_code]).base62(14))
    }

    /// A charge, in Stripe's form.
    pub(crate) fn charge_id(self, payment: &str) -> String {
        format!("ch_{}", self.chance(&["charge", payment]).base62(14))
    }

    /// A refund, in Stripe's form.
    pub(crate) fn refund_id(self, payment: &str) -> String {
        format!("re_{}", self.chance(&["refund", payment]).base62(14))
    }

    /// A fraud case.
    pub(crate) fn fraud_case_id(self, order_code: &str) -> String {
        format!("FC-{}", self.chance(&["fraud case", order_code]).code(9))
    }

    /// A tax document.
    pub(crate) fn tax_doc_id(self, cart: &str) -> String {
        format!("TX-{}", self.chance(&["tax", cart]).code(10))
    }

    /// The OMS's order number, from the order's id in its sales channel.
    pub(crate) fn order_number(self, channel_id: &str) -> String {
        format!("OMS-{}", self.chance(&["order number", channel_id]).code(9))
    }

    /// The ERP's document number: a plain number, a key only within the ERP.
    pub(crate) fn erp_doc_id(self, order_number: &str) -> i64 {
        twelve_digits(self, &["erp document", order_number])
    }

    /// An invoice number.
    pub(crate) fn invoice_id(self, order_number: &str) -> String {
        format!("INV-{}", self.chance(&["invoice", order_number]).code(9))
    }

    /// A warehouse shipment.
    pub(crate) fn shipment_id(self, order_number: &str) -> String {
        format!("SHP-{}", self.chance(&["shipment", order_number]).code(9))
    }

    /// A carrier's tracking number.
    pub(crate) fn tracking_id(self, shipment: &str) -> String {
        format!("1Z{}", self.chance(&["tracking", shipment]).code(14))
    }

    /// A marketplace's order id: `AMZ-302-1234567890-1234567`.
    pub(crate) fn marketplace_order_id(self, index: u64) -> String {
        let mut chance = self.chance(&["marketplace order", &index.to_string()]);
        format!("AMZ-{}-{}-{}", chance.digits(3), chance.digits(10), chance.digits(7))
    }

    /// A shopper's session token: a secret.
    pub(crate) fn session_token(self, session: &str) -> String {
        format!("st_{}", self.chance(&["session", session]).base62(32))
    }
}

fn twelve_digits(seed: Seed, parts: &[&str]) -> i64 {
    let number = seed.chance(parts).between(100_000_000_000, 999_999_999_999);
    i64::try_from(number).unwrap_or(i64::MAX)
}
