use super::*;

fn plan(seed: u64) -> Plan {
    Plan { seed, orders: 300, begins_at: Timestamp::from_second(1_795_253_154).unwrap() }
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
        (1..=6).flat_map(|seed| make(&plan(seed)).expected).map(|expected| expected.wrong).collect();
    // Sixteen kinds; of two of orders and two of systems some hold and some are over, and of one some
    // are taken back.
    assert_eq!(kinds.len(), 21, "{kinds:?}");
}

#[test]
fn most_orders_are_fine_and_arrivals_are_in_order() {
    let days = make(&plan(3));
    assert!(days.expected.len() < 150 && days.expected.len() > 50, "{}", days.expected.len());
    assert!(days.arrivals.is_sorted_by_key(|arrival| arrival.at));
    assert!(days.systems.1 <= plan(3).begins_at && days.systems.0 < days.systems.1);
    assert!(days.arrivals.last().is_some_and(|last| last.at < days.ends_at));
}
