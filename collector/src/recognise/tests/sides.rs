use super::*;

#[test]
fn http_clients_are_the_sending_side() {
    let made = side(
        "hosts: {'127.0.0.1:21440': payments}",
        SpanKind::Client,
        &[
            ("http.request.method", "POST"),
            ("url.full", "http://127.0.0.1:21440/v1/payment_intents/pi_uKa3HTSa0qZBtw/confirm"),
            ("url.path", "/v1/payment_intents/pi_uKa3HTSa0qZBtw/confirm"),
            ("server.address", "127.0.0.1"),
            ("server.port", "21440"),
            ("http.response.status_code", "502"),
            ("http.request.resend_count", "2"),
            ("http.request.header.idempotency-key", r#"["A-1_900"]"#),
            ("error.type", "502"),
        ],
    );
    let expected = Side {
        observer: Observer::Client,
        from: "shop",
        to: "payments",
        operation: "POST /v1/payment_intents/{}/confirm",
        method: "POST",
        path: "/v1/payment_intents/pi_uKa3HTSa0qZBtw/confirm",
        status_code: 502,
        resend_count: 2,
        idempotency_key: "A-1_900",
        error_type: "502",
        access: Access { tls: "none", scheme: "http", host: "127.0.0.1", port: Some(21440), ..Access::default() },
    };
    assert_eq!(made, Some(expected));
}

#[test]
fn whom_a_client_speaks_to() {
    let yaml = "{systems: {fraud-api: fraud}, hosts: {tax: taxes}}";
    let url = ("url.full", "http://tax:9000/x");
    for (pairs, to) in [
        (vec![("service.peer.name", "Fraud-API"), ("peer.service", "x"), url], "fraud-api"),
        (vec![("peer.service", "fraud-api"), url], "fraud"),
        (vec![url], "taxes"),
        (vec![("url.full", "https://api.example/x")], "api.example"),
        (vec![("http.method", "GET"), ("net.peer.name", "old"), ("net.peer.port", "8080")], "old:8080"),
        (vec![("rpc.system", "grpc"), ("server.address", "crm"), ("server.port", "50051")], "crm:50051"),
        (vec![("messaging.system", "kafka"), ("messaging.destination.name", "orders")], "orders"),
    ] {
        let made = side(yaml, SpanKind::Client, &pairs).unwrap_or_else(|| panic!("no side: {pairs:?}"));
        assert_eq!(made.to, to, "{pairs:?}");
    }
}

#[test]
fn what_is_no_side_of_a_handoff() {
    for (kind, pairs) in [
        (SpanKind::Client, vec![]),
        (SpanKind::Client, vec![("server.address", "127.0.0.1")]),
        (SpanKind::Client, vec![("http.request.method", "GET")]),
        (SpanKind::Client, vec![("db.system.name", "postgresql"), ("server.address", "db")]),
        (SpanKind::Client, vec![("db.statement", "SELECT 1"), ("url.full", "http://es:9200/x")]),
        (SpanKind::Internal, vec![("url.full", "http://h/x"), ("http.method", "GET")]),
        (SpanKind::Internal, vec![("commerce.handoff.observer", "proxy")]),
        (SpanKind::Producer, vec![]),
    ] {
        assert_eq!(side("", kind, &pairs), None, "{kind:?} {pairs:?}");
    }
}

#[test]
fn operations_have_few_values() {
    let yaml = "templates: [{path: '/orders/{order}/captures'}]";
    for (kind, pairs, operation) in [
        (
            SpanKind::Server,
            vec![("http.method", "GET"), ("http.route", "/o/:id"), ("http.target", "/o/1")],
            "GET /o/:id",
        ),
        (SpanKind::Server, vec![("http.method", "GET"), ("http.route", "/*"), ("http.target", "/o/123")], "GET /o/{}"),
        (
            SpanKind::Server,
            vec![("http.method", "POST"), ("url.path", "/orders/A-1/captures")],
            "POST /orders/{order}/captures",
        ),
        (
            SpanKind::Client,
            vec![("http.request.method", "GET"), ("url.template", "/o/{id}"), ("url.full", "http://h/o/1")],
            "GET /o/{id}",
        ),
        (SpanKind::Server, vec![("http.method", "POST"), ("graphql.operation.name", "AddItem")], "AddItem"),
        (
            SpanKind::Server,
            vec![("rpc.system", "grpc"), ("rpc.service", "oms.Orders"), ("rpc.method", "Place")],
            "oms.Orders/Place",
        ),
        (SpanKind::Server, vec![("rpc.system.name", "grpc"), ("rpc.method", "oms.Orders/Place")], "oms.Orders/Place"),
        (
            SpanKind::Producer,
            vec![("messaging.system", "kafka"), ("messaging.destination.name", "orders")],
            "send orders",
        ),
        (
            SpanKind::Consumer,
            vec![("messaging.operation.type", "receive"), ("messaging.destination.name", "orders")],
            "receive orders",
        ),
        (SpanKind::Consumer, vec![], "a span"),
        (SpanKind::Server, vec![], "a span"),
        (SpanKind::Server, vec![("http.method", "GET")], "GET"),
    ] {
        let made = side(yaml, kind, &pairs).unwrap_or_else(|| panic!("no side: {pairs:?}"));
        assert_eq!(made.operation, operation, "{kind:?} {pairs:?}");
    }
}

#[test]
fn a_proxy_says_who_hands_what_to_whom() {
    let pairs = [
        ("commerce.handoff.observer", "proxy"),
        ("commerce.handoff.from", "storefront"),
        ("commerce.handoff.to", "oms"),
        ("commerce.handoff.operation", "AddPayment"),
        ("commerce.idempotency.key", "k-1"),
        ("http.request.method", "POST"),
        ("url.full", "http://127.0.0.1:1/shop-api?x=1"),
        ("http.response.status_code", "200"),
    ];
    for kind in [SpanKind::Client, SpanKind::Internal, SpanKind::Server] {
        let made = side("", kind, &pairs).unwrap();
        assert_eq!((made.observer, made.from, made.to), (Observer::Proxy, "storefront", "oms"));
        assert_eq!((made.operation, made.path), ("AddPayment", "/shop-api"));
        assert_eq!((made.idempotency_key, made.status_code), ("k-1", 200));
    }
}

#[test]
fn the_receiving_side_does_not_know_its_caller() {
    let made = side("", SpanKind::Server, &[("http.method", "GET"), ("http.target", "/a?b=c")]).unwrap();
    assert_eq!((made.from, made.to, made.path), ("", "shop", "/a"));
}
