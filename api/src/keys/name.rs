//! What the name of a field, attribute, header or parameter tells.

/// Name spaces in front of a name that say nothing about what the id names.
/// `app.` and `demo.` are the OpenTelemetry demo's before and since its release 3.0.0.
const NAME_SPACES: [&str; 6] = ["commerce_", "app_", "demo_", "shop_", "x_", "ecommerce_"];

/// Words after the noun that make a field an id of that noun.
const ID_WORDS: [&str; 9] = ["_id", "_code", "_number", "_no", "_ref", "_reference", "_key", "_uuid", "_token"];

/// Nouns of commerce and the kind each names.
const NOUNS: [(&str, &str); 40] = [
    ("order", "order"),
    ("sales_order", "order"),
    ("purchase_order", "order"),
    ("merchant_order", "order"),
    ("client_order", "order"),
    ("cart", "cart"),
    ("basket", "cart"),
    ("quote", "cart"),
    ("checkout", "checkout"),
    ("checkout_session", "checkout"),
    ("payment", "payment"),
    ("payment_intent", "payment"),
    ("payment_transaction", "payment"),
    ("transaction", "payment"),
    ("psp", "payment"),
    ("authorization", "payment"),
    ("charge", "charge"),
    ("refund", "refund"),
    ("return", "return"),
    ("rma", "return"),
    ("shipment", "shipment"),
    ("shipping_label", "shipment"),
    ("delivery", "shipment"),
    ("tracking", "tracking"),
    ("shipping_tracking", "tracking"),
    ("fulfillment", "fulfilment"),
    ("fulfilment", "fulfilment"),
    ("invoice", "invoice"),
    ("erp_doc", "erp_doc"),
    ("erp_document", "erp_doc"),
    ("tax_doc", "tax_doc"),
    ("tax_transaction", "tax_doc"),
    ("fraud_case", "fraud_case"),
    ("fraud_check", "fraud_case"),
    ("marketplace_order", "marketplace_order"),
    ("amazon_order", "marketplace_order"),
    ("customer", "customer"),
    ("product", "product"),
    ("location", "location"),
    ("session", "session"),
];

/// Whole names that carry an id without an id word, or (with an empty kind) none in spite of one.
const WHOLE: [(&str, &str); 16] = [
    ("payment_intent", "payment"),
    ("psp_reference", "payment"),
    ("sku", "sku"),
    ("product_sku", "sku"),
    ("tracking_number", "tracking"),
    ("increment_id", "order"),
    ("quote_id", "cart"),
    ("idempotency_key", ""),
    ("authorization", ""),
    // A reason, an exit status or a credential, whatever the words promise: none names one order.
    ("authorization_code", ""),
    ("authorization_key", ""),
    ("authorization_token", ""),
    ("charge_code", ""),
    ("payment_code", ""),
    ("payment_token", ""),
    ("return_code", ""),
];

/// The kind of key that a name announces: `app.order.id`, `demo.order.id`, `order_id`,
/// `orderCode`, `X-Order-Id`, `cart_id`, `AmazonOrderId`, … `None` for any other name.
///
/// The whole name must be the noun and an id word, so that `order_item_id`,
/// `parent_order_count` or `reorder_id` announce nothing.
pub fn kind_of_name(name: &str) -> Option<&'static str> {
    if name.len() > 64 || !name.is_ascii() {
        return None;
    }
    let snake = snake_case(name);
    if let Some((_, kind)) = WHOLE.iter().find(|(whole, _)| *whole == snake) {
        return Some(*kind).filter(|kind| !kind.is_empty());
    }
    kind_of_snake(&snake).or_else(|| NAME_SPACES.iter().find_map(|space| kind_of_snake(snake.strip_prefix(space)?)))
}

fn kind_of_snake(snake: &str) -> Option<&'static str> {
    if let Some((_, kind)) = WHOLE.iter().find(|(whole, _)| *whole == snake) {
        return Some(*kind).filter(|kind| !kind.is_empty());
    }
    let noun = ID_WORDS.iter().find_map(|word| snake.strip_suffix(word))?;
    NOUNS.iter().find(|(known, _)| *known == noun).map(|(_, kind)| *kind)
}

/// `AmazonOrderId`, `amazon-order-id` and `amazon.order.id` are one name.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut previous_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            if previous_lower {
                snake.push('_');
            }
            snake.push(c.to_ascii_lowercase());
            previous_lower = false;
        } else if c.is_ascii_alphanumeric() {
            snake.push(c);
            previous_lower = true;
        } else {
            if !snake.is_empty() && !snake.ends_with('_') {
                snake.push('_');
            }
            previous_lower = false;
        }
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_names() {
        for (name, kind) in [
            ("app.order.id", "order"),
            ("demo.order.id", "order"),
            ("demo.payment.transaction.id", "payment"),
            ("demo.shipping.tracking.id", "tracking"),
            ("order_id", "order"),
            ("order.id", "order"),
            ("orderCode", "order"),
            ("X-Order-Id", "order"),
            ("cart_id", "cart"),
            ("paymentIntent", "payment"),
            ("AmazonOrderId", "marketplace_order"),
            ("pspReference", "payment"),
            ("sku", "sku"),
            ("customer_id", "customer"),
        ] {
            assert_eq!(kind_of_name(name), Some(kind), "{name}");
        }
    }

    #[test]
    fn other_names_announce_nothing() {
        for name in [
            "id",
            "order",
            "order_item_id",
            "reorder_id",
            "order_count",
            "idempotency_key",
            "authorization",
            "return_code",
            "app.payment.token",
            "é",
        ] {
            assert_eq!(kind_of_name(name), None, "{name}");
        }
    }
}
