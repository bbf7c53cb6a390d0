//! On the recording of a real order, and on made-up exchanges for each rule.

use std::path::PathBuf;

use bytes::Bytes;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Recorded {
    t0: u64,
    t1: u64,
    method: String,
    path: String,
    req_headers: Vec<(String, String)>,
    req: String,
    status: u16,
    resp_headers: Vec<(String, String)>,
    resp: String,
}

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/real-order").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn recorded(number: u32) -> Exchange {
    let recorded: Recorded = serde_json::from_slice(&fixture(&format!("handoffs/{number:04}.json"))).unwrap();
    Exchange {
        request_headers: headers_from(recorded.req_headers),
        request_body: Bytes::from(recorded.req).into(),
        status: Some(recorded.status),
        response_headers: headers_from(recorded.resp_headers),
        response_body: Bytes::from(recorded.resp).into(),
        started_at_ns: recorded.t0,
        ended_at_ns: recorded.t1,
        ..Exchange::new("shopper", "storefront", &recorded.method, &recorded.path)
    }
}

fn webhook() -> Exchange {
    #[derive(Deserialize)]
    struct Head {
        path: String,
        headers: Vec<(String, String)>,
    }
    let head: Head = serde_json::from_slice(&fixture("webhooks/0015-payment_intent.succeeded.headers.json")).unwrap();
    Exchange {
        request_headers: headers_from(head.headers),
        request_body: Bytes::from(fixture("webhooks/0015-payment_intent.succeeded.body.json")).into(),
        status: Some(200),
        ..Exchange::new("payments", "storefront", "POST", &head.path)
    }
}

fn rules(presets: &[Preset]) -> Rules {
    Rules::compile(presets, &[], &[], true).unwrap()
}

fn texts(captured: &Captured) -> Vec<String> {
    captured.keys.iter().map(Key::to_string).collect()
}

fn json_response(body: &str) -> Exchange {
    Exchange {
        response_headers: headers_from([("content-type", "application/json")]),
        response_body: Bytes::from(body.to_owned()).into(),
        ..Exchange::new("shop", "oms", "GET", "/orders?order_id=77&page=2")
    }
}

fn rule(yaml: &str) -> RuleConfig {
    ordertrace_config::parse(yaml, "test").unwrap()
}

#[test]
fn the_real_order_is_named_where_it_is_named() {
    let rules = rules(&[Preset::Vendure, Preset::Stripe]);
    let captured: Vec<_> = (1..=7).map(|number| capture(&recorded(number), &rules)).collect();
    let operations: Vec<_> = captured.iter().map(|captured| captured.operation.as_str()).collect();
    assert_eq!(operations, ["AddItem", "SetCustomer", "SetAddr", "ShipMethods", "SetShip", "ToPay", "AddPayment"]);
    let session = texts(&captured[0]).into_iter().find(|key| key.starts_with("session:")).unwrap();
    assert!(captured.iter().all(|captured| texts(captured).contains(&session)), "one session on all");
    let bearing = |key: &str| -> Vec<_> {
        (1..=7).filter(|number| texts(&captured[number - 1]).iter().any(|text| text == key)).collect()
    };
    assert_eq!(bearing("order:FCJVW7ZW9CKTTHM1"), [1, 6, 7]);
    assert_eq!(bearing("order@storefront:4"), [1, 7]);
    assert_eq!(bearing("payment:pi_uKa3HTSa0qZBtw"), [7]);
    assert_eq!(captured.iter().map(|captured| captured.keys.len()).sum::<usize>(), 7 + 3 + 2 + 1);
    assert_eq!(captured[6].milestone.as_deref(), Some("order.placed"));
    assert_eq!(captured[6].auth_scheme, "bearer");
    assert_eq!(captured[3].graphql, Some(GraphqlOperation { kind: "query", name: Some("ShipMethods".to_owned()) }));
}

#[test]
fn the_real_webhook_joins_payment_and_order() {
    let captured = capture(&webhook(), &rules(&[Preset::Stripe]));
    assert_eq!(captured.operation, "payment_intent.succeeded");
    assert_eq!(captured.milestone.as_deref(), Some("payment.captured"));
    let money = captured.money.clone().unwrap();
    assert_eq!((money.amount.as_str(), money.currency), ("76.04", "USD".to_owned()));
    assert_eq!(captured.auth_scheme, "hmac");
    let mut keys = texts(&captured);
    keys.sort();
    assert_eq!(
        keys,
        [
            "charge:ch_cDaGXcMEpS7Esr",
            "event:evt_FRFbfO9sCJtTEO",
            "order:FCJVW7ZW9CKTTHM1",
            "order@storefront:4",
            "payment:pi_uKa3HTSa0qZBtw",
        ]
    );
}

#[test]
fn a_milestone_has_the_amount_that_stands_beside_it() {
    let rules = |yaml: &str| Rules::compile(&[], &[], &[rule(yaml)], true);
    let paid =
        rules("{milestone: paid, from: response.body, when: state = done, amount: total, currency: EUR}").unwrap();
    let told = |body: &str| capture(&json_response(body), &paid);
    let captured = told(r#"{"state": "done", "total": 12.30}"#);
    assert_eq!(captured.money.map(|money| (money.amount, money.currency)), Some(("12.3".to_owned(), "EUR".to_owned())));
    assert_eq!(told(r#"{"state": "done", "total": "12.30"}"#).money.unwrap().amount, "12.30");
    assert_eq!(told(r#"{"state": "open", "total": 12.30}"#).money, None, "no milestone, no amount");
    let no_decimal = told(r#"{"state": "done", "total": "much"}"#);
    assert_eq!((no_decimal.milestone.as_deref(), no_decimal.money), (Some("paid"), None));
    for wrong in [
        "{milestone: paid, from: response.body, when: a = b, amount: total}",
        "{kind: order, from: response.body, path: id, amount: total, currency: EUR}",
        "{milestone: paid, from: response.body, when: a = b, amount: total, currency: ABC}",
        "{milestone: paid, from: response.body, when: a = b, amount: total, currency: EUR, minor_digits: {ISK: 2}}",
    ] {
        assert!(rules(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn no_credential_of_the_real_order_is_kept() {
    let rules = rules(&[Preset::Vendure, Preset::Stripe]);
    for exchange in (1..=7).map(recorded).chain([webhook()]) {
        let span = format!("{:?}", attempt_span(&exchange, &capture(&exchange, &rules)));
        for secret in ["0126666967b8a12b", "secret_nFKWJiK33JXZu0Uv", "98fe69f5b99087f4", "session.sig"] {
            assert!(!span.contains(secret), "{secret} in {span}");
        }
    }
}

#[test]
fn calls_to_stripe_bear_the_shops_own_numbers_under_the_shops_name() {
    let body = "amount=7604&metadata%5BorderId%5D=4&metadata%5BorderCode%5D=A-4&payment_method_data%5Bcard%5D%5Bnumber%5D=4242424242424242";
    let answer = r#"{"id":"pi_uKa3HTSa0qZBtw","object":"payment_intent","metadata":{"orderId":"4","orderCode":"A-4"}}"#;
    let exchange = Exchange {
        request_headers: headers_from([
            ("content-type", "application/x-www-form-urlencoded"),
            ("idempotency-key", "A-4_7604"),
            ("authorization", "Bearer sk_live_secret"),
        ]),
        request_body: Bytes::from(body).into(),
        response_headers: headers_from([("content-type", "application/json")]),
        response_body: Bytes::from(answer).into(),
        ..Exchange::new("storefront", "payments", "POST", "/v1/payment_intents/pi_uKa3HTSa0qZBtw/confirm")
    };
    let captured = capture(&exchange, &rules(&[Preset::Stripe]));
    assert_eq!(captured.operation, "POST /v1/payment_intents/{payment}/confirm");
    assert_eq!(captured.idempotency_key.as_deref(), Some("A-4_7604"));
    let mut keys = texts(&captured);
    keys.sort();
    assert_eq!(keys, ["order:A-4", "order@storefront:4", "payment:pi_uKa3HTSa0qZBtw"]);
}

#[test]
fn a_list_of_orders_links_none_of_them() {
    let list = r#"{"orders":[{"order_id":"A-1","sku":"s1"},{"order_id":"A-2","sku":"s2"}],"cart_id":"C-1"}"#;
    assert_eq!(texts(&capture(&json_response(list), &rules(&[]))), ["order@oms:77", "sku:s1", "sku:s2", "cart:C-1"]);
    let one = r#"{"order_id":"A-1","orderNumber":"1001","lines":[{"order_id":"A-1"}]}"#;
    let keys = texts(&capture(&json_response(one), &rules(&[])));
    assert_eq!(keys, ["order@oms:77", "order:A-1", "order@oms:1001"]);
    let none = Rules::compile(&[], &[], &[], false).unwrap();
    assert!(capture(&json_response(one), &none).keys.is_empty());
}

#[test]
fn capabilities_are_hashed() {
    let keys = texts(&capture(&json_response(r#"{"order_key":"wc_order_abc","cart_token":"c1-secret"}"#), &rules(&[])));
    assert_eq!(keys.len(), 3);
    assert!(!keys.iter().any(|key| key.contains("wc_order") || key.contains("secret")), "{keys:?}");
}

#[test]
fn configured_rules_read_every_part() {
    let rules = [
        "{kind: order, from: request.header, name: X-Ref, prefix: 'ref '}",
        "{from: request.path, path: '/shops/{}/carts/{cart}/**'}",
        "{kind: shipment, from: request.query, name: s, hash: true}",
        "{kind: erp_doc, from: request.graphql, path: input.doc, scope: erp}",
        "{kind: payment, from: request.body, path: 'variables.list[].p', when: 'variables.list[].t = pay'}",
        "{kind: refund, from: response.header, name: location}",
        "{idempotency: true, from: request.header, name: paypal-request-id}",
        "{operation: '{method} {header.x-topic} {query.v}'}",
        "{milestone: order.placed, from: response.body, when: ok = true}",
    ]
    .map(rule);
    let rules = Rules::compile(&[], &[], &rules, false).unwrap();
    let exchange = Exchange {
        request_headers: headers_from([
            ("x-ref", "ref A-1"),
            ("paypal-request-id", "once"),
            ("x-topic", "orders/create"),
            ("content-type", "application/json"),
        ]),
        request_body: Bytes::from(
            r#"{"variables":{"input":{"doc":"D-1"},"list":[{"t":"pay","p":"P-1"},{"p":"P-2","t":"other"}]}}"#,
        )
        .into(),
        response_headers: headers_from([("location", "R-1"), ("content-type", "application/json")]),
        response_body: Bytes::from(r#"{"ok":true}"#).into(),
        ..Exchange::new("shop", "oms", "POST", "/shops/1/carts/C-1/x?s=S-1&v=2")
    };
    let captured = capture(&exchange, &rules);
    let keys = texts(&captured);
    assert_eq!(keys[..2], ["cart:C-1", "order:A-1"]);
    assert!(keys[2].starts_with("shipment:") && !keys[2].contains("S-1"));
    assert_eq!(keys[3..], ["erp_doc@erp:D-1", "payment:P-1", "refund:R-1"]);
    assert_eq!(captured.idempotency_key.as_deref(), Some("once"));
    assert_eq!(captured.operation, "POST orders/create 2");
    assert_eq!(captured.milestone.as_deref(), Some("order.placed"));
}

#[test]
fn rules_that_cannot_be_meant_are_refused_with_what_to_write() {
    for (yaml, said) in [
        ("{from: request.body, path: a}", "exactly one of"),
        ("{kind: order, milestone: m, from: request.body, path: a}", "exactly one of"),
        ("{kind: order, path: a}", "from is missing"),
        ("{kind: order, from: request.header}", "name is missing"),
        ("{kind: order, from: request.header, name: 'a b'}", "no header name"),
        ("{kind: order, from: request.body, path: a..b}", "a..b"),
        ("{kind: order, from: request.body, path: a, when: b}", "PATH = VALUE"),
        ("{kind: order, from: request.body, name: a}", "not a name"),
        ("{from: request.path, path: orders}", "slash"),
        ("{kind: order, from: request.path, path: /a}", "drop the rest"),
        ("{operation: '{body.type'}", "not closed"),
        ("{operation: '{cookie.a}'}", "a hole is"),
        ("{milestone: m, from: request.body}", "a when"),
    ] {
        let error = Rules::compile(&[], &[], &[rule(yaml)], true).unwrap_err().to_string();
        assert!(error.contains(said), "{yaml}: {error}");
    }
}

#[test]
fn every_preset_compiles() {
    for preset in Preset::ALL {
        assert!(!rules(&[preset]).templates.is_empty(), "{}", preset.name());
    }
}

#[test]
fn a_failed_attempt_says_how() {
    let refused = Exchange { error_type: Some("connect"), ..Exchange::new("a", "b", "BREW", "/pot/1?secret=1") };
    let span = attempt_span(&refused, &capture(&refused, &rules(&[])));
    let text = format!("{span:?}");
    assert_eq!(span.name, "BREW /pot/{}");
    assert!(text.contains("\"connect\"") && text.contains("_OTHER") && !text.contains("secret"), "{text}");
    assert_eq!(span.status.unwrap().code, 2);
    let missing = Exchange { status: Some(404), ..Exchange::new("a", "b", "GET", "/") };
    assert!(format!("{:?}", attempt_span(&missing, &capture(&missing, &rules(&[])))).contains("\"404\""));
}

proptest! {
    /// Whatever the bytes, capture ends, keeps its bounds and lets no card number through.
    #[test]
    fn any_exchange_is_survived(
        target in "/[ -~]{0,40}",
        content_type in prop::sample::select(vec!["application/json", "application/x-www-form-urlencoded", "x"]),
        encoding in prop::sample::select(vec!["gzip", "identity", "br"]),
        request in prop::collection::vec(any::<u8>(), 0..300),
        response in "\\{(\"(order_id|data|code|__typename|metadata)\":[\\[{\"0-9a-z\\]},]{0,20}){0,10}",
    ) {
        let headers = headers_from([("content-type", content_type), ("content-encoding", encoding)]);
        let exchange = Exchange {
            request_headers: headers,
            request_body: BodyCopy { size: request.len() as u64 + 1, bytes: request.into() },
            response_body: Bytes::from(response).into(),
            ..Exchange::new("a", "b", "POST", &target)
        };
        let captured = capture(&exchange, &rules(&[Preset::Vendure, Preset::Stripe]));
        prop_assert!(captured.keys.len() <= 64);
        prop_assert!(!captured.keys.iter().any(|key| ordertrace_api::keys::may_be_card_number(&key.value)));
    }
}
