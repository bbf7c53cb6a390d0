use std::collections::BTreeMap;

use jiff::Timestamp;

use super::*;

fn plan(seed: u64) -> Plan {
    Plan { seed, skus: 25, hours: 8, begins_at: Timestamp::from_second(1_795_253_154).unwrap() }
}

#[test]
fn equal_seeds_make_equal_days() {
    let (one, other) = (make(&plan(1)), make(&plan(1)));
    assert_eq!(one.watched, other.watched);
    assert!(one.arrivals.iter().map(|arrival| &arrival.body).eq(other.arrivals.iter().map(|arrival| &arrival.body)));
    assert_ne!(one.watched, make(&plan(2)).watched);
}

#[test]
fn every_kind_of_fault_makes_a_difference() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let watched: Vec<Watched> = (1..=8).flat_map(|seed| make(&plan(seed)).watched).collect();
    for stretch in watched.iter().flat_map(|watched| &watched.stretches) {
        match &stretch.cause {
            Cause::Faults(faults) => {
                faults.iter().for_each(|fault| *counts.entry(format!("{fault:?}")).or_default() += 1);
            }
            cause => *counts.entry(format!("{cause:?}")).or_default() += 1,
        }
    }
    assert_eq!(counts.len(), 10, "{counts:?}");
}

#[test]
fn most_of_what_differs_has_clear_ends_that_hold_the_truth() {
    let days = make(&plan(3));
    let stretches: Vec<&Stretch> = days.watched.iter().flat_map(|watched| &watched.stretches).collect();
    let clear: Vec<&&Stretch> = stretches.iter().filter(|stretch| stretch.is_clear).collect();
    assert!(clear.len() * 10 > stretches.len() * 8, "{} of {}", clear.len(), stretches.len());
    for stretch in clear {
        for known in [Some(stretch.since), stretch.until].into_iter().flatten() {
            assert!(known.earliest <= known.held && known.held <= known.latest, "{known:?}");
        }
        assert!(stretch.until.is_none_or(|until| until.latest > stretch.since.latest));
    }
}

#[test]
fn arrivals_are_in_order_and_everything_is_known_in_the_end() {
    let days = make(&plan(4));
    assert!(days.arrivals.is_sorted_by_key(|arrival| arrival.at));
    assert!(days.arrivals.last().is_some_and(|last| last.at <= days.ends_at));
    assert!(days.watched.iter().all(|watched| watched.seen.is_sorted_by_key(|seen| seen.at)));
    for watched in &days.watched {
        let differs = watched.seen.last().is_some_and(|seen| seen.differs.is_some());
        assert_eq!(differs, watched.stretches.last().is_some_and(|stretch| stretch.until.is_none()), "{watched:?}");
    }
}

#[test]
fn a_feed_that_is_not_made_any_more_grows_old() {
    let days = make(&plan(1));
    let ages_s = (0..8 * 60).filter_map(|minute| {
        let now = plan(1).begins_at + jiff::SignedDuration::from_mins(minute);
        days.feed.age(now).map(|age| age.as_secs())
    });
    let ages_s: Vec<i64> = ages_s.collect();
    assert!(ages_s.iter().any(|age_s| *age_s > 3_600), "it stops for an hour at least");
    assert!(ages_s.iter().filter(|age_s| **age_s < 900).count() > 60, "and is made every quarter of an hour before");
}

#[test]
fn orders_in_flight_explain_what_they_brought_about_and_no_faults() {
    let (mut alone, mut explained, mut faulty, mut unexplained) = (0, 0, 0, 0);
    for watched in (1..=2).flat_map(|seed| make(&plan(seed)).watched) {
        for seen in &watched.seen {
            let Some(differs) = &seen.differs else { continue };
            let aware = watched.aware(seen.at, differs);
            let cause = differs.stretch.map(|stretch| &watched.stretches[stretch].cause);
            let is_whole = aware.unexplained == "0";
            match cause {
                Some(Cause::InFlight) => {
                    alone += 1;
                    explained += usize::from(is_whole);
                }
                Some(Cause::Faults(_)) => {
                    faulty += 1;
                    unexplained += usize::from(!is_whole);
                }
                _ => {}
            }
            assert!(watched.target != "erp" || aware.in_flight == 0, "it has no orders of its own: {aware:?}");
        }
    }
    assert!(alone > 50 && explained * 100 > alone * 85, "{explained} of {alone}");
    assert!(faulty > 50 && unexplained * 100 > faulty * 85, "{unexplained} of {faulty}");
}
