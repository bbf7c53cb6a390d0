use ordertrace_api::attributes::{AMOUNT, CURRENCY};
use serde_json::{Value, json};

use super::visit::Visit;
use super::{Checkout, Storefront};
use crate::money::decimal;
use crate::network::{Call, ServiceError};
use crate::operation::{ASSESS_FRAUD, CONFIRM_PAYMENT, CREATE_PAYMENT, QUOTE_CART, QUOTE_TAX, SUBMIT_ORDER};

pub(super) async fn start(storefront: &Storefront, visit: &Visit) -> Result<Value, ServiceError> {
    let station = &storefront.station;
    let cart = Visit::need(&visit.variables.cart_id, "cartId")?;
    let lines = storefront.carts.get(&cart).ok_or_else(|| ServiceError::Unknown { kind: "cart", id: cart.clone() })?;
    let checkout = station.seed().checkout_id(&cart);
    station.mints(&visit.scope, "checkout", &checkout);
    visit.scope.attribute("cart.id", cart.clone());
    visit.scope.attribute("checkout.id", checkout.clone());
    let quote = Call::new(&QUOTE_CART).hole("cart", &cart).body(json!({ "skus": lines.skus }));
    let quote = station.must(&visit.scope, quote).await?;
    let total_cents = quote.body["total_cents"].as_u64().unwrap_or_default();
    let tax = Call::new(&QUOTE_TAX).body(json!({ "cart_id": cart, "total_cents": total_cents }));
    let tax_doc = station.must(&visit.scope, tax).await?.text("/tax_doc_id")?.to_owned();
    storefront.checkouts.put(&checkout, Checkout { cart, skus: lines.skus, total_cents, tax_doc });
    Ok(json!({ "checkoutId": checkout, "totalCents": total_cents }))
}

pub(super) async fn place_order(storefront: &Storefront, visit: &Visit) -> Result<Value, ServiceError> {
    let station = &storefront.station;
    let seed = station.seed();
    let id = Visit::need(&visit.variables.checkout_id, "checkoutId")?;
    let customer = Visit::need(&visit.variables.customer_id, "customerId")?;
    let checkout =
        storefront.checkouts.get(&id).ok_or_else(|| ServiceError::Unknown { kind: "checkout", id: id.clone() })?;
    let code = seed.order_code(&id);
    let row = seed.order_row(&id);
    station.mints(&visit.scope, "order", &code);
    station.mints(&visit.scope, "order", &row.to_string());
    visit.scope.attribute("checkout.id", id.clone());
    visit.scope.attribute("app.order.id", code.clone());
    visit.scope.attribute("order_id", row);

    let fraud = Call::new(&ASSESS_FRAUD).body(json!({ "order_id": code, "skus": checkout.skus }));
    let review = station.must(&visit.scope, fraud).await?.text("/decision")? == "review";
    let payment = pay(storefront, visit, &code, checkout.total_cents).await?;
    let order = json!({
        "order_code": code,
        "cart_id": checkout.cart,
        "payment_id": payment,
        "tax_doc_id": checkout.tax_doc,
        "customer_id": customer,
        "skus": checkout.skus,
        "review": review,
        "export_wave": visit.variables.export_wave,
    });
    let submit = Call::new(&SUBMIT_ORDER).body(order).attribute("app.order.id", code.clone());
    station.must(&visit.scope, submit).await?;
    if let Some(session) = &visit.session {
        storefront.history.change(session, |codes| codes.push(code.clone()));
    }
    let total = decimal(checkout.total_cents);
    let placed = [("app.order.id", code.as_str()), (AMOUNT, total.as_str()), (CURRENCY, "EUR")];
    station.instruments.event(&visit.scope.context, "order.placed", &placed);
    Ok(json!({ "orderCode": code, "state": if review { "IN_REVIEW" } else { "PLACED" } }))
}

/// Authorises the payment; the OMS captures it.
async fn pay(storefront: &Storefront, visit: &Visit, code: &str, amount: u64) -> Result<String, ServiceError> {
    let station = &storefront.station;
    let create = Call::new(&CREATE_PAYMENT).body(json!({ "amount": amount, "metadata": { "order_id": code } }));
    let payment = station.must(&visit.scope, create).await?.text("/id")?.to_owned();
    let confirm = Call::new(&CONFIRM_PAYMENT).hole("payment", &payment).body(json!({ "return_url": "/thanks" }));
    station.must(&visit.scope, confirm).await?;
    Ok(payment)
}
