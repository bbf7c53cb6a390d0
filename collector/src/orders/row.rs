use clickhouse::Row;
use jiff::Timestamp;
use ordertrace_api::journey::{JourneyState, Milestone};
use ordertrace_api::keys::Key;
use ordertrace_api::order::{OrderSummary, SlowestHandoff};
use serde::{Deserialize, Serialize};

use crate::journey::timestamp;

/// A row of `orders`.
#[derive(Debug, Row, Serialize, Deserialize)]
pub(super) struct OrderRow {
    id_kind: String,
    id_value: String,
    id_system: String,
    started_at: i64,
    last_at: i64,
    milestone: String,
    milestone_at: i64,
    milestone_system: String,
    systems: Vec<String>,
    handoffs: u32,
    retries: u32,
    errors: u32,
    slowest_from: String,
    slowest_to: String,
    slowest_operation: String,
    slowest_ns: u64,
    state: i8,
    updated_at: i64,
    deleted: u8,
}

impl OrderRow {
    /// The row of a journey as it is at `now_ns`.
    pub(super) fn new(summary: OrderSummary, now_ns: i64) -> Self {
        let (milestone, milestone_at, milestone_system) = summary
            .last_milestone
            .map(|milestone| (milestone.name, nanoseconds(milestone.at), milestone.system))
            .unwrap_or_default();
        let slowest = summary.slowest;
        Self {
            id_kind: summary.id.kind,
            id_value: summary.id.value,
            id_system: summary.id.system.unwrap_or_default(),
            started_at: nanoseconds(summary.started_at),
            last_at: nanoseconds(summary.last_at),
            milestone,
            milestone_at,
            milestone_system,
            systems: summary.systems,
            handoffs: summary.handoffs,
            retries: summary.retries,
            errors: summary.errors,
            slowest_from: slowest.as_ref().and_then(|s| s.from.clone()).unwrap_or_default(),
            slowest_to: slowest.as_ref().map(|s| s.to.clone()).unwrap_or_default(),
            slowest_operation: slowest.as_ref().map(|s| s.operation.clone()).unwrap_or_default(),
            slowest_ns: slowest.map(|s| s.duration_ns).unwrap_or_default(),
            state: state_code(summary.state),
            updated_at: now_ns,
            deleted: 0,
        }
    }

    /// The row that takes a journey off the list that turned out to be part of another. Its
    /// time is now, so that it is kept for longer than what it hides.
    pub(super) fn deleted(id: Key, now_ns: i64) -> Self {
        Self {
            id_kind: id.kind,
            id_value: id.value,
            id_system: id.system.unwrap_or_default(),
            started_at: 0,
            last_at: now_ns,
            milestone: String::new(),
            milestone_at: 0,
            milestone_system: String::new(),
            systems: Vec::new(),
            handoffs: 0,
            retries: 0,
            errors: 0,
            slowest_from: String::new(),
            slowest_to: String::new(),
            slowest_operation: String::new(),
            slowest_ns: 0,
            state: state_code(JourneyState::Open),
            updated_at: now_ns,
            deleted: 1,
        }
    }
}

impl From<OrderRow> for OrderSummary {
    fn from(row: OrderRow) -> Self {
        let present = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            id: Key { kind: row.id_kind, system: present(row.id_system), value: row.id_value },
            started_at: timestamp(row.started_at),
            last_at: timestamp(row.last_at),
            last_milestone: present(row.milestone).map(|name| Milestone {
                name,
                at: timestamp(row.milestone_at),
                system: row.milestone_system,
            }),
            systems: row.systems,
            handoffs: row.handoffs,
            retries: row.retries,
            errors: row.errors,
            slowest: present(row.slowest_to).map(|to| SlowestHandoff {
                from: present(row.slowest_from),
                to,
                operation: row.slowest_operation,
                duration_ns: row.slowest_ns,
            }),
            state: state_of(row.state),
        }
    }
}

fn state_code(state: JourneyState) -> i8 {
    match state {
        JourneyState::Open => 1,
        JourneyState::Failed => 2,
        JourneyState::Done => 3,
    }
}

fn state_of(code: i8) -> JourneyState {
    match code {
        2 => JourneyState::Failed,
        3 => JourneyState::Done,
        _ => JourneyState::Open,
    }
}

/// Nanoseconds since the Unix epoch, as near as DateTime64(9) can hold it.
pub(super) fn nanoseconds(at: Timestamp) -> i64 {
    let ns = at.as_nanosecond();
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}
