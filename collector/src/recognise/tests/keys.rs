use super::*;

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
    let event =
        |name| SpanEventRecord { at_ns: 1, name, attributes: attributes(&[("app.payment.transaction.id", name)]) };
    spoken.events = vec![event("charged"), event("exception")].leak();
    let found = recognise("", spoken).keys;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].key().to_string(), "payment:charged");
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
    let strength =
        |yaml: &str| recognise(yaml, span(SpanKind::Internal, &[("commerce.gift_card.id", "G")])).keys[0].strength;
    assert_eq!(strength(""), Strength::Weak);
    assert_eq!(strength("kinds: {gift_card: strong}"), Strength::Strong);
}
