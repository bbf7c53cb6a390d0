use super::*;

fn plan(seed: u64) -> Plan {
    Plan { seed, orders: 300, begins_at: Timestamp::UNIX_EPOCH }
}

#[test]
fn equal_seeds_make_equal_days() {
    let (one, other) = (make(&plan(1)), make(&plan(1)));
    assert_eq!(one.expected, other.expected);
    assert!(one.arrivals.iter().map(|arrival| &arrival.body).eq(other.arrivals.iter().map(|arrival| &arrival.body)));
    assert_ne!(one.expected, make(&plan(2)).expected);
}

#[test]
fn every_kind_of_fault_happens() {
    let kinds: std::collections::BTreeSet<_> =
        (1..=3).flat_map(|seed| make(&plan(seed)).expected).map(|expected| expected.wrong).collect();
    // Eleven kinds, three of which close or are taken back as well.
    assert_eq!(kinds.len(), 15, "{kinds:?}");
}

#[test]
fn most_orders_are_fine_and_arrivals_are_in_order() {
    let days = make(&plan(3));
    assert!(days.expected.len() < 150 && days.expected.len() > 50, "{}", days.expected.len());
    assert!(days.arrivals.is_sorted_by_key(|arrival| arrival.at));
    assert!(days.arrivals.last().is_some_and(|last| last.at < days.ends_at));
}
