use ordertrace_api::keys::Strength;
use ordertrace_api::span::SpanKind;

use super::super::shape::texts;
use super::*;
use crate::record::{Origin, Scope, SpanStatus};

fn span<'a>(name: &'a str, attributes: &'a [(&'a str, &'a str)], keys: &'a [Mention<'a>]) -> SpanRecord<'a> {
    SpanRecord {
        trace_id: [1; 16],
        span_id: [1; 8],
        parent_span_id: [0; 8],
        trace_state: "",
        started_at_ns: 0,
        duration_ns: 0,
        name,
        kind: SpanKind::Internal,
        status: SpanStatus::Unset,
        status_message: "",
        origin: &Origin { service: "", system: "", attributes: &[] },
        scope: &Scope { name: "", version: "", attributes: &[] },
        attributes,
        events: &[],
        links: &[],
        keys,
        lines: None,
        noise: "",
        milestone: "",
        side: None,
    }
}

/// The number of the span's shape, and the texts it has of its own.
fn shape<'r>(templates: &mut Templates, shapes: &mut Dictionary, span: &SpanRecord<'r>) -> (u32, Vec<&'r str>) {
    let (mut all, mut own) = (Vec::new(), Vec::new());
    texts(span, &mut all);
    let number = templates.shape(span, &all, &mut own, shapes);
    (number, own)
}

#[test]
fn what_differs_is_learned_once_and_kept_for_later_groups() {
    let (mut templates, mut shapes) = (Templates::default(), Dictionary::default());
    let first = shape(&mut templates, &mut shapes, &span("a", &[("route", "/x"), ("size", "1")], &[]));
    assert_eq!(first, (0, vec![]));
    let second = shape(&mut templates, &mut shapes, &span("a", &[("route", "/x"), ("size", "2")], &[]));
    assert_eq!(second, (1, vec!["2"]));
    assert_eq!(shape(&mut templates, &mut shapes, &span("a", &[("route", "/x"), ("size", "1")], &[])), (1, vec!["1"]));
    assert_eq!(shape(&mut templates, &mut shapes, &span("b", &[("route", "/x"), ("size", "1")], &[])), (2, vec![]));
    let (mut templates, mut shapes) = (templates.next_group(), Dictionary::default());
    assert_eq!(shape(&mut templates, &mut shapes, &span("a", &[("route", "/x"), ("size", "9")], &[])), (0, vec!["9"]));
}

#[test]
fn a_key_is_its_attribute() {
    let (mut templates, mut shapes) = (Templates::default(), Dictionary::default());
    for order in ["R1", "R2"] {
        let key = Mention { kind: "order", system: "", value: order, strength: Strength::Strong };
        let (attributes, keys) = ([("order.id", order), ("url.path", "/orders/1048821")], [key]);
        let (number, own) = shape(&mut templates, &mut shapes, &span("a", &attributes, &keys));
        assert_eq!((number, own), (0, vec![order, "/orders/1048821"]));
    }
}

#[test]
fn names_that_never_end_are_texts() {
    let (mut templates, mut shapes) = (Templates::default(), Dictionary::default());
    let names: Vec<String> = (0..2_000).map(|n| format!("job {n}")).collect();
    let numbers: Vec<u32> =
        names.iter().map(|name| shape(&mut templates, &mut shapes, &span(name, &[], &[])).0).collect();
    assert_eq!(numbers.into_iter().max(), Some(MOST_NAMES + 1));
}

#[test]
fn texts_that_a_shape_has_once_are_counted_as_often_as_they_are_kept() {
    let (mut templates, mut shapes) = (Templates::default(), Dictionary::default());
    let value = "v".repeat(10_000);
    for n in 0..20 {
        let names: Vec<String> = (0..100).map(|name| format!("{n}.{name}")).collect();
        let attributes: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), value.as_str())).collect();
        shape(&mut templates, &mut shapes, &span("a", &attributes, &[]));
        let kept: usize = templates.templates.iter().map(|template| template.rules.len() * value.len()).sum();
        assert!(kept <= MOST_BYTES + 3 * 1024 * 1024, "{kept} bytes of texts are kept");
    }
}

#[test]
fn so_many_kinds_that_they_are_forgotten_do_no_harm() {
    let (mut templates, mut shapes) = (Templates::default(), Dictionary::default());
    let long = "x".repeat(10_000);
    for n in 0..1_000 {
        let name = format!("{long}{n}");
        let attributes = [(name.as_str(), "v")];
        assert_eq!(shape(&mut templates, &mut shapes, &span("a", &attributes, &[])), (n, vec![]));
        assert!(templates.bytes <= MOST_BYTES + 4 * long.len());
    }
}
