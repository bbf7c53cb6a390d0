use super::*;
use crate::settings::RhythmSettings;

const SECOND_NS: i64 = 1_000_000_000;

/// Told by a poll of every minute that may take half of one, at so many seconds.
fn polled(outcome: SourceOutcome, at_s: i64) -> Told {
    Told {
        system: "erp".to_owned(),
        poll: "erp-stock".to_owned(),
        agent: "agent-1".to_owned(),
        entities: "inventory,price".to_owned(),
        outcome,
        at_ns: at_s * SECOND_NS,
        reason: String::new(),
        readings: 7,
        refused: 0,
        interval_ms: 60_000,
        timeout_ms: 30_000,
    }
}

fn because(reason: &str, told: Told) -> Told {
    Told { reason: reason.to_owned(), ..told }
}

fn refused(reason: &str, told: Told) -> Told {
    Told { refused: 2, ..because(reason, told) }
}

/// Told by a system of itself.
fn read(outcome: SourceOutcome, at_s: i64) -> Told {
    let told = polled(outcome, at_s);
    let entities = "inventory".to_owned();
    Told { poll: String::new(), agent: String::new(), entities, interval_ms: 0, timeout_ms: 0, ..told }
}

fn at(told: &[Told], now_s: i64) -> Vec<SourceStatus> {
    states(told, &SourceSettings::default(), now_s * SECOND_NS)
}

/// The only source: its state, since when in seconds, and why.
fn only(told: &[Told], now_s: i64) -> (SourceState, Option<i64>, String) {
    let sources = at(told, now_s);
    let [source] = &sources[..] else { panic!("{sources:#?}") };
    (source.state, source.since.map(|since| since.as_second()), source.reason.clone().unwrap_or_default())
}

#[test]
fn the_last_poll_says_how_a_source_is_and_those_before_since_when() {
    let ok = polled(SourceOutcome::Ok, 100);
    assert_eq!(only(std::slice::from_ref(&ok), 130), (SourceState::Ok, None, String::new()));
    let failed = because("the cursor went backwards", polled(SourceOutcome::Failed, 220));
    let told = [ok.clone(), failed.clone()];
    assert_eq!(only(&told, 230), (SourceState::Failed, Some(100), "the cursor went backwards".to_owned()));
    let [source] = &at(&told, 230)[..] else { panic!() };
    assert_eq!(source.worked_at.unwrap().as_second(), 100);
    assert_eq!((source.told_at.unwrap().as_second(), source.readings), (220, 7));
    assert_eq!(source.entities, [Entity::Inventory, Entity::Price]);
    assert_eq!(only(&[failed], 230).1, None, "it never worked");
    let late = because("more is there", polled(SourceOutcome::Late, 160));
    assert_eq!(only(&[ok.clone(), late], 170), (SourceState::Late, Some(100), "more is there".to_owned()));
    let told = [polled(SourceOutcome::Failed, 50), ok];
    assert_eq!(only(&told, 130), (SourceState::Ok, Some(50), String::new()), "it came back after that");
}

#[test]
fn a_source_of_which_no_poll_is_told_grows_stale() {
    let told = [polled(SourceOutcome::Ok, 100)];
    // Three intervals, a poll that takes all its time, and the way.
    let limit_s = 100 + 180 + 30 + 15;
    assert_eq!(only(&told, limit_s).0, SourceState::Ok);
    let (state, since, reason) = only(&told, limit_s + 1);
    assert_eq!((state, since), (SourceState::Stale, Some(100)));
    assert!(reason.contains("agent \"agent-1\" told of no poll for more than 3 intervals of 1m"), "{reason}");
    let failed = [because("gone", polled(SourceOutcome::Failed, 100))];
    let (state, _, reason) = only(&failed, limit_s + 1);
    assert!(state == SourceState::Stale && reason.ends_with("the last poll failed: gone"), "{reason}");
}

#[test]
fn a_poll_that_another_agent_took_over_is_not_stale() {
    let other = |at_s| Told { agent: "agent-2".to_owned(), ..polled(SourceOutcome::Ok, at_s) };
    let sources = at(&[polled(SourceOutcome::Ok, 100), other(990)], 1_000);
    assert_eq!(sources.len(), 1);
    assert_eq!((sources[0].agent.as_deref(), sources[0].state), (Some("agent-2"), SourceState::Ok));
    assert_eq!(at(&[polled(SourceOutcome::Ok, 100), other(200)], 1_000).len(), 2, "neither goes on");
    assert_eq!(at(&[polled(SourceOutcome::Failed, 980), other(990)], 1_000).len(), 2, "both go on");
}

#[test]
fn a_system_that_is_polled_need_not_tell_of_itself() {
    let of_a_handoff = read(SourceOutcome::Read, 100);
    let sources = at(&[of_a_handoff.clone(), polled(SourceOutcome::Ok, 9_990)], 10_000);
    assert_eq!(sources.iter().map(|source| source.poll.as_deref()).collect::<Vec<_>>(), [Some("erp-stock")]);
    let of_prices = Told { entities: "price".to_owned(), ..polled(SourceOutcome::Ok, 9_990) };
    let states: Vec<_> = at(&[of_a_handoff, of_prices], 10_000).iter().map(|source| source.state).collect();
    assert_eq!(states, [SourceState::Stale, SourceState::Ok], "nobody polls its stock");
}

#[test]
fn refused_readings_are_told_for_a_while_whoever_refused_them() {
    let partly = refused("2 readings refused; the first: stock.csv:2", polled(SourceOutcome::Partly, 100));
    let ok = polled(SourceOutcome::Ok, 160);
    let told = [partly, ok.clone()];
    let (state, since, reason) = only(&told, 170);
    assert_eq!((state, since), (SourceState::Refused, Some(100)));
    assert!(reason.contains("the first: stock.csv:2"), "{reason}");
    let here = refused("its commerce.currency \"XXQ\" is no code", polled(SourceOutcome::Refused, 159));
    let (state, _, reason) = only(&[ok.clone(), here.clone()], 170);
    assert_eq!(state, SourceState::Refused);
    assert!(
        reason.starts_with("the collector refused 2 of its readings; the first: its commerce.currency"),
        "{reason}"
    );
    let later = [here.clone(), Told { at_ns: 4_000 * SECOND_NS, ..ok }];
    let [source] = &at(&later, 4_010)[..] else { panic!() };
    assert_eq!((source.state, source.refusal.as_ref().unwrap().refused), (SourceState::Ok, 2), "it is not forgotten");
    assert_eq!(only(std::slice::from_ref(&here), 170).0, SourceState::Refused, "before its poll is told of");
}

#[test]
fn a_system_that_tells_of_itself_must_not_be_silent_for_longer_than_it_may() {
    let told = [read(SourceOutcome::Read, 100)];
    assert_eq!(only(&told, 3_700).0, SourceState::Ok);
    let (state, since, reason) = only(&told, 3_701);
    assert_eq!((state, since), (SourceState::Stale, Some(100)));
    assert!(reason.starts_with("no reading came for 1h: see whether erp still sends"), "{reason}");
    let day = Duration::from_days(1);
    let settings = SourceSettings {
        rhythms: vec![RhythmSettings { system: "erp".to_owned(), stale_after: day }],
        ..SourceSettings::default()
    };
    assert_eq!(states(&told, &settings, 3_701 * SECOND_NS)[0].state, SourceState::Ok);
    let polls_itself = [Told { interval_ms: 7_200_000, ..told[0].clone() }];
    assert_eq!(only(&polls_itself, 20_000).0, SourceState::Ok, "it says itself that it looks every two hours");
    let prices = Told { entities: "price".to_owned(), ..read(SourceOutcome::Read, 4_000) };
    let states: Vec<_> = at(&[told[0].clone(), prices], 4_100).iter().map(|source| source.state).collect();
    assert_eq!(states, [SourceState::Stale, SourceState::Ok], "of each entity for itself, the worse first");
}

#[test]
fn a_system_of_which_no_reading_could_be_taken_failed() {
    let told = [refused("its value is NaN", read(SourceOutcome::Refused, 100))];
    let (state, since, reason) = only(&told, 10_000);
    assert_eq!((state, since), (SourceState::Failed, None));
    assert!(reason.ends_with("the first: its value is NaN"), "{reason}");
}
