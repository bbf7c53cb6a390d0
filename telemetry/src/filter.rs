//! Which spans are the program's own.

use tracing::Metadata;
use tracing_subscriber::filter::{FilterFn, LevelFilter, filter_fn};

/// Target for spans about receiving or sending telemetry. They are logged, never exported:
/// a program that exports to itself would otherwise make a span of every export.
pub const UNTRACED_TARGET: &str = "ordertrace::untraced";

/// Only spans of ordertrace's own modules, so that the HTTP and gRPC libraries that carry
/// the export do not describe it in turn.
pub(crate) fn own_spans() -> FilterFn {
    let own: fn(&Metadata<'_>) -> bool = is_own;
    filter_fn(own).with_max_level_hint(LevelFilter::INFO)
}

fn is_own(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let krate = target.split("::").next().unwrap_or_default();
    (krate == "ordertrace" || krate.starts_with("ordertrace_")) && target != UNTRACED_TARGET
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::span::Attributes;
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::{Context, SubscriberExt};

    use super::*;

    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<String>>>);

    impl<S: tracing::Subscriber> Layer<S> for Seen {
        fn on_new_span(&self, attributes: &Attributes<'_>, _: &tracing::Id, _: Context<'_, S>) {
            self.0.lock().unwrap().push(attributes.metadata().target().to_owned());
        }
    }

    #[test]
    fn libraries_and_telemetry_handling_are_left_out() {
        let seen = Seen::default();
        let subscriber = tracing_subscriber::registry().with(seen.clone().with_filter(own_spans()));
        tracing::subscriber::with_default(subscriber, || {
            let _ = tracing::info_span!(target: "ordertrace_agent::proxy", "kept");
            let _ = tracing::info_span!(target: "ordertrace", "kept");
            let _ = tracing::info_span!(target: "ordertrace::untraced", "left out");
            for _ in 0..2 {
                let _ = tracing::info_span!(target: "hyper::proto", "left out");
                let _ = tracing::info_span!(target: "h2", "left out");
                let _ = tracing::info_span!(target: "opentelemetry_sdk", "left out");
                let _ = tracing::info_span!(target: "ordertracer", "left out");
            }
        });
        assert_eq!(*seen.0.lock().unwrap(), ["ordertrace_agent::proxy", "ordertrace"]);
    }
}
