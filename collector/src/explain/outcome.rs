//! Attributes that tell how something went, what was asked, or which one it was: what a set of failed orders
//! surely has in common, and what never explains anything.

/// How it went, in the OpenTelemetry semantic conventions and in ordertrace's own attributes.
const OUTCOMES: [&str; 20] = [
    "commerce.capture.truncated",
    "commerce.milestone",
    "commerce.reason",
    "error",
    "error.message",
    "error.type",
    "grpc.error_message",
    "grpc.error_name",
    "http.request.resend_count",
    "http.resend_count",
    "http.response.status_code",
    "http.status_code",
    "http.status_text",
    "messaging.message.delivery_attempt",
    "otel.status_code",
    "otel.status_description",
    "retry.count",
    "rpc.grpc.status_code",
    "rpc.response.status_code",
    "status",
];

/// How it went, by the beginning of the name: responses, exceptions, times.
const OUTCOME_GROUPS: [&str; 8] = [
    "commerce.timing.",
    "exception.",
    "http.response.",
    "http.response_content_length",
    "messaging.rabbitmq.delivery",
    "otel.dropped_",
    "rpc.connect_rpc.error",
    "rpc.jsonrpc.error",
];

/// Which one it was: texts that hardly ever come twice, and are long.
const TEXTS: [&str; 16] = [
    "client.port",
    "commerce.amount",
    "commerce.changed_at",
    "commerce.idempotency.key",
    "db.query.text",
    "db.statement",
    "graphql.document",
    "http.target",
    "http.url",
    "net.peer.port",
    "network.peer.port",
    "process.command_args",
    "process.command_line",
    "url.full",
    "url.path",
    "url.query",
];

/// What was asked of whom: that tells which spans an order has, and these follow from what became of it.
const OPERATIONS: [&str; 22] = [
    "code.file.path",
    "code.function.name",
    "graphql.operation.name",
    "graphql.operation.type",
    "http.method",
    "http.request.body.size",
    "http.request.method",
    "http.request_content_length",
    "http.route",
    "messaging.destination",
    "messaging.destination.name",
    "messaging.operation",
    "messaging.operation.name",
    "messaging.operation.type",
    "net.peer.name",
    "peer.service",
    "rpc.method",
    "rpc.service",
    "server.port",
    "service.peer.name",
    "thread.name",
    "url.template",
];

/// Of ordertrace's own telling.
const OWN: &str = "commerce.handoff.";

/// Whether an attribute is left out of comparisons.
pub(super) fn is_outcome(name: &str) -> bool {
    OUTCOMES.contains(&name)
        || TEXTS.contains(&name)
        || OPERATIONS.contains(&name)
        || name.starts_with(OWN)
        || OUTCOME_GROUPS.iter().any(|group| name.starts_with(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_it_went_is_no_reason() {
        for name in [
            "error.type",
            "http.response.body.size",
            "commerce.timing.connect_ms",
            "exception.type",
            "url.full",
            "http.route",
        ] {
            assert!(is_outcome(name), "{name}");
        }
        for name in ["app.channel", "server.address", "commerce.tls", "service.version", "payment.gateway"] {
            assert!(!is_outcome(name), "{name}");
        }
    }
}
