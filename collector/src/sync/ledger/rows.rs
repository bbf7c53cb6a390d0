//! The rows of readings, copies, drifts and lags.

use clickhouse::Row;
use ordertrace_api::reading::Entity;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sync::alias::ForeignId;
use crate::sync::copy::{Copy, Read};
use crate::sync::drift::Drift;
use crate::sync::item::{Item, Subject};
use crate::sync::packed::{self, Packed};

#[derive(Debug, Row, Deserialize)]
pub(in crate::sync) struct ReadRow {
    pub(super) entity: String,
    pub(super) subject: String,
    pub(super) id_kind: String,
    pub(super) id_system: String,
    location: String,
    channel: String,
    currency: String,
    state: String,
    field: String,
    system: String,
    value: String,
    at: i64,
    changed_at: i64,
    version: String,
    interval_ms: u32,
    pub(super) stored_at_ms: i64,
}

#[derive(Debug, Row, Serialize, Deserialize)]
pub(super) struct SubjectRow<'s> {
    pub(super) id: u64,
    pub(super) entity: &'s str,
    pub(super) subject: &'s str,
    pub(super) known: &'s str,
    pub(super) until: i64,
}

#[derive(Debug, Row, Serialize)]
pub(super) struct CopyRow<'c> {
    entity: &'c str,
    subject: &'c str,
    location: &'c str,
    channel: &'c str,
    currency: &'c str,
    state: &'c str,
    field: &'c str,
    system: &'c str,
    value: &'c str,
    since: i64,
    uncertain_ms: u32,
    at: i64,
    moment: i64,
    version: &'c str,
}

#[derive(Debug, Row, Serialize, Deserialize)]
pub(super) struct DriftRow {
    entity: String,
    subject: String,
    location: String,
    channel: String,
    currency: String,
    state: String,
    field: String,
    sync: String,
    target: String,
    since: i64,
    ended: i64,
    source_value: String,
    target_value: String,
    difference: String,
    uncertain_ms: u32,
    until: i64,
}

#[derive(Debug, Row, Serialize)]
pub(super) struct LagRow<'d> {
    sync: &'d str,
    target: &'d str,
    ended: i64,
    since: i64,
    uncertain_ms: u32,
    entity: &'d str,
    subject: &'d str,
    location: &'d str,
    channel: &'d str,
    currency: &'d str,
    state: &'d str,
    field: &'d str,
}

#[derive(Debug, Row, Serialize, Deserialize)]
pub(super) struct ProgressRow {
    pub(super) until: i64,
    #[serde(with = "clickhouse::serde::uuid")]
    pub(super) evaluator: Uuid,
}

/// `None` for what a newer program wrote.
pub(in crate::sync) fn item([entity, name, location, channel, currency, state, field]: [String; 7]) -> Option<Item> {
    let subject = Subject { entity: Entity::parse(&entity)?, name };
    Some(Item { subject, location, channel, currency, state, field })
}

impl ReadRow {
    /// What was read under another id than a SKU.
    pub(in crate::sync) fn into_foreign(self) -> Option<(ForeignId, Read)> {
        let (kind, system) = (self.id_kind.clone(), self.id_system.clone());
        let read = self.into_read()?;
        Some((ForeignId { kind, system, value: read.item.subject.name.clone() }, read))
    }

    pub(super) fn into_read(self) -> Option<Read> {
        let Self { entity, subject, location, channel, currency, state, field, .. } = self;
        Some(Read {
            item: item([entity, subject, location, channel, currency, state, field])?,
            system: self.system,
            value: self.value,
            at_ns: self.at,
            changed_at_ns: self.changed_at,
            version: self.version,
            interval_ms: self.interval_ms,
        })
    }
}

impl<'s> SubjectRow<'s> {
    pub(super) fn of(subject: &'s Subject, packed: &'s Packed) -> Self {
        Self {
            id: packed::id(subject),
            entity: subject.entity.name(),
            subject: &subject.name,
            known: &packed.text,
            until: packed.until_ms,
        }
    }
}

impl<'c> CopyRow<'c> {
    pub(super) fn of(copy: &'c Copy) -> Self {
        let Item { subject, location, channel, currency, state, field } = &copy.item;
        Self {
            entity: subject.entity.name(),
            subject: &subject.name,
            location,
            channel,
            currency,
            state,
            field,
            system: &copy.system,
            value: &copy.value,
            since: copy.since_ns,
            uncertain_ms: copy.uncertain_ms,
            at: copy.at_ns,
            moment: copy.moment_ns,
            version: &copy.version,
        }
    }
}

impl DriftRow {
    /// A drift as it is when readings were taken in that were stored until then.
    pub(super) fn of(drift: &Drift, until_ms: i64) -> Self {
        let Item { subject, location, channel, currency, state, field } = drift.item.clone();
        Self {
            entity: subject.entity.name().to_owned(),
            subject: subject.name,
            location,
            channel,
            currency,
            state,
            field,
            sync: drift.sync.clone(),
            target: drift.target.clone(),
            since: drift.since_ns,
            ended: drift.ended_ns,
            source_value: drift.source_value.clone(),
            target_value: drift.target_value.clone(),
            difference: drift.difference.clone(),
            uncertain_ms: drift.uncertain_ms,
            until: until_ms,
        }
    }

    pub(super) fn into_drift(self) -> Option<Drift> {
        let Self { entity, subject, location, channel, currency, state, field, .. } = self;
        Some(Drift {
            sync: self.sync,
            target: self.target,
            item: item([entity, subject, location, channel, currency, state, field])?,
            since_ns: self.since,
            ended_ns: self.ended,
            source_value: self.source_value,
            target_value: self.target_value,
            difference: self.difference,
            uncertain_ms: self.uncertain_ms,
        })
    }
}

impl<'d> LagRow<'d> {
    pub(super) fn of(drift: &'d Drift) -> Self {
        let item = &drift.item;
        Self {
            sync: &drift.sync,
            target: &drift.target,
            ended: drift.ended_ns,
            since: drift.since_ns,
            uncertain_ms: drift.uncertain_ms,
            entity: item.subject.entity.name(),
            subject: &item.subject.name,
            location: &item.location,
            channel: &item.channel,
            currency: &item.currency,
            state: &item.state,
            field: &item.field,
        }
    }
}
