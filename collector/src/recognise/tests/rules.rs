use super::*;

#[test]
fn polling_and_health_checks_are_noise() {
    let noise = |span: SpanRecord<'static>| recognise("", span).noise;
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
    let grpc = SpanRecord { name: "grpc.health.v1.Health/Check", ..span(SpanKind::Server, &[]) };
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
    Recogniser::new(&RecogniseSettings::default()).unwrap().spans(arena(), &mut spans);
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
            name,
            severity: 0,
            body: "",
            origin: &Origin { service: "oms", system: "oms", attributes: &[] },
            attributes: [attributes(&pairs), attributes(&[("order_id", "7")])].concat().leak(),
            trace_id: [0; 16],
            span_id: [0; 8],
            keys: &[],
            lines: None,
            milestone: "",
            reading: None,
        }];
        recogniser.events(arena(), &mut events);
        assert_eq!(events[0].milestone, milestone, "{name}");
        assert_eq!(events[0].keys[0].key().to_string(), "order@oms:7");
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
