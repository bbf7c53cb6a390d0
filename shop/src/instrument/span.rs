use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

/// A span under way; ends when dropped, so that work whose caller left still has an end.
#[derive(Debug)]
pub(crate) struct ActiveSpan(Context);

impl ActiveSpan {
    pub(super) fn new(context: Context) -> Self {
        Self(context)
    }

    pub(crate) fn context(&self) -> &Context {
        &self.0
    }

    pub(crate) fn end(self) {
        drop(self);
    }
}

impl Drop for ActiveSpan {
    fn drop(&mut self) {
        // Others may hold the context for longer than the work takes.
        self.0.span().end();
    }
}
