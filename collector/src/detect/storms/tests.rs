use super::decide::{Counts, Minutes, Storm, storm};
use super::*;

/// A minute in the morning after more than a day.
const NOW: u32 = 3_000;

fn counts(attempts: u64, failed: u64, resent: u64) -> Counts {
    Counts { attempts, failed, resent }
}

/// A day with twenty attempts a minute, of which one fails and is tried again.
fn usual() -> Minutes {
    (NOW - 1_600..=NOW).map(|minute| (minute, counts(20, 1, 1))).collect()
}

/// The day, and the same in each of its last minutes.
fn and_then(minutes: u32, each: Counts) -> Minutes {
    let mut all = usual();
    all.extend((NOW + 1 - minutes..=NOW).map(|minute| (minute, each)));
    all
}

fn found(minutes: &Minutes) -> Option<Storm> {
    storm(minutes, NOW, None, &RetryStormSettings::default())
}

#[test]
fn declared_resends_are_a_storm() {
    // Each of 20 exchanges is tried nine times.
    let found = found(&and_then(5, counts(180, 175, 160))).unwrap();
    assert_eq!((found.since, found.attempts, found.exchanges), (NOW - 4, 900, 100));
    assert!(found.usual.is_some_and(|usual| (1.0..1.1).contains(&usual)), "{found:?}");
}

#[test]
fn retries_that_nobody_declares_are_a_storm() {
    // Never more than 95 exchanges in five minutes.
    let found = found(&and_then(5, counts(180, 180, 0))).unwrap();
    assert_eq!((found.attempts, found.exchanges), (900, 95));
}

#[test]
fn clients_that_give_up_are_no_storm() {
    // The receiver is away; each exchange is tried five times.
    for minutes in 1..=10 {
        assert_eq!(found(&and_then(minutes, counts(100, 100, 80))), None, "declared, {minutes} minutes");
        assert_eq!(found(&and_then(minutes, counts(100, 100, 0))), None, "undeclared, {minutes} minutes");
    }
}

#[test]
fn an_outage_without_retries_and_a_rush_are_no_storms() {
    assert_eq!(found(&and_then(10, counts(20, 20, 0))), None);
    assert_eq!(found(&and_then(10, counts(2_000, 20, 20))), None);
    assert_eq!(found(&and_then(10, counts(200, 100, 0))), None, "a rush half of which fails");
}

#[test]
fn few_attempts_are_no_storm() {
    let few: Minutes = (NOW - 4..=NOW).map(|minute| (minute, counts(19, 19, 19))).collect();
    assert_eq!(found(&few), None);
    let enough: Minutes = (NOW - 4..=NOW).map(|minute| (minute, counts(20, 20, 20))).collect();
    assert_eq!(found(&enough).map(|storm| (storm.attempts, storm.exchanges)), Some((100, 1)));
}

#[test]
fn what_always_fails_and_is_always_tried_again_is_its_own_usual() {
    let mut polls = Minutes::new();
    (NOW - 1_600..=NOW).for_each(|minute| {
        polls.insert(minute, counts(60, 60, 55));
    });
    assert_eq!(found(&polls), None);
    (NOW - 4..=NOW).for_each(|minute| {
        polls.insert(minute, counts(600, 600, 595));
    });
    assert!(found(&polls).is_some(), "ten times as often is none");
}

#[test]
fn without_a_past_only_what_is_declared_counts() {
    let new = |each: Counts| -> Minutes { (NOW - 4..=NOW).map(|minute| (minute, each)).collect() };
    assert_eq!(found(&new(counts(180, 180, 0))), None);
    assert!(found(&new(counts(180, 180, 160))).is_some_and(|storm| storm.usual.is_none()));
}

#[test]
fn a_storm_is_known_within_the_minute_and_holds_until_it_is_over() {
    let settings = RetryStormSettings::default();
    let mut minutes = usual();
    (NOW - 30..NOW - 20).for_each(|minute| {
        minutes.insert(minute, counts(400, 395, 380));
    });
    let at = |now: u32, since: Option<u32>| {
        storm(&minutes.range(..=now).map(|(at, c)| (*at, *c)).collect(), now, since, &settings)
    };
    assert_eq!(at(NOW - 31, None), None);
    assert_eq!(at(NOW - 30, None), None, "the four minutes before it were as usual");
    let began = at(NOW - 29, None).unwrap();
    assert_eq!(began.since, NOW - 30);
    let over = (NOW - 20..NOW).find(|now| at(*now, Some(began.since)).is_none()).unwrap();
    assert!((NOW - 18..=NOW - 12).contains(&over), "{}", NOW - over);
    assert!((over..NOW).all(|now| at(now, Some(began.since)).is_none()));
}

#[test]
fn a_storm_that_lasts_is_compared_with_what_was_before() {
    let settings = RetryStormSettings::default();
    let since = NOW - 200;
    let minutes = and_then(201, counts(180, 175, 160));
    let found = storm(&minutes, NOW, Some(since), &settings).unwrap();
    assert_eq!((found.since, found.attempts, found.exchanges), (since, 201 * 180, 201 * 20));
}

#[test]
fn observers_of_the_same_attempts_are_taken_together() {
    let client = Minutes::from([(1, counts(10, 5, 0)), (2, counts(4, 0, 0))]);
    let proxy = Minutes::from([(1, counts(9, 4, 8)), (3, counts(2, 2, 1))]);
    let expected = Minutes::from([(1, counts(10, 5, 8)), (2, counts(4, 0, 0)), (3, counts(2, 2, 1))]);
    assert_eq!(together(BTreeMap::from([(1, client), (3, proxy)])), expected);
}
