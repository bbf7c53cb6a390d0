//! Rows as the queries return them.

use clickhouse::Row;
use ordertrace_api::journey::Observer;
use ordertrace_api::keys::{Key, Strength};
use serde::Deserialize;

use super::super::infer::SideNode;
use super::super::node::{MilestoneSeen, SpanNode, SpanRef};
use super::Seen;
use crate::record::{Attributes, HandoffSide, KeyRecord};
use crate::storage::{key_of, observer_of, strength_of};

#[derive(Debug, Row, Deserialize)]
pub(super) struct KeyRow {
    pub(super) kind: String,
    pub(super) system: String,
    pub(super) value: String,
}

impl From<KeyRow> for Key {
    fn from(row: KeyRow) -> Self {
        key_of(row.kind, row.value, row.system)
    }
}

#[derive(Debug, Row, Deserialize)]
pub(super) struct SeenRow {
    kind: String,
    system: String,
    value: String,
    joins: bool,
    trace_id: [u8; 16],
    /// Kind, system, value.
    links: Vec<(String, String, String)>,
    at: i64,
    milestone: String,
    seen_in: String,
}

impl From<SeenRow> for Seen {
    fn from(row: SeenRow) -> Self {
        let link = |(kind, system, value)| KeyRow { kind, system, value }.into();
        let milestone = MilestoneSeen { at_ns: row.at, name: row.milestone, system: row.seen_in };
        Self {
            key: KeyRow { kind: row.kind, system: row.system, value: row.value }.into(),
            trace_id: if row.joins { row.trace_id } else { [0; 16] },
            links: row.links.into_iter().map(link).collect(),
            milestones: Some(milestone).filter(|milestone| !milestone.name.is_empty()).into_iter().collect(),
        }
    }
}

#[derive(Debug, Row, Deserialize)]
pub(super) struct SpanNodeRow {
    pub(super) trace_id: [u8; 16],
    pub(super) span_id: [u8; 8],
    pub(super) parent_span_id: [u8; 8],
    pub(super) started_at: i64,
    pub(super) duration_ns: u64,
    pub(super) system: String,
    pub(super) error: bool,
    #[serde(rename = "keys.kind")]
    pub(super) keys_kind: Vec<String>,
    #[serde(rename = "keys.system")]
    pub(super) keys_system: Vec<String>,
    #[serde(rename = "keys.value")]
    pub(super) keys_value: Vec<String>,
    #[serde(rename = "keys.strength")]
    pub(super) keys_strength: Vec<i8>,
    #[serde(rename = "links.trace_id")]
    pub(super) links_trace_id: Vec<[u8; 16]>,
    #[serde(rename = "links.span_id")]
    pub(super) links_span_id: Vec<[u8; 8]>,
    pub(super) milestone: String,
    pub(super) observer: i8,
    pub(super) handoff_from: String,
    pub(super) handoff_to: String,
    pub(super) operation: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) status_code: u16,
    pub(super) resend_count: u32,
    pub(super) idempotency_key: String,
    pub(super) error_type: String,
    pub(super) side_attributes: Attributes,
}

impl From<SpanNodeRow> for SpanNode {
    fn from(row: SpanNodeRow) -> Self {
        let link = match (row.links_trace_id.as_slice(), row.links_span_id.as_slice()) {
            ([trace_id], [span_id]) => Some(SpanRef { trace_id: *trace_id, span_id: *span_id }),
            _ => None,
        };
        let side = observer_of(row.observer).map(|observer| HandoffSide {
            observer,
            from: row.handoff_from,
            to: row.handoff_to,
            operation: row.operation,
            method: row.method,
            path: row.path,
            status_code: row.status_code,
            resend_count: row.resend_count,
            idempotency_key: row.idempotency_key,
            error_type: row.error_type,
        });
        Self {
            id: SpanRef { trace_id: row.trace_id, span_id: row.span_id },
            parent_span_id: row.parent_span_id,
            started_at_ns: row.started_at,
            duration_ns: row.duration_ns,
            system: row.system,
            error: row.error,
            keys: key_records(row.keys_kind, row.keys_system, row.keys_value, row.keys_strength).collect(),
            link,
            milestone: row.milestone,
            side,
            attributes: row.side_attributes,
        }
    }
}

#[derive(Debug, Row, Deserialize)]
pub(super) struct EventNodeRow {
    pub(super) trace_id: [u8; 16],
    pub(super) span_id: [u8; 8],
    pub(super) at: i64,
    pub(super) system: String,
    pub(super) milestone: String,
    #[serde(rename = "keys.kind")]
    pub(super) keys_kind: Vec<String>,
    #[serde(rename = "keys.system")]
    pub(super) keys_system: Vec<String>,
    #[serde(rename = "keys.value")]
    pub(super) keys_value: Vec<String>,
    #[serde(rename = "keys.strength")]
    pub(super) keys_strength: Vec<i8>,
}

#[derive(Debug, Row, Deserialize)]
pub(super) struct SideRow {
    pub(super) trace_id: [u8; 16],
    pub(super) span_id: [u8; 8],
    pub(super) parent_span_id: [u8; 8],
    pub(super) observer: i8,
    pub(super) handoff_to: String,
    pub(super) started_at: i64,
    pub(super) duration_ns: u64,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) status_code: u16,
    #[serde(rename = "keys.kind")]
    pub(super) keys_kind: Vec<String>,
    #[serde(rename = "keys.system")]
    pub(super) keys_system: Vec<String>,
    #[serde(rename = "keys.value")]
    pub(super) keys_value: Vec<String>,
    #[serde(rename = "keys.strength")]
    pub(super) keys_strength: Vec<i8>,
}

impl SideRow {
    pub(super) fn into_node(self) -> Option<SideNode> {
        let observer: Observer = observer_of(self.observer)?;
        Some(SideNode {
            id: SpanRef { trace_id: self.trace_id, span_id: self.span_id },
            parent_span_id: self.parent_span_id,
            observer,
            to: self.handoff_to,
            started_at_ns: self.started_at,
            ended_at_ns: self.started_at.saturating_add_unsigned(self.duration_ns),
            method: self.method,
            path: self.path,
            status_code: self.status_code,
            keys: key_records(self.keys_kind, self.keys_system, self.keys_value, self.keys_strength)
                .filter(|record| record.strength == Strength::Strong)
                .map(|record| record.key)
                .collect(),
        })
    }
}

pub(super) fn key_records(
    kinds: Vec<String>,
    systems: Vec<String>,
    values: Vec<String>,
    strengths: Vec<i8>,
) -> impl Iterator<Item = KeyRecord> {
    kinds.into_iter().zip(systems).zip(values).zip(strengths).map(|(((kind, system), value), strength)| KeyRecord {
        key: KeyRow { kind, system, value }.into(),
        strength: strength_of(strength),
    })
}

#[derive(Debug, Row, Deserialize)]
pub(super) struct TraceParentRow {
    pub(super) trace_id: [u8; 16],
    pub(super) parent_span_id: [u8; 8],
}
