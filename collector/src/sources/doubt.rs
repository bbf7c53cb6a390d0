use std::collections::BTreeSet;

use ordertrace_api::reading::Entity;
use ordertrace_api::source::{Doubt, SourceState, SourceStatus};
use ordertrace_api::sync::SyncReply;

use crate::settings::SyncSettings;

/// What must tell of what: every system of which something is compared.
pub(super) type Expected = BTreeSet<(String, Entity)>;

/// What these comparisons need.
pub(super) fn expected(sync: &[SyncSettings]) -> Expected {
    let systems = |sync: &SyncSettings| {
        let targets = sync.targets.iter().map(|target| target.system.clone());
        targets.chain([sync.source.clone()]).collect::<Vec<_>>()
    };
    sync.iter().flat_map(|sync| systems(sync).into_iter().map(|system| (system, sync.entity))).collect()
}

/// What is expected and has no source.
pub(super) fn missing(expected: &Expected, sources: &[SourceStatus]) -> Vec<SourceStatus> {
    let is_missing =
        |(system, entity): &&(String, Entity)| !sources.iter().any(|source| is_of(source, system, *entity));
    expected.iter().filter(is_missing).map(|(system, entity)| absent(system, *entity)).collect()
}

fn absent(system: &str, entity: Entity) -> SourceStatus {
    SourceStatus {
        system: system.to_owned(),
        poll: None,
        agent: None,
        entities: vec![entity],
        state: SourceState::Missing,
        since: None,
        reason: Some(format!(
            "sync compares {entity} of {system}, and nothing ever came of it: let an agent poll it, or see whether it \
             sends under that name",
            entity = entity.name()
        )),
        told_at: None,
        worked_at: None,
        readings: 0,
        refusal: None,
        interval_ms: None,
    }
}

fn is_of(source: &SourceStatus, system: &str, entity: Entity) -> bool {
    source.system == system && (source.entities.is_empty() || source.entities.contains(&entity))
}

/// Marks what rests on sources that are not up to date.
pub(super) fn mark(reply: &mut SyncReply, sources: &[SourceStatus]) {
    for lag in &mut reply.lags {
        let doubted = |source: &&SourceStatus| {
            source.state != SourceState::Ok
                && [&lag.source, &lag.target].into_iter().any(|system| is_of(source, system, lag.entity))
        };
        lag.doubts = sources.iter().filter(doubted).map(doubt).collect();
    }
    for drift in &mut reply.drifts {
        let of_pair = reply.lags.iter().find(|lag| lag.sync == drift.sync && lag.target == drift.target);
        drift.doubtful = of_pair.is_some_and(|lag| !lag.doubts.is_empty());
    }
}

fn doubt(source: &SourceStatus) -> Doubt {
    Doubt { system: source.system.clone(), poll: source.poll.clone(), state: source.state, as_of: source.worked_at }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use ordertrace_api::sync::{DriftNow, SyncLag};

    use super::*;

    fn source(system: &str, entities: &[Entity], state: SourceState) -> SourceStatus {
        SourceStatus { entities: entities.to_vec(), state, ..absent(system, Entity::Inventory) }
    }

    fn lag(target: &str) -> SyncLag {
        SyncLag {
            sync: "stock".to_owned(),
            entity: Entity::Inventory,
            source: "wms".to_owned(),
            target: target.to_owned(),
            arrived: 0,
            p50_ms: None,
            p95_ms: None,
            p99_ms: None,
            max_ms: None,
            waiting: 0,
            late: 0,
            oldest: None,
            uncertain_ms: 0,
            doubts: Vec::new(),
        }
    }

    fn drift(target: &str) -> DriftNow {
        let text = String::new;
        DriftNow {
            sync: "stock".to_owned(),
            entity: Entity::Inventory,
            subject: "HAT".to_owned(),
            location: text(),
            channel: text(),
            currency: text(),
            field: text(),
            source: "wms".to_owned(),
            source_value: "1".to_owned(),
            target: target.to_owned(),
            target_value: "2".to_owned(),
            difference: None,
            percent: None,
            since: Timestamp::UNIX_EPOCH,
            uncertain_ms: 0,
            late: false,
            past: 0,
            past_late: 0,
            doubtful: false,
            in_flight: None,
            endangered: None,
        }
    }

    #[test]
    fn a_pair_is_doubtful_by_the_sources_of_its_two_systems_and_its_entity() {
        let lags = vec![lag("web"), lag("market")];
        let mut reply = SyncReply { lags, drifts: vec![drift("web"), drift("market")], ..SyncReply::default() };
        let sources = [
            source("web", &[Entity::Inventory], SourceState::Failed),
            source("web", &[Entity::Price], SourceState::Stale),
            source("web", &[], SourceState::Late),
            source("wms", &[Entity::Inventory], SourceState::Ok),
            source("market", &[Entity::Inventory], SourceState::Ok),
        ];
        mark(&mut reply, &sources);
        let doubts = |at: usize| reply.lags[at].doubts.iter().map(|doubt| doubt.state).collect::<Vec<_>>();
        assert_eq!((doubts(0), doubts(1)), (vec![SourceState::Failed, SourceState::Late], vec![]));
        assert_eq!(reply.drifts.iter().map(|drift| drift.doubtful).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn what_is_compared_and_never_came_is_missing() {
        let expected = expected(&SyncSettings::example());
        let known = [
            source("wms", &[Entity::Inventory], SourceState::Ok),
            source("storefront", &[Entity::Price], SourceState::Ok),
        ];
        let missing = missing(&expected, &known);
        let systems: Vec<&str> = missing.iter().map(|source| source.system.as_str()).collect();
        assert_eq!(systems, ["marketplace", "storefront"]);
    }
}
