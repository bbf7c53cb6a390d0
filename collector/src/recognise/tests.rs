use std::sync::Arc;

use ordertrace_api::keys::Strength;
use ordertrace_api::span::SpanKind;

use super::*;
use crate::record::{Attributes, HandoffSide, SpanEventRecord, SpanStatus};

fn attributes(pairs: &[(&str, &str)]) -> Attributes {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn span(kind: SpanKind, pairs: &[(&str, &str)]) -> SpanRecord {
    SpanRecord {
        trace_id: [1; 16],
        span_id: [1; 8],
        parent_span_id: [0; 8],
        trace_state: String::new(),
        started_at_ns: 1_795_253_154_000_000_000,
        duration_ns: 1_000_000,
        name: "a span".to_owned(),
        kind,
        status: SpanStatus::Unset,
        status_message: String::new(),
        service: "shop".to_owned(),
        system: "shop".to_owned(),
        resource_attributes: Arc::default(),
        scope_name: String::new(),
        scope_version: String::new(),
        attributes: attributes(pairs),
        events: Vec::new(),
        links: Vec::new(),
        keys: Vec::new(),
        noise: String::new(),
        milestone: String::new(),
        side: None,
    }
}

fn recognise(yaml: &str, mut span: SpanRecord) -> SpanRecord {
    let settings = ordertrace_config::parse(yaml, "test").unwrap();
    Recogniser::new(&settings).unwrap().spans(std::slice::from_mut(&mut span));
    span
}

fn keys_with(yaml: &str, kind: SpanKind, pairs: &[(&str, &str)]) -> Vec<String> {
    recognise(yaml, span(kind, pairs)).keys.iter().map(|key| key.key.to_string()).collect()
}

fn keys(pairs: &[(&str, &str)]) -> Vec<String> {
    keys_with("", SpanKind::Internal, pairs)
}

fn side(yaml: &str, kind: SpanKind, pairs: &[(&str, &str)]) -> Option<HandoffSide> {
    recognise(yaml, span(kind, pairs)).side
}

#[test]
fn stated_keys_are_taken_at_their_word() {
    assert_eq!(keys(&[("commerce.order.id", "A-1")]), ["order:A-1"]);
    assert_eq!(keys(&[("commerce.order.id@erp", "A-1")]), ["order@erp:A-1"]);
    assert_eq!(keys(&[("commerce.order.id", r#"["A-1","A-2","A-1"]"#)]), ["order:A-1", "order:A-2"]);
    assert_eq!(keys(&[("commerce.session.id", "0123abcd")]), ["session:0123abcd"]);
    assert_eq!(keys(&[("commerce.handoff.from", "oms"), ("commerce.order.id", "null")]), [""; 0]);
}

#[test]
fn numbers_belong_to_the_system_that_is_asked() {
    let number = ("commerce.order.id", "4");
    assert_eq!(keys(&[number]), ["order@shop:4"]);
    let client = [number, ("http.request.method", "POST"), ("url.full", "http://oms:80/x")];
    assert_eq!(keys_with("", SpanKind::Client, &client), ["order@oms:80:4"]);
    let mapped = "hosts: {'oms:80': oms}";
    assert_eq!(keys_with(mapped, SpanKind::Client, &client), ["order@oms:4"]);
    assert_eq!(keys_with(mapped, SpanKind::Server, &client), ["order@shop:4"]);
    let proxy = [number, ("commerce.handoff.observer", "proxy"), ("commerce.handoff.to", "wms")];
    assert_eq!(keys_with("", SpanKind::Internal, &proxy), ["order@wms:4"]);
}

#[test]
fn common_names_are_keys() {
    for (name, key) in [
        ("app.order.id", "order:X-7"),
        ("demo.order.id", "order:X-7"),
        ("order_id", "order:X-7"),
        ("order.id", "order:X-7"),
        ("cart_id", "cart:X-7"),
        ("http.request.header.x-order-id", "order:X-7"),
    ] {
        assert_eq!(keys(&[(name, "X-7")]), [key], "{name}");
    }
    assert_eq!(keys(&[("http.request.header.x-order-id", r#"["X-7"]"#)]), ["order:X-7"]);
}

#[test]
fn names_of_other_things_are_no_keys() {
    for name in
        ["thread.id", "service.instance.id", "host.id", "container.id", "process.pid", "db.order.id", "exception.id"]
    {
        assert_eq!(keys(&[(name, "X-7")]), [""; 0], "{name}");
    }
}

#[test]
fn a_session_is_kept_as_a_hash() {
    // printf %s token-1 | sha256sum | cut -c1-32
    let hash = ["session:3f08aace122ee2368432c1ca23a049bc"];
    assert_eq!(keys(&[("session.id", "token-1")]), hash);
    assert_eq!(keys(&[("http.request.header.session-id", r#"["token-1"]"#)]), hash);
    assert_eq!(keys(&[("session.id", "null")]), [""; 0]);
}

#[test]
fn span_events_name_keys_but_exceptions_do_not() {
    let mut spoken = span(SpanKind::Internal, &[]);
    for name in ["charged", "exception"] {
        spoken.events.push(SpanEventRecord {
            at_ns: 1,
            name: name.to_owned(),
            attributes: attributes(&[("app.payment.transaction.id", name)]),
        });
    }
    let found = recognise("", spoken).keys;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].key.to_string(), "payment:charged");
}

#[test]
fn urls_carry_keys() {
    let url = "http://psp/v1/payment_intents/pi_uKa3HTSa0qZBtw/confirm?order_id=A%2D1&x=2&cs=ch_abcdefgh1";
    let found = keys_with("", SpanKind::Client, &[("http.request.method", "POST"), ("url.full", url)]);
    assert_eq!(found, ["payment:pi_uKa3HTSa0qZBtw", "order:A-1", "charge:ch_abcdefgh1"]);
    assert_eq!(keys(&[("http.target", "/x?cart_id=C-9")]), ["cart:C-9"]);
    assert_eq!(keys(&[("url.path", "/x"), ("url.query", "?orderCode=Z-1")]), ["order:Z-1"]);
    assert_eq!(keys(&[("url.path", "/x"), ("url.query", "order_id=REDACTED")]), [""; 0]);
    assert_eq!(keys(&[("url.full", "http://psp/pi_abcdefgh1_secret_abcdefgh")]), [""; 0]);
}

#[test]
fn configured_names_paths_and_parameters_are_keys() {
    let yaml = "
keys:
  - {attribute: shop.ref, kind: order}
  - {attribute: 'erp.*', kind: erp_doc, scope: erp}
  - {attribute: token, kind: session, hash: true}
  - {attribute: app.order.id, kind: cart, scope: global}
templates:
  - {path: '/orders/{order}/**'}
  - {path: '/docs/{erp_doc}', system: erp}
query:
  - {parameter: ref, kind: order}
ignore: [order.id]
";
    let found = |pairs: &[(&str, &str)]| keys_with(yaml, SpanKind::Internal, pairs);
    assert_eq!(found(&[("shop.ref", "A")]), ["order:A"]);
    assert_eq!(found(&[("erp.number", "7")]), ["erp_doc@erp:7"]);
    assert_eq!(found(&[("app.order.id", "7")]), ["cart:7"]);
    assert_eq!(found(&[("order.id", "A")]), [""; 0]);
    assert_eq!(found(&[("url.path", "/orders/A%201/x")]), [""; 0], "white space is in no id");
    assert_eq!(found(&[("url.path", "/orders/A-1/x")]), ["order:A-1"]);
    assert_eq!(found(&[("url.path", "/docs/D-1")]), [""; 0]);
    assert_eq!(found(&[("url.path", "/q"), ("url.query", "ref=A-2")]), ["order:A-2"]);
    let hashed = found(&[("token", "secret")]);
    assert_eq!(hashed, ["session:2bb80d537b1da3e38bd30361aa855686"]);
}

#[test]
fn card_numbers_are_never_keys() {
    for name in ["commerce.order.id", "order_id", "app.payment.id"] {
        assert_eq!(keys(&[(name, "4111111111111111")]), [""; 0], "{name}");
    }
    assert_eq!(keys(&[("url.full", "http://h/x?order_id=4111-1111-1111-1111")]), [""; 0]);
}

#[test]
fn a_batch_joins_none_of_the_orders_it_names() {
    let strengths = |values: &str| -> Vec<Strength> {
        let pairs = [("commerce.order.id", values), ("commerce.shipment.id", "S-1")];
        recognise("", span(SpanKind::Internal, &pairs)).keys.iter().map(|key| key.strength).collect()
    };
    assert_eq!(strengths(r#"["A","B","C"]"#), [Strength::Strong; 4]);
    let batch = strengths(r#"["A","B","C","D"]"#);
    assert_eq!(batch[..4], [Strength::Weak; 4]);
    assert_eq!(batch[4], Strength::Strong);
}

#[test]
fn a_span_keeps_so_many_keys_and_no_more() {
    let values: Vec<String> = (0..500).map(|n| format!("\"K-{n}\"")).collect();
    assert_eq!(keys(&[("commerce.sku.id", &format!("[{}]", values.join(",")))]).len(), 64);
}

#[test]
fn declared_kinds_have_their_strength() {
    let strength = |yaml: &str| {
        let mut found = recognise(yaml, span(SpanKind::Internal, &[("commerce.gift_card.id", "G")])).keys;
        found.remove(0).strength
    };
    assert_eq!(strength(""), Strength::Weak);
    assert_eq!(strength("kinds: {gift_card: strong}"), Strength::Strong);
}

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
    let expected = HandoffSide {
        observer: Observer::Client,
        from: "shop".to_owned(),
        to: "payments".to_owned(),
        operation: "POST /v1/payment_intents/{}/confirm".to_owned(),
        method: "POST".to_owned(),
        path: "/v1/payment_intents/pi_uKa3HTSa0qZBtw/confirm".to_owned(),
        status_code: 502,
        resend_count: 2,
        idempotency_key: "A-1_900".to_owned(),
        error_type: "502".to_owned(),
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
        assert_eq!((made.observer, made.from.as_str(), made.to.as_str()), (Observer::Proxy, "storefront", "oms"));
        assert_eq!((made.operation.as_str(), made.path.as_str()), ("AddPayment", "/shop-api"));
        assert_eq!((made.idempotency_key.as_str(), made.status_code), ("k-1", 200));
    }
}

#[test]
fn the_receiving_side_does_not_know_its_caller() {
    let made = side("", SpanKind::Server, &[("http.method", "GET"), ("http.target", "/a?b=c")]).unwrap();
    assert_eq!((made.from.as_str(), made.to.as_str(), made.path.as_str()), ("", "shop", "/a"));
}

#[test]
fn polling_and_health_checks_are_noise() {
    let noise = |span: SpanRecord| recognise("", span).noise;
    let query = [("db.system.name", "postgresql"), ("server.address", "db")];
    assert_eq!(noise(span(SpanKind::Client, &query)), "db-polling");
    let child = SpanRecord { parent_span_id: [2; 8], ..span(SpanKind::Client, &query) };
    assert_eq!(noise(child), "");
    for path in ["/health", "/healthz", "/livez", "/readyz", "/ready", "/live", "/ping", "/metrics", "/_health"] {
        assert_eq!(
            noise(span(SpanKind::Server, &[("http.method", "GET"), ("url.path", path)])),
            "health-check",
            "{path}"
        );
    }
    assert_eq!(noise(span(SpanKind::Server, &[("http.method", "GET"), ("url.path", "/healthy-food")])), "");
    let grpc = SpanRecord { name: "grpc.health.v1.Health/Check".to_owned(), ..span(SpanKind::Server, &[]) };
    assert_eq!(noise(grpc), "grpc-health-check");
    let keyed = [("db.system.name", "postgresql"), ("order_id", "A-1")];
    assert_eq!(noise(span(SpanKind::Client, &keyed)), "", "it names an order");
}

#[test]
fn what_noise_caused_is_noise_unless_it_names_an_order() {
    let child = |id: u8, parent: u8, pairs: &[(&str, &str)]| SpanRecord {
        span_id: [id; 8],
        parent_span_id: [parent; 8],
        ..span(SpanKind::Internal, pairs)
    };
    let mut spans = vec![
        child(3, 2, &[]),
        child(2, 1, &[]),
        span(SpanKind::Server, &[("http.method", "GET"), ("url.path", "/healthz")]),
        child(4, 2, &[("order_id", "A-1")]),
        child(5, 4, &[]),
        child(8, 9, &[]),
        child(9, 8, &[]),
        SpanRecord { trace_id: [7; 16], ..child(6, 1, &[]) },
    ];
    Recogniser::new(&RecogniseSettings::default()).unwrap().spans(&mut spans);
    let noisy: Vec<u8> = spans.iter().filter(|span| !span.noise.is_empty()).map(|span| span.span_id[0]).collect();
    assert_eq!(noisy, [3, 2, 1]);
}

#[test]
fn milestones_are_stated_configured_or_known() {
    let yaml = "milestones: [{milestone: order.created, operation: 'POST /orders', to: shop}, {milestone: x.seen, event: 'X*'}]";
    let milestone = |kind, pairs: &[(&str, &str)]| recognise(yaml, span(kind, pairs)).milestone;
    assert_eq!(milestone(SpanKind::Internal, &[("commerce.milestone", "order.placed")]), "order.placed");
    let create = [("http.method", "POST"), ("http.route", "/orders")];
    assert_eq!(milestone(SpanKind::Server, &create), "order.created");
    let failed = [("http.method", "POST"), ("http.route", "/orders"), ("http.status_code", "500")];
    assert_eq!(milestone(SpanKind::Server, &failed), "");
    let webhook = [
        ("commerce.handoff.observer", "proxy"),
        ("commerce.handoff.to", "shop"),
        ("commerce.handoff.operation", "payment_intent.succeeded"),
    ];
    assert_eq!(milestone(SpanKind::Client, &webhook), "payment.captured");
    let mut broken = span(SpanKind::Client, &webhook);
    broken.status = SpanStatus::Error;
    assert_eq!(recognise(yaml, broken).milestone, "");
}

#[test]
fn events_are_milestones_by_name() {
    let settings: RecogniseSettings =
        ordertrace_config::parse("milestones: [{milestone: x.seen, event: 'X*'}]", "test").unwrap();
    let recogniser = Recogniser::new(&settings).unwrap();
    for (name, pairs, milestone) in [
        ("order.placed", vec![], "order.placed"),
        ("XYZ", vec![], "x.seen"),
        ("", vec![("commerce.milestone", "shipment.created")], "shipment.created"),
        ("log.rotated", vec![], ""),
        ("", vec![], ""),
    ] {
        let mut events = [EventRecord {
            at_ns: 1,
            name: name.to_owned(),
            severity: 0,
            body: String::new(),
            service: "oms".to_owned(),
            system: "oms".to_owned(),
            resource_attributes: Arc::default(),
            attributes: [attributes(&pairs), attributes(&[("order_id", "7")])].concat(),
            trace_id: [0; 16],
            span_id: [0; 8],
            keys: Vec::new(),
            milestone: String::new(),
        }];
        recogniser.events(&mut events);
        assert_eq!(events[0].milestone, milestone, "{name}");
        assert_eq!(events[0].keys[0].key.to_string(), "order@oms:7");
    }
}

#[test]
fn rules_that_cannot_be_used_are_named() {
    for (yaml, setting) in [
        ("templates: [{path: orders}]", "recognise.templates[0]"),
        ("keys: [{attribute: a, kind: Order}]", "recognise.keys[0]"),
        ("keys: [{attribute: '', kind: order}]", "recognise.keys[0]"),
        ("query: [{parameter: a, kind: 'x y'}]", "recognise.query[0]"),
        ("kinds: {'1st': strong}", "recognise.kinds"),
        ("noise: [{name: all}]", "recognise.noise[0].conditions"),
        ("milestones: [{milestone: always}]", "recognise.milestones[0].conditions"),
    ] {
        let settings: RecogniseSettings = ordertrace_config::parse(yaml, "test").unwrap();
        let error = Recogniser::new(&settings).unwrap_err().to_string();
        assert!(error.starts_with(setting), "{yaml}: {error}");
    }
}
