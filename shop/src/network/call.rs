use http::StatusCode;
use opentelemetry::KeyValue;
use serde_json::Value;

use super::CallError;
use crate::edge::Edge;
use crate::operation::Operation;

/// A call about to be made.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) operation: &'static Operation,
    pub(crate) path: String,
    pub(crate) attributes: Vec<KeyValue>,
    pub(super) query: Option<String>,
    pub(super) body: Option<Value>,
    pub(super) session: Option<String>,
}

impl Call {
    pub(crate) fn new(operation: &'static Operation) -> Self {
        let path = operation.template.to_owned();
        Self { operation, path, attributes: Vec::new(), query: None, body: None, session: None }
    }

    /// Fills the path's hole of that kind. Ids of this shop need no escaping.
    pub(crate) fn hole(mut self, kind: &str, value: &str) -> Self {
        self.path = self.path.replace(&format!("{{{kind}}}"), value);
        self
    }

    /// Text after the question mark, escaped already.
    pub(crate) fn query(mut self, query: String) -> Self {
        self.query = Some(query);
        self
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Passes the shopper's session token on.
    pub(crate) fn session(mut self, token: Option<&str>) -> Self {
        self.session = token.map(str::to_owned);
        self
    }

    /// An attribute on the caller's CLIENT spans.
    pub(crate) fn attribute(mut self, name: &'static str, value: String) -> Self {
        self.attributes.push(KeyValue::new(name, value));
        self
    }
}

/// An answer with a status that is no reason to try again.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(super) edge: Edge,
}

impl Reply {
    /// The text at a JSON pointer (RFC 6901).
    pub(crate) fn text(&self, pointer: &'static str) -> Result<&str, CallError> {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.ok_or(CallError::Reply { edge: self.edge, pointer, status: self.status })
    }

    /// Refuses what the caller did not expect to be refused.
    pub(super) fn accepted(self, operation: &'static Operation) -> Result<Self, CallError> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(CallError::Refused { edge: self.edge, operation: operation.label(), status: self.status })
    }
}
