use ordertrace_api::attributes::{
    HANDOFF_FROM, HANDOFF_OBSERVER, HANDOFF_OPERATION, HANDOFF_TO, IDEMPOTENCY_KEY, MILESTONE,
};

use super::url::Url;

/// What the OpenTelemetry semantic conventions say in a span's attributes: v1.44.0 names
/// first, then those before the stable HTTP conventions (v1.23.0).
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    /// Empty when not HTTP.
    pub(super) method: &'a str,
    /// Whether any attribute says that it is HTTP.
    pub(super) http: bool,
    pub(super) url: Url<'a>,
    pub(super) route: &'a str,
    pub(super) url_template: &'a str,
    pub(super) status_code: u16,
    pub(super) resend_count: u32,
    pub(super) error_type: &'a str,
    pub(super) peer_service: &'a str,
    pub(super) graphql_operation: &'a str,
    pub(super) rpc: bool,
    pub(super) rpc_service: &'a str,
    pub(super) rpc_method: &'a str,
    pub(super) messaging: bool,
    pub(super) destination: &'a str,
    pub(super) messaging_operation: &'a str,
    /// Whether any attribute speaks of a database.
    pub(super) database: bool,
    pub(super) observer: &'a str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) operation: &'a str,
    pub(super) milestone: &'a str,
    pub(super) idempotency_key: &'a str,
}

/// Sets a field unless a name with precedence did before.
fn fill<'a>(field: &mut &'a str, value: &'a str) {
    if field.is_empty() {
        *field = value;
    }
}

impl<'a> Fields<'a> {
    pub(super) fn of(attributes: &'a [(String, String)]) -> Self {
        let mut fields = Self::default();
        let (mut full, mut target, mut path, mut query) = ("", "", "", "");
        let (mut address, mut port, mut old_address, mut old_port) = ("", "", "", "");
        let (mut original_method, mut old_method) = ("", "");
        for (name, value) in attributes {
            let value = value.as_str();
            match name.as_str() {
                "http.request.method" => fields.method = value,
                "http.request.method_original" => original_method = value,
                "http.method" => old_method = value,
                "url.full" | "http.url" => fill(&mut full, value),
                "url.path" => path = value,
                "url.query" => query = value.strip_prefix('?').unwrap_or(value),
                "http.target" => target = value,
                "url.template" => fields.url_template = value,
                "http.route" => fields.route = value,
                "http.response.status_code" | "http.status_code" => {
                    fields.status_code = value.parse().unwrap_or(fields.status_code);
                }
                "http.request.resend_count" => fields.resend_count = value.parse().unwrap_or(0),
                "error.type" => fields.error_type = value,
                "server.address" => address = value,
                "server.port" => port = value,
                "net.peer.name" => old_address = value,
                "net.peer.port" => old_port = value,
                "service.peer.name" => fields.peer_service = value,
                "peer.service" => fill(&mut fields.peer_service, value),
                "graphql.operation.name" => fields.graphql_operation = value,
                "rpc.system" | "rpc.system.name" => fields.rpc = true,
                "rpc.service" => fields.rpc_service = value,
                "rpc.method" => fields.rpc_method = value,
                "messaging.system" => fields.messaging = true,
                "messaging.destination.name" | "messaging.destination" => fill(&mut fields.destination, value),
                "messaging.operation.name" => fields.messaging_operation = value,
                "messaging.operation.type" | "messaging.operation" => fill(&mut fields.messaging_operation, value),
                HANDOFF_OBSERVER => fields.observer = value,
                HANDOFF_FROM => fields.from = value,
                HANDOFF_TO => fields.to = value,
                HANDOFF_OPERATION => fields.operation = value,
                MILESTONE => fields.milestone = value,
                IDEMPOTENCY_KEY => fields.idempotency_key = value,
                "http.request.header.idempotency-key" => fill(&mut fields.idempotency_key, lone(value)),
                name if name.starts_with("db.") => fields.database = true,
                _ => {}
            }
        }
        if fields.method.is_empty() {
            fields.method = old_method;
        } else if fields.method == "_OTHER" && !original_method.is_empty() {
            fields.method = original_method;
        }
        fields.http = !fields.method.is_empty() || !full.is_empty() || !target.is_empty();
        fields.url = Url::read(if full.is_empty() { target } else { full });
        if !path.is_empty() {
            // `url.path` may hold a query where an instrumentation is careless.
            fields.url.path = path.split(['?', '#']).next().unwrap_or_default();
        }
        if !query.is_empty() {
            fields.url.query = query;
        }
        for (host, number) in [(address, port), (old_address, old_port)] {
            if !host.is_empty() {
                fields.url.host = host;
                fields.url.port = number.parse().ok().or(fields.url.port);
                break;
            }
        }
        fields
    }
}

/// The value of a header attribute, which is an array of one as a rule: `["abc"]`.
fn lone(value: &str) -> &str {
    let inner = value.strip_prefix("[\"").and_then(|rest| rest.strip_suffix("\"]"));
    inner.filter(|inner| !inner.contains(['"', '\\'])).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn present_and_former_names_say_the_same() {
        let present = attributes(&[
            ("http.request.method", "POST"),
            ("url.full", "http://oms:8080/orders?x=1"),
            ("server.address", "oms"),
            ("server.port", "8080"),
            ("http.response.status_code", "201"),
        ]);
        let former = attributes(&[
            ("http.method", "POST"),
            ("http.url", "http://oms:8080/orders?x=1"),
            ("net.peer.name", "oms"),
            ("net.peer.port", "8080"),
            ("http.status_code", "201"),
        ]);
        for attributes in [present, former] {
            let fields = Fields::of(&attributes);
            assert_eq!(fields.url, Url { host: "oms", port: Some(8080), path: "/orders", query: "x=1" });
            assert_eq!((fields.method, fields.status_code, fields.http), ("POST", 201, true));
        }
    }

    #[test]
    fn a_target_is_path_and_query() {
        let attributes = attributes(&[("http.method", "GET"), ("http.target", "/cart?cart_id=7")]);
        let fields = Fields::of(&attributes);
        assert_eq!((fields.url.path, fields.url.query), ("/cart", "cart_id=7"));
    }

    #[test]
    fn an_unusual_method_is_what_was_sent() {
        let attributes = attributes(&[("http.request.method_original", "PURGE"), ("http.request.method", "_OTHER")]);
        assert_eq!(Fields::of(&attributes).method, "PURGE");
    }

    #[test]
    fn a_header_is_an_array_of_one() {
        let attributes = attributes(&[("http.request.header.idempotency-key", "[\"A-1_9\"]")]);
        assert_eq!(Fields::of(&attributes).idempotency_key, "A-1_9");
        assert_eq!(lone("plain"), "plain");
        assert_eq!(lone("[\"a\",\"b\"]"), "[\"a\",\"b\"]");
    }
}
