//! The load generator: a person in front of the web shop.

use serde_json::{Value, json};

use super::plan::{Session, WebOrder};
use crate::network::{Call, CallError, Reply, Scope, Station};
use crate::operation::{
    ADD_TO_CART, CANCEL_ORDER, ORDER_HISTORY, ORDER_STATUS, Operation, PLACE_ORDER, SEARCH, START_CHECKOUT,
};
use crate::truth::Flow;

/// A session being carried out.
struct Visit<'s> {
    station: &'s Station,
    session: &'s Session,
    token: String,
    scope: Scope,
}

/// Carries out a session up to the last thing the shopper does in it. Before the first order
/// and between orders, what the shopper looks at is for the order to come.
pub(super) async fn visit(station: &Station, session: &Session) -> Result<(), CallError> {
    let first = session.orders.first().map(|order| order.index);
    let visit = Visit {
        station,
        session,
        token: station.seed().session_token(&session.name),
        scope: Scope::job(station.seed(), "session", &session.name, first),
    };
    for term in &session.searches {
        visit.search(&visit.scope, term).await?;
    }
    for (number, order) in session.orders.iter().enumerate() {
        let scope = visit.scope.owned_by(Some(order.index));
        if number > 0
            && let Some(item) = order.items.first()
        {
            visit.search(&scope, item.name).await?;
        }
        visit.order(&scope, order).await?;
    }
    let after = visit.scope.owned_by(None);
    if let Some(term) = session.afterthought {
        visit.search(&after, term).await?;
    }
    if session.orders.len() > 1 {
        visit.ask(&after, &ORDER_HISTORY, json!({})).await?;
    }
    Ok(())
}

impl Visit<'_> {
    async fn ask(&self, scope: &Scope, operation: &'static Operation, variables: Value) -> Result<Reply, CallError> {
        let name = operation.label();
        let kind =
            if matches!(name.as_str(), "Search" | "OrderStatus" | "OrderHistory") { "query" } else { "mutation" };
        let query = format!("{kind} {name}($input: {name}Input!) {{ result: {name}(input: $input) {{ ok }} }}");
        let body = json!({ "operationName": name, "query": query, "variables": variables });
        self.station.must(scope, Call::new(operation).body(body).session(Some(&self.token))).await
    }

    async fn search(&self, scope: &Scope, term: &str) -> Result<(), CallError> {
        self.ask(scope, &SEARCH, json!({ "term": term })).await.map(drop)
    }

    async fn order(&self, scope: &Scope, order: &WebOrder) -> Result<(), CallError> {
        let mut cart: Option<String> = None;
        for item in &order.items {
            let reply = self.ask(scope, &ADD_TO_CART, json!({ "cartId": cart, "sku": item.sku })).await?;
            cart = Some(reply.text("/data/result/cartId")?.to_owned());
        }
        if let Some(term) = order.second_thought {
            self.search(scope, term).await?;
        }
        let reply = self.ask(scope, &START_CHECKOUT, json!({ "cartId": cart })).await?;
        let checkout = reply.text("/data/result/checkoutId")?;
        let wave = order.wave.as_ref().map(|wave| json!({ "id": wave.id, "size": wave.size }));
        let variables = json!({ "checkoutId": checkout, "customerId": self.session.customer, "exportWave": wave });
        let reply = self.ask(scope, &PLACE_ORDER, variables).await?;
        let code = reply.text("/data/result/orderCode")?;
        if order.looks_back {
            self.ask(scope, &ORDER_STATUS, json!({ "orderCode": code })).await?;
        }
        if order.flow == Flow::Cancelled {
            // Changes their mind only after the money is gone.
            self.station.world.jobs.idle(order.index).await;
            self.ask(scope, &CANCEL_ORDER, json!({ "orderCode": code })).await?;
        }
        Ok(())
    }
}
