use super::*;

/// `ORDER SKU LOCATION UNITS` of each line, without what is not said.
fn told(lines: Option<&OrderLines<'_>>) -> Vec<String> {
    let Some(OrderLines { order, lines, .. }) = lines else { return Vec::new() };
    let line = |line: &crate::record::LineRecord<'_>| {
        let of = [order.key().to_string(), line.sku.to_owned(), line.location.to_owned(), line.units.to_owned()];
        of.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    };
    lines.iter().map(line).collect()
}

fn lines_with(yaml: &str, pairs: &[(&str, &str)]) -> Vec<String> {
    told(recognise(yaml, span(SpanKind::Internal, pairs)).lines)
}

fn lines(pairs: &[(&str, &str)]) -> Vec<String> {
    lines_with("", pairs)
}

const ORDER: (&str, &str) = ("commerce.order.id", "A-1");

#[test]
fn a_sku_beside_an_order_is_a_line_of_it() {
    let one = [ORDER, ("commerce.sku.id", "HAT"), ("commerce.units", "2"), ("commerce.location", "main")];
    assert_eq!(lines(&one), ["order:A-1 HAT main 2"]);
    assert_eq!(lines(&one[1..]), [""; 0], "of no order");
    assert_eq!(lines(&one[..1]), [""; 0], "no goods");
    assert_eq!(lines(&[("cart_id", "C-1"), one[1]]), [""; 0], "a cart is no order");
    let keys = [("payment_intent", "pi_1"), ORDER, ("commerce.sku", "HAT")];
    assert_eq!(lines(&keys), ["order:A-1 HAT"], "by the key that names it best");
    assert_eq!(lines(&[ORDER, ("commerce.sku.id", "4711")]), ["order:A-1 4711"], "as readings write it");
    let many = r#"["A","B","C","D"]"#;
    assert_eq!(lines(&[("commerce.order.id", many), one[1]]), [""; 0], "nobody knows which of a batch");
}

#[test]
fn lists_side_by_side_are_lines() {
    let skus = ("commerce.sku.id", r#"["HAT","BELT","HAT"]"#);
    let units = |text| lines(&[ORDER, skus, ("commerce.units", text)]);
    assert_eq!(units(r#"["2","0.25",1]"#), ["order:A-1 HAT 3", "order:A-1 BELT 0.25"]);
    assert_eq!(units(r#"["2","many",1]"#), ["order:A-1 HAT 3", "order:A-1 BELT"]);
    assert_eq!(units(r#"["2",1]"#), ["order:A-1 HAT", "order:A-1 BELT"], "nobody knows which is whose");
    assert_eq!(units("4"), ["order:A-1 HAT", "order:A-1 BELT"], "that is all together");
    let locations = |text| lines(&[ORDER, skus, ("commerce.location.id", text), ("commerce.units", "[1,2,3]")]);
    assert_eq!(locations("east"), ["order:A-1 HAT east 4", "order:A-1 BELT east 2"]);
    assert_eq!(
        locations(r#"["east","main","main"]"#),
        ["order:A-1 HAT east 1", "order:A-1 BELT main 2", "order:A-1 HAT main 3"]
    );
    let twice = [ORDER, ("commerce.sku.id", "HAT"), ("sku", "HAT"), ("commerce.units", "2")];
    assert_eq!(lines(&twice), ["order:A-1 HAT 2"], "two attributes say the same");
}

#[test]
fn what_is_no_number_of_units_is_not_said() {
    for text in ["", "-1", "two", "NaN", "1e3", "[]", "{}"] {
        let line = lines(&[ORDER, ("commerce.sku.id", "HAT"), ("commerce.units", text)]);
        assert_eq!(line, ["order:A-1 HAT"], "{text:?}");
    }
}

#[test]
fn lines_stand_on_span_events_and_in_urls_too() {
    let event = |sku, units| SpanEventRecord {
        at_ns: 1,
        name: "order.line",
        attributes: attributes(&[("commerce.sku.id", sku), ("commerce.units", units)]),
    };
    let money = [ORDER, ("commerce.amount", "12.30"), ("commerce.currency", "EUR")];
    let sent =
        SpanRecord { events: vec![event("HAT", "1"), event("BELT", "5")].leak(), ..span(SpanKind::Internal, &money) };
    let found = recognise("", sent).lines.unwrap();
    assert_eq!(told(Some(found)), ["order:A-1 HAT 1", "order:A-1 BELT 5"]);
    assert_eq!((found.amount, found.currency), ("12.30", "EUR"));
    let yaml = "{keys: [{attribute: shop.article, kind: sku}], templates: [{path: '/orders/{order}/skus/{sku}'}]}";
    assert_eq!(lines_with(yaml, &[ORDER, ("shop.article", "HAT")]), ["order:A-1 HAT"]);
    let url = [("url.path", "/orders/A-1/skus/HAT"), ("commerce.units", "3")];
    assert_eq!(lines_with(yaml, &url), ["order:A-1 HAT 3"]);
}

#[test]
fn log_records_have_lines() {
    let mut events = [EventRecord {
        at_ns: 1,
        name: "order.placed",
        severity: 0,
        body: "",
        origin: &ORIGIN,
        attributes: attributes(&[ORDER, ("commerce.sku.id", "HAT"), ("commerce.units", "1.5")]),
        trace_id: [0; 16],
        span_id: [0; 8],
        keys: &[],
        lines: None,
        milestone: "",
        reading: None,
    }];
    Recogniser::new(&RecogniseSettings::default()).unwrap().events(arena(), &mut events);
    assert_eq!(told(events[0].lines), ["order:A-1 HAT 1.5"]);
}
