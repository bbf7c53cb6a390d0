//! What can be learnt from one HTTP exchange: its operation, the typed keys on it, how it was
//! authenticated, whether it repeats an earlier one. Pure: the proxy and recordings use the
//! same code.
//!
//! ```
//! use ordertrace_agent::capture::{Exchange, Preset, Rules, attempt_span, capture, headers_from};
//!
//! let rules = Rules::compile(&[Preset::Vendure], &[], &[], true)?;
//! let mut exchange = Exchange::new("shopper", "storefront", "POST", "/shop-api");
//! exchange.request_headers = headers_from([("content-type", "application/json")]);
//! exchange.request_body = bytes::Bytes::from_static(br#"{"query":"mutation Pay { pay { id } }"}"#).into();
//! exchange.status = Some(200);
//! let captured = capture(&exchange, &rules);
//! assert_eq!(captured.operation, "Pay");
//! let span = attempt_span(&exchange, &captured);
//! assert_eq!(span.name, "Pay");
//! # Ok::<(), ordertrace_agent::capture::RuleError>(())
//! ```
//!
//! # What is never kept
//! Bodies, query strings, credentials and card numbers (13 to 19 digits that pass the Luhn
//! check) are not kept. Session ids, e-mail addresses and values of fields called
//! `…token`, `…key` or `…secret` are kept as a SHA-256 prefix, so that equal ones stay equal.
//!
//! # Lists
//! The default rules take ids by the names of fields. Where one name has several values in
//! one body (an order history, search results), that strong kind is dropped from that body:
//! on one span the ids would link orders that have nothing to do with each other. Rules that
//! somebody wrote are followed as written.

mod amount;
mod auth;
mod body;
mod exchange;
mod extract;
mod finds;
mod form;
mod graphql;
mod json;
mod preset;
mod readings;
mod rule;
mod rules;
mod span;
mod trace;

use ordertrace_api::finding::Money;
use ordertrace_api::keys::Key;

pub use exchange::{BodyCopy, Exchange, headers_from};
pub use graphql::GraphqlOperation;
pub use json::JsonPathError;
pub use preset::Preset;
pub use readings::{
    BodyConfig, BodyReading, BodyReadingConfig, BodyReadingError, BodyReadings, EndConfig, example_body_readings,
};
pub use rule::{RuleConfig, SourceConfig};
pub use rules::{RuleError, Rules};
pub use span::{SERVICE_NAME, attempt_span, export_request};
pub use trace::{TRACEPARENT, TRACESTATE, TraceContext, random_ids};

/// What an exchange told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// What was asked, low cardinality.
    pub operation: String,
    /// The configured path template that the path matches.
    pub url_template: Option<String>,
    /// Typed ids, at most 64.
    pub keys: Vec<Key>,
    /// As the caller sent it.
    pub idempotency_key: Option<String>,
    /// `bearer`, `basic`, `api-key`, `hmac`, `cookie`, `none`, …
    pub auth_scheme: &'static str,
    /// What a GraphQL request asked for.
    pub graphql: Option<GraphqlOperation>,
    /// The milestone that a rule sees in it.
    pub milestone: Option<String>,
    /// What the milestone is about, in money.
    pub money: Option<Money>,
}

/// Learns what can be learnt from `exchange` by `rules`.
pub fn capture(exchange: &Exchange, rules: &Rules) -> Captured {
    extract::Extraction::new(exchange, rules).run()
}

#[cfg(test)]
mod tests;
