use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue, Value};

use crate::chance::Seed;

/// What a piece of work is part of: the request or job that causes it.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// Trace context; without a span in systems that report nothing.
    pub(crate) context: Context,
    /// Index of the order the work is done for. Only the record of the truth looks at it.
    pub(crate) owner: Option<u64>,
    call: u64,
    calls: Arc<AtomicU64>,
}

impl Scope {
    /// The scope of a call's receiver.
    pub(crate) fn new(context: Context, owner: Option<u64>, call: u64) -> Self {
        Self { context, owner, call, calls: Arc::default() }
    }

    /// The scope of work that no request waits for, named so that its calls have the same
    /// ids whenever it runs.
    pub(crate) fn job(seed: Seed, name: &str, key: &str, owner: Option<u64>) -> Self {
        Self::new(Context::new(), owner, seed.chance(&["job", name, key]).bits())
    }

    /// The same work, done within `context`.
    pub(crate) fn within(&self, context: Context) -> Self {
        Self { context, ..self.clone() }
    }

    /// The same work, done for another order.
    pub(crate) fn owned_by(&self, owner: Option<u64>) -> Self {
        Self { owner, ..self.clone() }
    }

    /// The id of the call this is the work of.
    pub(crate) fn call(&self) -> u64 {
        self.call
    }

    /// The id of the next call made from here.
    pub(crate) fn next_call(&self, seed: Seed) -> u64 {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        seed.chance(&["call", &self.call.to_string(), &number.to_string()]).bits()
    }

    /// Puts an attribute on the span of this work, if there is one.
    pub(crate) fn attribute(&self, name: &'static str, value: impl Into<Value>) {
        self.context.span().set_attribute(KeyValue::new(name, value));
    }
}
