use serde_json::{Value, json};

use super::Storefront;
use super::visit::Visit;
use crate::network::{Call, ServiceError};
use crate::operation::{FIND_PRODUCTS, GET_PRICE, PRODUCT_DETAILS};

pub(super) async fn search(storefront: &Storefront, visit: &Visit) -> Result<Value, ServiceError> {
    let term = Visit::need(&visit.variables.term, "term")?;
    let session = visit.session.as_deref();
    let find = Call::new(&FIND_PRODUCTS).query(format!("q={term}")).session(session);
    let found = storefront.station.must(&visit.scope, find).await?;
    let skus: Vec<String> = found.body["hits"]
        .as_array()
        .map(|hits| hits.iter().filter_map(|hit| hit["sku"].as_str().map(str::to_owned)).collect())
        .unwrap_or_default();
    for sku in &skus {
        price(storefront, visit, sku).await?;
    }
    if let Some(first) = skus.first() {
        let query = "query ProductDetails($sku: String!) { product(sku: $sku) { sku name } }";
        let body = json!({ "operationName": "ProductDetails", "query": query, "variables": { "sku": first } });
        storefront.station.must(&visit.scope, Call::new(&PRODUCT_DETAILS).body(body).session(session)).await?;
    }
    Ok(json!({ "products": skus.iter().map(|sku| json!({ "sku": sku })).collect::<Vec<_>>() }))
}

pub(super) async fn add_to_cart(storefront: &Storefront, visit: &Visit) -> Result<Value, ServiceError> {
    let sku = Visit::need(&visit.variables.sku, "sku")?;
    let station = &storefront.station;
    let cart = match &visit.variables.cart_id {
        Some(cart) => cart.clone(),
        None => {
            let cart = station.seed().cart_id(visit.scope.call());
            station.mints(&visit.scope, "cart", &cart);
            cart
        }
    };
    visit.scope.attribute("cart.id", cart.clone());
    price(storefront, visit, &sku).await?;
    let lines = storefront.carts.change(&cart, |lines| {
        lines.skus.push(sku);
        lines.skus.len()
    });
    Ok(json!({ "cartId": cart, "lines": lines }))
}

async fn price(storefront: &Storefront, visit: &Visit, sku: &str) -> Result<(), ServiceError> {
    let call = Call::new(&GET_PRICE).hole("sku", sku).session(visit.session.as_deref());
    storefront.station.must(&visit.scope, call).await?;
    Ok(())
}
