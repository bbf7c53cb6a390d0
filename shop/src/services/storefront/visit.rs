//! A shopper's request, as every part of the storefront sees it.

use serde::Deserialize;
use serde_json::Value;

use crate::network::{Scope, ServiceError};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Variables {
    pub(super) term: Option<String>,
    pub(super) cart_id: Option<String>,
    pub(super) sku: Option<String>,
    pub(super) checkout_id: Option<String>,
    pub(super) customer_id: Option<String>,
    pub(super) order_code: Option<String>,
    pub(super) export_wave: Option<Value>,
}

/// A shopper's request on its way through the storefront.
pub(super) struct Visit {
    pub(super) scope: Scope,
    pub(super) session: Option<String>,
    pub(super) variables: Variables,
}

impl Visit {
    /// A variable that the operation cannot do without.
    pub(super) fn need(variable: &Option<String>, name: &'static str) -> Result<String, ServiceError> {
        variable.clone().ok_or(ServiceError::Missing(name))
    }
}
