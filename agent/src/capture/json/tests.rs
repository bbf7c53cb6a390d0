use proptest::prelude::*;

use super::*;

fn pattern(path: &str, anchor_depth: usize) -> Pattern {
    Pattern { path: path.parse().unwrap(), anchor_depth }
}

fn texts(json: &str, path: &str) -> Vec<String> {
    let found = walk(json.as_bytes(), &[pattern(path, 0)], |_, _, _| false);
    found.hits.into_iter().map(|hit| hit.text).collect()
}

#[test]
fn paths_lead_to_their_values_and_nowhere_else() {
    let json = r#"{"a":{"b":"1","c":{"b":2}},"l":[{"id":3},{"id":-4},[{"id":5}]],"b":true}"#;
    assert_eq!(texts(json, "a.b"), ["1"]);
    assert_eq!(texts(json, "*.b"), ["1"]);
    assert_eq!(texts(json, "a.*.b"), ["2"]);
    assert_eq!(texts(json, "l[].id"), ["3", "-4"]);
    assert_eq!(texts(json, "l[][].id"), ["5"]);
    assert_eq!(texts(json, "l.*.id"), ["3", "-4"]);
    assert_eq!(texts(json, "b"), ["true"]);
    assert_eq!(texts(json, "a"), [""; 0]);
    assert_eq!(texts(r#""alone""#, "a"), [""; 0]);
}

#[test]
fn hits_in_one_object_share_their_anchor() {
    let json = r#"{"data":{"x":{"code":"A","__typename":"Order"},"y":{"__typename":"Product","code":"B"}}}"#;
    let found = walk(json.as_bytes(), &[pattern("data.*.code", 2), pattern("data.*.__typename", 2)], |_, _, _| false);
    let of = |text: &str| found.hits.iter().find(|hit| hit.text == text).unwrap().anchor;
    assert_eq!(of("A"), of("Order"));
    assert_eq!(of("B"), of("Product"));
    assert_ne!(of("A"), of("B"));
}

#[test]
fn leaves_carry_the_name_they_stand_under() {
    let json = r#"{"order_id":7,"ids":["a","b"],"deep":{"x\u0041":"c"}}"#;
    let found = walk(json.as_bytes(), &[], |_, _, _| true);
    let named: Vec<_> = found.leaves.iter().map(|leaf| (leaf.name.as_str(), leaf.text.as_str())).collect();
    assert_eq!(named, [("order_id", "7"), ("ids", "a"), ("ids", "b"), ("xA", "c")]);
}

#[test]
fn long_arrays_and_deep_nests_are_read_in_part() {
    let long = format!("[{}]", (1..=1000).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
    assert_eq!(texts(&long, "[]").len(), 64);
    let after = format!("{{\"l\":{long},\"end\":1}}");
    assert_eq!(texts(&after, "end"), ["1"]);
    let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
    assert!(walk(deep.as_bytes(), &[], |_, _, _| true).leaves.is_empty());
    let too_deep = "[".repeat(100_000);
    assert!(walk(too_deep.as_bytes(), &[], |_, _, _| true).leaves.is_empty());
}

#[test]
fn a_number_at_the_cut_is_no_id() {
    assert_eq!(texts(r#"{"a":12"#, "a"), [""; 0]);
    assert_eq!(texts(r#"{"l":[1,2"#, "l[]"), ["1"]);
    assert_eq!(texts(r#"{"a":12,"b":"#, "a"), ["12"]);
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "[a-z\"\\\\é]{0,6}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::hash_map("[a-c]{1,2}", inner, 0..5)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Cut anywhere, a body yields a beginning of what the whole body yields.
    #[test]
    fn a_cut_body_yields_a_prefix(json in any_json(), cut in any::<prop::sample::Index>()) {
        let bytes = serde_json::to_vec(&json).unwrap();
        let whole = walk(&bytes, &[pattern("a.*", 1)], |_, _, _| true);
        let part = walk(&bytes[..cut.index(bytes.len() + 1)], &[pattern("a.*", 1)], |_, _, _| true);
        prop_assert_eq!(&part.leaves[..], &whole.leaves[..part.leaves.len()]);
        prop_assert_eq!(&part.hits[..], &whole.hits[..part.hits.len()]);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        walk(&bytes, &[pattern("*.a", 1), pattern("[][]", 5)], |_, _, _| true);
    }
}
