//! Systems that stopped speaking.
//!
//! A system's rhythm is its own: a storefront speaks every minute, an ERP twice an hour, both hardly at
//! night. So a pause is not measured in time but in *busy minutes*, those in which any other system spoke:
//! how many of them went by without a word. A system is silent when its present pause is much longer
//! than any that it made in the days before.

use std::collections::{BTreeMap, BTreeSet};

use clickhouse::{Client, Row};
use jiff::Timestamp;
use ordertrace_api::finding::{FindingKind, FindingState};
use ordertrace_api::keys::Key;
use serde::Deserialize;
use tracing::instrument;

use super::ledger::{Entry, Ledger};
use super::{MINUTE_NS, minute_of};
use crate::moment::timestamp;

/// Minutes of the past by which a rhythm is known: a week.
const KNOWN_BY: u32 = 7 * 24 * 60;

/// A system that spoke in fewer minutes than this has no rhythm yet.
const AT_LEAST: usize = 30;

/// What is said arrives within so many minutes.
const LATE: u32 = 3;

/// The kind of the keys under which findings about systems are kept.
const SYSTEM: &str = "system";

/// The rule, for findings.
const RULE: &str = "a system speaks in its rhythm";

/// In which minutes (since the Unix epoch) each system spoke.
#[derive(Clone, Debug, Default)]
pub(super) struct Rhythms(BTreeMap<String, BTreeSet<u32>>);

/// A pause that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    /// The last minute in which it spoke.
    pub(super) last: u32,
    /// The longest of its pauses before, in busy minutes.
    pub(super) longest: usize,
}

#[derive(Debug, Row, Deserialize)]
struct SpokeRow {
    minute: u32,
    system: String,
}

/// Finds silent systems.
pub(super) struct Silence {
    client: Client,
    ledger: Ledger,
    rhythms: Rhythms,
    /// Up to which minute was read.
    until: Option<u32>,
}

impl Rhythms {
    fn add(&mut self, system: String, minute: u32) {
        self.0.entry(system).or_default().insert(minute);
    }

    fn forget_before(&mut self, minute: u32) {
        for minutes in self.0.values_mut() {
            *minutes = minutes.split_off(&minute);
        }
        self.0.retain(|_, minutes| !minutes.is_empty());
    }

    /// The systems that are silent at the minute `now`, and the pause of each.
    pub(super) fn silent(&self, now: u32) -> BTreeMap<&str, Pause> {
        let end = now.saturating_sub(LATE);
        self.0.iter().filter_map(|(system, spoke)| Some((system.as_str(), self.pause(system, spoke, end)?))).collect()
    }

    /// The pause that a system makes until the minute `end`, if it is too long.
    fn pause(&self, system: &str, spoke: &BTreeSet<u32>, end: u32) -> Option<Pause> {
        let last = *spoke.last().filter(|last| spoke.len() >= AT_LEAST && **last < end)?;
        let others = self.0.iter().filter(|(other, _)| *other != system);
        let busy: BTreeSet<u32> = others.flat_map(|(_, spoke)| spoke).copied().collect();
        let pauses = spoke.iter().zip(spoke.iter().skip(1));
        let longest = pauses.map(|(from, to)| busy.range(from + 1..*to).count()).max().unwrap_or(0);
        let present = busy.range(last + 1..=end).count();
        // Half as long again, and a few more: what is a little longer is chance.
        (present > longest + longest / 2 + 3).then_some(Pause { last, longest })
    }
}

impl Silence {
    pub(super) fn new(client: Client, ledger: Ledger) -> Self {
        Self { client, ledger, rhythms: Rhythms::default(), until: None }
    }

    /// Looks at all systems at `now`.
    pub(super) async fn look(&mut self, now: Timestamp) -> clickhouse::error::Result<()> {
        let minute = minute_of(now);
        self.read(minute).await?;
        let silent = self.rhythms.silent(minute);
        let keys: Vec<Key> = self.rhythms.0.keys().filter_map(|system| Key::global(SYSTEM, system)).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let known = self.ledger.of(&keys).await?;
        let mut changed = Vec::new();
        for (system, pause) in &silent {
            let Some(anchor) = Key::global(SYSTEM, system) else { continue };
            let found = entry(anchor, *pause, now);
            if !known.iter().any(|entry| entry.finding.id == found.finding.id) {
                changed.push(found);
            }
        }
        let open = known.into_iter().filter(|entry| entry.finding.state == FindingState::Open);
        changed.extend(open.filter(|entry| !silent.contains_key(entry.anchor.value.as_str())).map(|entry| {
            let mut entry = entry.ended(FindingState::Closed, now, "it speaks again");
            entry.finding.updated_at = now;
            entry
        }));
        self.ledger.write(&changed).await
    }

    #[instrument(name = "SELECT handoffs_per_minute", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "handoffs_per_minute"))]
    async fn read(&mut self, now: u32) -> clickhouse::error::Result<()> {
        let oldest = now.saturating_sub(KNOWN_BY);
        let from = self.until.map_or(oldest, |until| until.saturating_sub(LATE)).max(oldest);
        // A caller speaks, also where only the proxy heard it; so does whoever reports what it received.
        let rows = self
            .client
            .query(
                "SELECT toUInt32(intDiv(toUnixTimestamp(minute), 60)) AS minute,
                    toString(if(observer IN ('client', 'producer', 'proxy'), handoff_from, handoff_to)) AS system
                 FROM handoffs_per_minute
                 WHERE handoffs_per_minute.minute >= toDateTime(?, 'UTC') AND handoffs_per_minute.minute <= toDateTime(?, 'UTC')
                 GROUP BY minute, system HAVING system != ''",
            )
            .bind(from.saturating_mul(60))
            .bind(now.saturating_mul(60))
            .fetch_all::<SpokeRow>()
            .await?;
        rows.into_iter().for_each(|row| self.rhythms.add(row.system, row.minute));
        self.rhythms.forget_before(oldest);
        self.until = Some(now);
        Ok(())
    }
}

fn entry(anchor: Key, pause: Pause, now: Timestamp) -> Entry {
    let system = anchor.value.clone();
    let since = timestamp(i64::from(pause.last + 1).saturating_mul(MINUTE_NS));
    let says = format!(
        "nothing from {system}; in the week before, at most {} minutes went by without it while others spoke",
        pause.longest
    );
    let mut entry = Entry::open((anchor, &since.to_string()), ("", RULE), FindingKind::SilentSystem, since, says, now);
    entry.finding.system = Some(system);
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A storefront that speaks every minute of the day, and an ERP that does so every half hour.
    fn week() -> Rhythms {
        let mut rhythms = Rhythms::default();
        for minute in (0..KNOWN_BY).filter(|minute| (8 * 60..20 * 60).contains(&(minute % (24 * 60)))) {
            rhythms.add("storefront".to_owned(), minute);
            if minute % 30 == 0 {
                rhythms.add("erp".to_owned(), minute);
            }
        }
        rhythms
    }

    /// The week, and the storefront alone for so many minutes of the next morning.
    fn and_then(minutes: u32) -> (Rhythms, u32) {
        let (mut rhythms, morning) = (week(), KNOWN_BY + 8 * 60);
        (morning..morning + minutes).for_each(|minute| rhythms.add("storefront".to_owned(), minute));
        (rhythms, morning + minutes)
    }

    #[test]
    fn a_night_is_no_silence() {
        let rhythms = week();
        for now in (KNOWN_BY - 12 * 60)..(KNOWN_BY + 8 * 60) {
            assert_eq!(rhythms.silent(now), BTreeMap::new(), "{now}");
        }
    }

    #[test]
    fn a_pause_within_its_rhythm_is_no_silence() {
        let (rhythms, now) = and_then(15);
        assert_eq!(rhythms.silent(now), BTreeMap::new());
    }

    #[test]
    fn a_pause_much_longer_than_any_before_is_silence() {
        let (rhythms, now) = and_then(60);
        // The last word was half an hour before the evening.
        let pause = Pause { last: KNOWN_BY - 4 * 60 - 30, longest: 29 };
        assert_eq!(rhythms.silent(now), BTreeMap::from([("erp", pause)]));
    }

    #[test]
    fn a_system_without_a_rhythm_is_not_missed() {
        let (mut rhythms, now) = and_then(60);
        (0..AT_LEAST as u32 - 1).for_each(|minute| rhythms.add("feed".to_owned(), minute));
        assert!(!rhythms.silent(now).contains_key("feed"));
    }

    #[test]
    fn when_nobody_speaks_nobody_is_silent() {
        let (rhythms, now) = and_then(15);
        assert_eq!(rhythms.silent(now + 600), BTreeMap::new());
    }
}
