use std::collections::BTreeMap;

use ordertrace_api::reading::Entity;
use ordertrace_api::source::{RefusalStatus, SourceState, SourceStatus};
use ordertrace_config::Duration;

use crate::moment::{nanoseconds_in, timestamp};
use crate::record::SourceOutcome;
use crate::settings::SourceSettings;

/// On the way from an agent to here things may take so long beside the poll itself.
const ON_THE_WAY_NS: i64 = 15_000_000_000;

/// The newest that was told of a source with one outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) system: String,
    /// Empty for a system that tells of itself.
    pub(super) poll: String,
    pub(super) agent: String,
    /// Names with commas between.
    pub(super) entities: String,
    pub(super) outcome: SourceOutcome,
    /// Nanoseconds since the Unix epoch, as all times here.
    pub(super) at_ns: i64,
    pub(super) reason: String,
    pub(super) readings: u64,
    pub(super) refused: u64,
    pub(super) interval_ms: u32,
    pub(super) timeout_ms: u32,
}

/// How all sources are at `now_ns`, the worst first.
pub(super) fn states(told: &[Told], settings: &SourceSettings, now_ns: i64) -> Vec<SourceStatus> {
    let mut sources: BTreeMap<_, Vec<&Told>> = BTreeMap::new();
    for one in told {
        // A poll may be told to read something else; what tells of itself does so of each entity for itself.
        let entity = if one.poll.is_empty() { one.entities.as_str() } else { "" };
        sources.entry((&one.system, &one.poll, &one.agent, entity)).or_default().push(one);
    }
    let mut states: Vec<SourceStatus> =
        sources.values().filter_map(|told| Source::new(told, settings, now_ns)).map(|source| source.status()).collect();
    let heard: Vec<SourceStatus> = states.iter().filter(|status| status.state != SourceState::Stale).cloned().collect();
    states.retain(|status| status.state != SourceState::Stale || !is_replaced(status, &heard));
    states.sort_by(|one, other| one.state.cmp(&other.state).then_with(|| one.system.cmp(&other.system)));
    states
}

/// Whether what fell silent is told by another: a poll that another agent makes now, or what a system told of itself
/// now and then (as handoffs do) and a poll asks for.
fn is_replaced(silent: &SourceStatus, heard: &[SourceStatus]) -> bool {
    let polls = heard.iter().filter(|other| other.system == silent.system && other.poll.is_some());
    match &silent.poll {
        Some(poll) => polls.clone().any(|other| other.poll.as_ref() == Some(poll)),
        None => silent.entities.iter().all(|entity| polls.clone().any(|other| other.entities.contains(entity))),
    }
}

/// All that is known of a source.
struct Source<'t> {
    told: &'t [&'t Told],
    /// The last poll or reading; where there was none, what was refused.
    last: &'t Told,
    refusal: Option<&'t Told>,
    settings: &'t SourceSettings,
    now_ns: i64,
}

impl<'t> Source<'t> {
    fn new(told: &'t [&'t Told], settings: &'t SourceSettings, now_ns: i64) -> Option<Self> {
        let newest = |is_meant: fn(&Told) -> bool| {
            told.iter().filter(|told| is_meant(told)).max_by_key(|told| told.at_ns).copied()
        };
        let refusal = newest(|told| told.refused > 0);
        let last = newest(|told| told.outcome != SourceOutcome::Refused).or(refusal)?;
        Some(Self { told, last, refusal, settings, now_ns })
    }

    /// When one of these was told last.
    fn last_ns(&self, outcomes: &[SourceOutcome]) -> Option<i64> {
        self.told.iter().filter(|told| outcomes.contains(&told.outcome)).map(|told| told.at_ns).max()
    }

    fn worked_ns(&self) -> Option<i64> {
        self.last_ns(&[SourceOutcome::Ok, SourceOutcome::Partly, SourceOutcome::Late, SourceOutcome::Read])
    }

    fn is_polled(&self) -> bool {
        !self.last.poll.is_empty()
    }

    /// For how long it may be silent.
    fn silence_ns(&self) -> i64 {
        let Told { system, interval_ms, timeout_ms, .. } = self.last;
        let silence_ns = nanoseconds_in(self.settings.silence(system).get());
        if *interval_ms == 0 {
            return silence_ns;
        }
        let intervals_ns = i64::from(*interval_ms) * i64::from(self.settings.stale_after_intervals) * 1_000_000;
        if self.is_polled() {
            intervals_ns.saturating_add(i64::from(*timeout_ms) * 1_000_000).saturating_add(ON_THE_WAY_NS)
        } else {
            silence_ns.max(intervals_ns)
        }
    }

    fn state(&self) -> SourceState {
        let age_ns = |told: &Told| self.now_ns.saturating_sub(told.at_ns);
        let refused_for_ns = nanoseconds_in(self.settings.refused_for.get());
        if self.is_polled() && self.last.outcome == SourceOutcome::Refused {
            // Its poll is not over, or its account is on the way.
            return if age_ns(self.last) > self.silence_ns() { SourceState::Stale } else { SourceState::Refused };
        }
        match self.last.outcome {
            SourceOutcome::Refused => SourceState::Failed,
            _ if age_ns(self.last) > self.silence_ns() => SourceState::Stale,
            SourceOutcome::Failed => SourceState::Failed,
            SourceOutcome::Late => SourceState::Late,
            _ if self.refusal.is_some_and(|refusal| age_ns(refusal) <= refused_for_ns) => SourceState::Refused,
            _ => SourceState::Ok,
        }
    }

    fn status(&self) -> SourceStatus {
        let state = self.state();
        let last = self.last;
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let since_ns = match state {
            SourceState::Failed => self.worked_ns(),
            SourceState::Stale => Some(last.at_ns),
            SourceState::Late => self.last_ns(&[SourceOutcome::Ok, SourceOutcome::Partly]),
            SourceState::Refused => self.refusal.map(|refusal| refusal.at_ns),
            SourceState::Ok => self.last_ns(&[SourceOutcome::Late, SourceOutcome::Failed]),
            SourceState::Missing => None,
        };
        SourceStatus {
            system: last.system.clone(),
            poll: said(&last.poll),
            agent: said(&last.agent),
            entities: last.entities.split(',').filter_map(Entity::parse).collect(),
            state,
            since: since_ns.map(timestamp),
            reason: self.reason(state),
            told_at: Some(timestamp(last.at_ns)),
            worked_at: self.worked_ns().map(timestamp),
            readings: last.readings,
            refusal: self.refusal.map(|refusal| RefusalStatus {
                at: timestamp(refusal.at_ns),
                refused: refusal.refused,
                reason: refusal.reason.clone(),
            }),
            interval_ms: Some(last.interval_ms).filter(|interval_ms| *interval_ms > 0),
        }
    }

    /// Why it is so, and what to do.
    fn reason(&self, state: SourceState) -> Option<String> {
        let last = self.last;
        let refusal = || {
            let refusal = self.refusal?;
            Some(match refusal.outcome {
                SourceOutcome::Refused => {
                    let Told { refused, reason, .. } = refusal;
                    format!("the collector refused {refused} of its readings; the first: {reason}")
                }
                // The agent says how many and which.
                _ => refusal.reason.clone(),
            })
        };
        match state {
            SourceState::Ok | SourceState::Missing => None,
            SourceState::Stale if self.is_polled() => {
                let intervals = self.settings.stale_after_intervals;
                let interval = Duration::from_millis(u64::from(last.interval_ms));
                let agent =
                    if last.agent.is_empty() { "its agent".to_owned() } else { format!("agent {:?}", last.agent) };
                let before = match last.outcome {
                    SourceOutcome::Failed => format!("; the last poll failed: {}", last.reason),
                    _ => String::new(),
                };
                Some(format!(
                    "{agent} told of no poll for more than {intervals} intervals of {interval}: see whether it runs and \
                     reaches the collector (ordertrace status --agent URL){before}"
                ))
            }
            SourceState::Stale => Some(format!(
                "no reading came for {}: see whether {} still sends; if that is usual, say so in sources.rhythms",
                self.settings.silence(&last.system),
                last.system
            )),
            SourceState::Failed | SourceState::Late if last.outcome != SourceOutcome::Refused => {
                let reason =
                    if last.reason.is_empty() { "no reason was told: see the agent's log" } else { &last.reason };
                Some(reason.to_owned())
            }
            SourceState::Failed | SourceState::Late | SourceState::Refused => refusal(),
        }
    }
}

#[cfg(test)]
mod tests;
