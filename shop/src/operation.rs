//! What the systems ask of each other: every operation of the shop, in one table.

use crate::edge::Edge;
use crate::system::System::{self, *};

/// One thing that one system asks of another.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// The caller.
    pub from: System,
    /// The receiver.
    pub to: System,
    /// HTTP method.
    pub method: &'static str,
    /// Path template whose holes name key kinds, as
    /// [`PathTemplate`](ordertrace_api::keys::PathTemplate) reads it.
    pub template: &'static str,
    /// GraphQL operation name, when it is one.
    pub graphql: Option<&'static str>,
}

impl Operation {
    /// The operation's label in truth and telemetry: the GraphQL operation's name, else
    /// `METHOD /template`.
    pub fn label(&self) -> String {
        match self.graphql {
            Some(name) => name.to_owned(),
            None => format!("{} {}", self.method, self.template),
        }
    }

    /// The pair of systems.
    pub const fn edge(&self) -> Edge {
        Edge { from: self.from, to: self.to }
    }
}

macro_rules! operations {
    ($($name:ident: $from:ident -> $to:ident $method:literal $template:literal $($graphql:literal)?;)*) => {
        $(pub(crate) static $name: Operation = Operation {
            from: $from,
            to: $to,
            method: $method,
            template: $template,
            graphql: operations!(@optional $($graphql)?),
        };)*
        /// Every operation.
        pub static OPERATIONS: &[&Operation] = &[$(&$name),*];
    };
    (@optional $graphql:literal) => { Some($graphql) };
    (@optional) => { None };
}

operations! {
    SEARCH: Shopper -> Storefront "POST" "/graphql" "Search";
    ADD_TO_CART: Shopper -> Storefront "POST" "/graphql" "AddToCart";
    START_CHECKOUT: Shopper -> Storefront "POST" "/graphql" "StartCheckout";
    PLACE_ORDER: Shopper -> Storefront "POST" "/graphql" "PlaceOrder";
    ORDER_STATUS: Shopper -> Storefront "POST" "/graphql" "OrderStatus";
    ORDER_HISTORY: Shopper -> Storefront "POST" "/graphql" "OrderHistory";
    CANCEL_ORDER: Shopper -> Storefront "POST" "/graphql" "CancelOrder";

    FIND_PRODUCTS: Storefront -> Search "GET" "/search";
    PRODUCT_DETAILS: Storefront -> Pim "POST" "/graphql" "ProductDetails";
    GET_PRICE: Storefront -> Pricing "GET" "/prices/{sku}";
    QUOTE_CART: Storefront -> Pricing "POST" "/carts/{cart}/quote";
    QUOTE_TAX: Storefront -> Tax "POST" "/quotes";
    ASSESS_FRAUD: Storefront -> Fraud "POST" "/assessments";
    CREATE_PAYMENT: Storefront -> Payments "POST" "/v1/payment_intents";
    CONFIRM_PAYMENT: Storefront -> Payments "POST" "/v1/payment_intents/{payment}/confirm";
    SUBMIT_ORDER: Storefront -> Oms "POST" "/orders";
    GET_ORDER: Storefront -> Oms "GET" "/orders/{order}";
    REQUEST_CANCELLATION: Storefront -> Oms "POST" "/orders/{order}/cancellation";

    PAYMENT_WEBHOOK: Payments -> Storefront "POST" "/webhooks/payments";

    RESERVE_STOCK: Oms -> Wms "POST" "/orders/{order}/reservations";
    RELEASE_STOCK: Oms -> Wms "DELETE" "/orders/{order}/reservations";
    CREATE_SHIPMENT: Oms -> Wms "POST" "/shipments";
    CAPTURE_PAYMENT: Oms -> Payments "POST" "/v1/payment_intents/{payment}/capture";
    CANCEL_PAYMENT: Oms -> Payments "POST" "/v1/payment_intents/{payment}/cancel";
    REFUND_PAYMENT: Oms -> Payments "POST" "/v1/refunds";
    VOID_TAX: Oms -> Tax "POST" "/documents/{tax_doc}/void";
    EXPORT_ORDER: Oms -> Erp "POST" "/sales-orders";
    OPEN_BATCH: Oms -> Erp "POST" "/batches";
    EXPORT_BATCH_LINE: Oms -> Erp "PUT" "/batches/{batch}/orders/{order}";
    COMMIT_BATCH: Oms -> Erp "POST" "/batches/{batch}/commit";
    TELL_CRM: Oms -> Crm "POST" "/customers/{customer}/orders";
    SET_ORDER_STATUS: Oms -> Storefront "PUT" "/orders/{order}/status";
    ACKNOWLEDGE_MARKETPLACE: Oms -> Marketplace "POST" "/orders/{marketplace_order}/acknowledgement";
    CONFIRM_MARKETPLACE_SHIPMENT: Oms -> Marketplace "POST" "/orders/{marketplace_order}/shipments";

    ERP_WEBHOOK: Erp -> Oms "POST" "/webhooks/erp";
    CREATE_LABEL: Wms -> Shipping "POST" "/labels";
    TRACKING_WEBHOOK: Shipping -> Oms "POST" "/webhooks/tracking";
    IMPORT_MARKETPLACE_ORDER: Marketplace -> Oms "POST" "/marketplace-orders";
}
