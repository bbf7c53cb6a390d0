use jiff::{SignedDuration, Timestamp};
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use ordertrace_api::attributes::{AUTH_SCHEME, TLS_STATE};
use ordertrace_api::finding::{FindingKind, FindingState};

use super::expected::{Expected, Subject, Wrong};
use super::otlp::{Saying, request};
use super::{Arrival, Signal};
use crate::chance::{Chance, Seed};

/// What systems say to each other, and what is to be found in it.
#[derive(Clone, Debug)]
pub(super) struct Traffic {
    pub(super) arrivals: Vec<Arrival>,
    pub(super) expected: Vec<Expected>,
    pub(super) begins_at: Timestamp,
    pub(super) ends_at: Timestamp,
}

/// Minutes of it.
const MINUTES: u32 = 240;

/// Minutes after which telemetry of a minute counts as complete, for silence.
const SILENCE_LATE: u32 = 3;

/// What happens in these hours. All minutes are counted from their beginning.
struct Course {
    /// When the PIM speaks.
    pim: Vec<u32>,
    /// When the CRM speaks; it never stops.
    crm: Vec<u32>,
    /// When prices are asked for again and again.
    storm: std::ops::Range<u32>,
    /// Whether callers say that they ask again.
    storm_is_declared: bool,
    /// When search is away, and its callers give up after four attempts.
    outage: std::ops::Range<u32>,
    outage_is_declared: bool,
    /// When marketplaces list ten times as much as usual.
    rush: std::ops::Range<u32>,
    /// From when on marketplaces do not encrypt what they tell the loyalty programme.
    plaintext_from: u32,
    /// From when on marketplaces send translators no credential.
    unauthenticated_from: u32,
}

/// Sender, receiver and operation.
type Ends = (&'static str, &'static str, &'static str);

/// What a proxy says of a connection: scheme of authentication and encryption.
type Access = (&'static str, &'static str);

/// The hours before `ends_at`.
pub(super) fn make(seed: Seed, ends_at: Timestamp) -> Traffic {
    // Whole minutes, as they are counted.
    let ends_s = ends_at.as_second().div_euclid(60) * 60;
    let minute_at = |minute: u32| {
        Timestamp::from_second(ends_s - i64::from(MINUTES - minute) * 60).unwrap_or(Timestamp::UNIX_EPOCH)
    };
    let mut chance = seed.chance(&["traffic"]);
    let course = Course::planned(&mut chance);
    let arrivals = (0..MINUTES).map(|minute| {
        let spans = course.spans(seed, minute, minute_at(minute));
        // The batch of a minute is sent when that is over.
        let late_ms = i64::try_from(chance.between(50, 20_000)).unwrap_or_default();
        let at = minute_at(minute + 1).saturating_add(SignedDuration::from_millis(late_ms));
        Arrival { at: at.unwrap_or(ends_at), signal: Signal::Traces, body: request(spans) }
    });
    Traffic {
        arrivals: arrivals.collect(),
        expected: course.expected(minute_at),
        begins_at: minute_at(0),
        ends_at: minute_at(MINUTES),
    }
}

impl Course {
    fn planned(chance: &mut Chance) -> Self {
        let crm = rhythm(chance, 0, MINUTES);
        let silent_from = small(chance, 170, 190);
        let mut pim = rhythm(chance, 0, silent_from);
        if chance.happens(50) {
            pim.extend(rhythm(chance, silent_from + 40, MINUTES));
        }
        let begins = if chance.happens(50) { small(chance, 150, 200) } else { MINUTES - 10 };
        let outage = small(chance, 80, 200);
        let rush = small(chance, 80, 200);
        Self {
            pim,
            crm,
            storm: begins..(begins + 10).min(MINUTES),
            storm_is_declared: chance.happens(50),
            outage: outage..outage + 8,
            outage_is_declared: chance.happens(50),
            rush: rush..rush + 8,
            plaintext_from: small(chance, 10, 230),
            unauthenticated_from: small(chance, 10, 230),
        }
    }

    /// What is said in a minute.
    fn spans(&self, seed: Seed, minute: u32, at: Timestamp) -> Vec<ResourceSpans> {
        let mut minute_of = Minute { chance: seed.chance(&["minute", &minute.to_string()]), at, spans: Vec::new() };
        if self.storm.contains(&minute) {
            // Every exchange is tried about thirty times.
            let declared = self.storm_is_declared;
            minute_of.calls(("storefront", "pricing", "GET /prices"), 4, 30, declared);
        } else {
            let calls = small(&mut minute_of.chance, 3, 5);
            minute_of.calls(("storefront", "pricing", "GET /prices"), calls, 0, false);
        }
        let calls = small(&mut minute_of.chance, 10, 14);
        let failures = if self.outage.contains(&minute) { 4 } else { 0 };
        minute_of.calls(("storefront", "search", "GET /search"), calls, failures, self.outage_is_declared);
        let calls = if self.rush.contains(&minute) { 60 } else { 6 };
        minute_of.calls(("marketplace", "feeds", "POST /listings"), calls, 0, false);
        for (system, called, operation, minutes) in
            [("pim", "search", "PUT /index", &self.pim), ("crm", "mail", "POST /mails", &self.crm)]
        {
            if minutes.contains(&minute) {
                minute_of.call((system, called, operation), None);
            }
        }
        let tls = if minute < self.plaintext_from { "TLSv1.2" } else { "none" };
        minute_of.call(("marketplace", "loyalty", "POST /points"), Some(("basic", tls)));
        let scheme = if minute < self.unauthenticated_from { "api-key" } else { "none" };
        minute_of.call(("marketplace", "translator", "POST /texts"), Some((scheme, "TLSv1.3")));
        minute_of.spans
    }

    /// What must be found. Systems are looked at once a minute, so what shows in a minute can be known
    /// when that is over.
    fn expected(&self, minute_at: impl Fn(u32) -> Timestamp) -> Vec<Expected> {
        let mut expected = Vec::new();
        let mut found = |system: &str, kind: FindingKind, is_open: bool, minute: u32| {
            let state = if is_open { FindingState::Open } else { FindingState::Closed };
            expected.push(Expected {
                subject: Subject::System(system.to_owned()),
                wrong: Wrong { kind, state },
                knowable_at: Some(minute_at(minute + 1)),
            });
        };
        let pauses = || self.pim.iter().zip(self.pim.iter().skip(1)).map(|(from, to)| (*from, to - from - 1));
        // The storefront speaks in every minute, so that all are busy.
        let (last, is_open) = match pauses().find(|(_, pause)| *pause >= 30) {
            Some((from, _)) => (from, false),
            None => (self.pim.last().copied().unwrap_or_default(), true),
        };
        let longest = pauses().filter(|(from, _)| *from < last).map(|(_, pause)| pause).max().unwrap_or_default();
        let too_long = longest + longest / 2 + 4;
        found("pim", FindingKind::SilentSystem, is_open, last + too_long + SILENCE_LATE);
        // After two minutes of it there are attempts enough; they arrive within the third.
        let is_open = self.storm.end == MINUTES;
        found("pricing", FindingKind::RetryStorm, is_open, self.storm.start + 2);
        // What is said in a minute arrives within the next.
        found("loyalty", FindingKind::PlaintextHandoff, true, self.plaintext_from + 1);
        found("translator", FindingKind::UnauthenticatedHandoff, true, self.unauthenticated_from + 1);
        expected
    }
}

/// Minutes in which a system speaks that pauses for one to seven minutes.
fn rhythm(chance: &mut Chance, from: u32, until: u32) -> Vec<u32> {
    let mut minutes = Vec::new();
    let mut minute = from;
    while minute < until {
        minutes.push(minute);
        minute += small(chance, 2, 8);
    }
    minutes
}

fn small(chance: &mut Chance, low: u32, high: u32) -> u32 {
    u32::try_from(chance.between(u64::from(low), u64::from(high))).unwrap_or(high)
}

/// A minute that is being filled.
struct Minute {
    chance: Chance,
    at: Timestamp,
    spans: Vec<ResourceSpans>,
}

impl Minute {
    /// So many exchanges between sender and receiver, each of which fails so often and is given up
    /// then; 0 = each succeeds.
    fn calls(&mut self, ends: Ends, calls: u32, failures: u32, declared: bool) {
        for attempt in (0..calls).flat_map(|_| 0..failures.max(1)) {
            let resent = if declared { attempt } else { 0 };
            self.say(&Saying { failed: failures > 0, resent, ..saying(ends) });
        }
    }

    /// One exchange, by a connection of which something may be known.
    fn call(&mut self, ends: Ends, access: Option<Access>) {
        let known = access.into_iter().flat_map(|(scheme, tls)| [(AUTH_SCHEME, scheme), (TLS_STATE, tls)]);
        let attributes = known.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.say(&Saying { attributes, ..saying(ends) });
    }

    fn say(&mut self, saying: &Saying) {
        let after = i64::try_from(self.chance.between(0, 59_000)).unwrap_or_default();
        let at = self.at.saturating_add(SignedDuration::from_millis(after)).unwrap_or(self.at);
        let (high, low) = (self.chance.bits() | 1, self.chance.bits());
        let trace_id = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
        self.spans.push(saying.span(at, trace_id, (self.chance.bits() | 1).to_be_bytes()));
    }
}

fn saying((system, called, operation): Ends) -> Saying {
    Saying { system, name: operation.to_owned(), calls: Some(called), ..Saying::default() }
}
