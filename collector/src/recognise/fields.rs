use ordertrace_api::attributes::{
    AUTH_SCHEME, HANDOFF_FROM, HANDOFF_OBSERVER, HANDOFF_OPERATION, HANDOFF_TO, IDEMPOTENCY_KEY, MILESTONE, TLS_STATE,
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
    /// Of the URL: `https`.
    pub(super) scheme: &'a str,
    /// Of the message broker or the remote call: `kafka`, `grpc`.
    pub(super) protocol: &'a str,
    pub(super) auth_scheme: &'a str,
    pub(super) tls: &'a str,
    pub(super) tls_version: &'a str,
}

/// Sets a field unless a name with precedence did before.
fn fill<'a>(field: &mut &'a str, value: &'a str) {
    if field.is_empty() {
        *field = value;
    }
}

/// What the conventions use an attribute for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing that is asked for here.
    #[default]
    Other,
    Method,
    OriginalMethod,
    FormerMethod,
    FullUrl,
    Path,
    Query,
    Target,
    UrlTemplate,
    Route,
    StatusCode,
    ResendCount,
    Deliveries,
    ErrorType,
    Address,
    Port,
    FormerAddress,
    FormerPort,
    PeerName,
    PeerService,
    GraphqlOperation,
    RpcSystem,
    RpcService,
    RpcMethod,
    MessagingSystem,
    Destination,
    MessagingOperationName,
    MessagingOperationType,
    Observer,
    From,
    To,
    Operation,
    Milestone,
    IdempotencyKey,
    IdempotencyHeader,
    Scheme,
    AuthScheme,
    Tls,
    TlsVersion,
    Database,
}

impl Role {
    /// The role of an attribute of that name.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "http.request.method" => Self::Method,
            "http.request.method_original" => Self::OriginalMethod,
            "http.method" => Self::FormerMethod,
            "url.full" | "http.url" => Self::FullUrl,
            "url.path" => Self::Path,
            "url.query" => Self::Query,
            "http.target" => Self::Target,
            "url.template" => Self::UrlTemplate,
            "http.route" => Self::Route,
            "http.response.status_code" | "http.status_code" => Self::StatusCode,
            "http.request.resend_count" => Self::ResendCount,
            "messaging.gcp_pubsub.message.delivery_attempt" | "messaging.servicebus.message.delivery_count" => {
                Self::Deliveries
            }
            "error.type" => Self::ErrorType,
            "server.address" => Self::Address,
            "server.port" => Self::Port,
            "net.peer.name" => Self::FormerAddress,
            "net.peer.port" => Self::FormerPort,
            "service.peer.name" => Self::PeerName,
            "peer.service" => Self::PeerService,
            "graphql.operation.name" => Self::GraphqlOperation,
            "rpc.system" | "rpc.system.name" => Self::RpcSystem,
            "rpc.service" => Self::RpcService,
            "rpc.method" => Self::RpcMethod,
            "messaging.system" => Self::MessagingSystem,
            "messaging.destination.name" | "messaging.destination" => Self::Destination,
            "messaging.operation.name" => Self::MessagingOperationName,
            "messaging.operation.type" | "messaging.operation" => Self::MessagingOperationType,
            HANDOFF_OBSERVER => Self::Observer,
            HANDOFF_FROM => Self::From,
            HANDOFF_TO => Self::To,
            HANDOFF_OPERATION => Self::Operation,
            MILESTONE => Self::Milestone,
            IDEMPOTENCY_KEY => Self::IdempotencyKey,
            "http.request.header.idempotency-key" => Self::IdempotencyHeader,
            "url.scheme" | "http.scheme" => Self::Scheme,
            AUTH_SCHEME => Self::AuthScheme,
            TLS_STATE => Self::Tls,
            "tls.protocol.version" => Self::TlsVersion,
            name if name.starts_with("db.") => Self::Database,
            _ => Self::Other,
        }
    }
}

/// A span's attributes while they are looked at.
#[derive(Debug, Default)]
pub(super) struct FieldReader<'a> {
    fields: Fields<'a>,
    full: &'a str,
    target: &'a str,
    path: &'a str,
    query: &'a str,
    address: &'a str,
    port: &'a str,
    former_address: &'a str,
    former_port: &'a str,
    original_method: &'a str,
    former_method: &'a str,
}

impl<'a> FieldReader<'a> {
    /// Takes an attribute's value.
    pub(super) fn take(&mut self, role: Role, value: &'a str) {
        let fields = &mut self.fields;
        match role {
            Role::Other => {}
            Role::Method => fields.method = value,
            Role::OriginalMethod => self.original_method = value,
            Role::FormerMethod => self.former_method = value,
            Role::FullUrl => fill(&mut self.full, value),
            Role::Path => self.path = value,
            Role::Query => self.query = value.strip_prefix('?').unwrap_or(value),
            Role::Target => self.target = value,
            Role::UrlTemplate => fields.url_template = value,
            Role::Route => fields.route = value,
            Role::StatusCode => fields.status_code = value.parse().unwrap_or(fields.status_code),
            Role::ResendCount => fields.resend_count = value.parse().unwrap_or(0),
            // Both count the first one, or are 0 where nobody counts.
            Role::Deliveries => fields.resend_count = value.parse::<u32>().unwrap_or(0).saturating_sub(1),
            Role::ErrorType => fields.error_type = value,
            Role::Address => self.address = value,
            Role::Port => self.port = value,
            Role::FormerAddress => self.former_address = value,
            Role::FormerPort => self.former_port = value,
            Role::PeerName => fields.peer_service = value,
            Role::PeerService => fill(&mut fields.peer_service, value),
            Role::GraphqlOperation => fields.graphql_operation = value,
            Role::RpcSystem => {
                fields.rpc = true;
                fill(&mut fields.protocol, value);
            }
            Role::RpcService => fields.rpc_service = value,
            Role::RpcMethod => fields.rpc_method = value,
            Role::MessagingSystem => {
                fields.messaging = true;
                fill(&mut fields.protocol, value);
            }
            Role::Destination => fill(&mut fields.destination, value),
            Role::MessagingOperationName => fields.messaging_operation = value,
            Role::MessagingOperationType => fill(&mut fields.messaging_operation, value),
            Role::Observer => fields.observer = value,
            Role::From => fields.from = value,
            Role::To => fields.to = value,
            Role::Operation => fields.operation = value,
            Role::Milestone => fields.milestone = value,
            Role::IdempotencyKey => fields.idempotency_key = value,
            Role::IdempotencyHeader => fill(&mut fields.idempotency_key, lone(value)),
            Role::Scheme => fields.scheme = value,
            Role::AuthScheme => fields.auth_scheme = value,
            Role::Tls => fields.tls = value,
            Role::TlsVersion => fields.tls_version = value,
            Role::Database => fields.database = true,
        }
    }

    /// What all of them say together.
    pub(super) fn finish(self) -> Fields<'a> {
        let Self { mut fields, full, target, path, query, .. } = self;
        if fields.method.is_empty() {
            fields.method = self.former_method;
        } else if fields.method == "_OTHER" && !self.original_method.is_empty() {
            fields.method = self.original_method;
        }
        fields.http = !fields.method.is_empty() || !full.is_empty() || !target.is_empty();
        fields.url = Url::read(if full.is_empty() { target } else { full });
        if let Some((scheme, _)) = full.split_once("://") {
            fill(&mut fields.scheme, scheme);
        }
        if !path.is_empty() {
            // `url.path` may hold a query where an instrumentation is careless.
            fields.url.path = path.split(['?', '#']).next().unwrap_or_default();
        }
        if !query.is_empty() {
            fields.url.query = query;
        }
        for (host, number) in [(self.address, self.port), (self.former_address, self.former_port)] {
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

    fn fields<'a>(attributes: &[(&str, &'a str)]) -> Fields<'a> {
        let mut reader = FieldReader::default();
        attributes.iter().for_each(|(name, value)| reader.take(Role::of(name), value));
        reader.finish()
    }

    #[test]
    fn present_and_former_names_say_the_same() {
        let present = [
            ("http.request.method", "POST"),
            ("url.full", "http://oms:8080/orders?x=1"),
            ("server.address", "oms"),
            ("server.port", "8080"),
            ("http.response.status_code", "201"),
        ];
        let former = [
            ("http.method", "POST"),
            ("http.url", "http://oms:8080/orders?x=1"),
            ("net.peer.name", "oms"),
            ("net.peer.port", "8080"),
            ("http.status_code", "201"),
        ];
        for attributes in [present, former] {
            let fields = fields(&attributes);
            assert_eq!(fields.url, Url { host: "oms", port: Some(8080), path: "/orders", query: "x=1" });
            assert_eq!((fields.method, fields.status_code, fields.http), ("POST", 201, true));
        }
    }

    #[test]
    fn a_target_is_path_and_query() {
        let attributes = [("http.method", "GET"), ("http.target", "/cart?cart_id=7")];
        let fields = fields(&attributes);
        assert_eq!((fields.url.path, fields.url.query), ("/cart", "cart_id=7"));
    }

    #[test]
    fn an_unusual_method_is_what_was_sent() {
        let attributes = [("http.request.method_original", "PURGE"), ("http.request.method", "_OTHER")];
        assert_eq!(fields(&attributes).method, "PURGE");
    }

    #[test]
    fn every_delivery_but_the_first_is_a_resend() {
        for (deliveries, resends) in [("0", 0), ("1", 0), ("3", 2), ("many", 0)] {
            assert_eq!(fields(&[("messaging.gcp_pubsub.message.delivery_attempt", deliveries)]).resend_count, resends);
            assert_eq!(fields(&[("messaging.servicebus.message.delivery_count", deliveries)]).resend_count, resends);
        }
    }

    #[test]
    fn a_header_is_an_array_of_one() {
        let attributes = [("http.request.header.idempotency-key", "[\"A-1_9\"]")];
        assert_eq!(fields(&attributes).idempotency_key, "A-1_9");
        assert_eq!(lone("plain"), "plain");
        assert_eq!(lone("[\"a\",\"b\"]"), "[\"a\",\"b\"]");
    }
}
