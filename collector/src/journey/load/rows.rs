//! Rows as the queries return them.

use clickhouse::Row;
use ordertrace_api::journey::Observer;
use ordertrace_api::keys::{Key, Strength};
use serde::Deserialize;

use super::super::infer::SideNode;
use super::super::node::{SpanNode, SpanRef};
use super::super::sighting::{Said, Sighting};
use super::{Detail, Seen};
use crate::record::{Attributes, KeyRecord};
use crate::storage::{StoredSpan, key_of, observer_of, strength_of};

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
    /// Kind, system and value of each, one after the other.
    link_texts: Vec<String>,
    /// Time in nanoseconds, name and system of each, one after the other.
    milestone_texts: Vec<String>,
}

impl From<SeenRow> for Seen {
    fn from(row: SeenRow) -> Self {
        let links = triples(row.link_texts).map(|[kind, system, value]| key_of(kind, value, system));
        let milestones = triples(row.milestone_texts).filter_map(|[at_ns, name, system]| {
            Some(Sighting { at_ns: at_ns.parse().ok()?, name, system, ..Sighting::default() })
        });
        Self {
            key: KeyRow { kind: row.kind, system: row.system, value: row.value }.into(),
            trace_id: if row.joins { row.trace_id } else { [0; 16] },
            links: links.collect(),
            milestones: milestones.collect(),
        }
    }
}

/// Threes of texts; what is left over stands behind the last separator.
fn triples(texts: Vec<String>) -> impl Iterator<Item = [String; 3]> {
    let mut texts = texts.into_iter();
    std::iter::from_fn(move || Some([texts.next()?, texts.next()?, texts.next()?]))
}

/// The span as journeys see it.
pub(super) fn span_node(span: &StoredSpan, detail: Detail) -> super::Result<SpanNode> {
    let link = match span.links()?[..] {
        [(trace_id, span_id)] => Some(SpanRef { trace_id, span_id }),
        _ => None,
    };
    let side = span.side();
    let wanted = side.is_some() && detail == Detail::Attributes;
    let told = !span.milestone().is_empty() && detail == Detail::Milestones;
    let mut said = if told { said(&span.attributes()) } else { Said::default() };
    if said.idempotency_key.is_empty() {
        // A header says it as well, and sides know that.
        said.idempotency_key.clone_from(side.as_ref().map_or(&String::new(), |side| &side.idempotency_key));
    }
    Ok(SpanNode {
        id: SpanRef { trace_id: span.trace_id, span_id: span.span_id },
        parent_span_id: span.parent_span_id,
        started_at_ns: span.started_at_ns,
        duration_ns: span.duration_ns,
        system: span.system().to_owned(),
        error: span.is_error(),
        keys: span.keys().collect(),
        link,
        milestone: span.milestone().to_owned(),
        said,
        side,
        attributes: if wanted { span.attributes() } else { Attributes::new() },
    })
}

#[derive(Debug, Row, Deserialize)]
pub(super) struct EventNodeRow {
    pub(super) trace_id: [u8; 16],
    pub(super) span_id: [u8; 8],
    pub(super) at: i64,
    pub(super) system: String,
    pub(super) milestone: String,
    #[serde(rename = "keys.kind")]
    keys_kind: Vec<String>,
    #[serde(rename = "keys.system")]
    keys_system: Vec<String>,
    #[serde(rename = "keys.value")]
    keys_value: Vec<String>,
    #[serde(rename = "keys.strength")]
    keys_strength: Vec<i8>,
    said: Attributes,
}

impl EventNodeRow {
    /// The milestone it shows.
    pub(super) fn sighting(&self) -> Sighting {
        Sighting {
            at_ns: self.at,
            name: self.milestone.clone(),
            system: self.system.clone(),
            trace_id: self.trace_id,
            span_id: self.span_id,
            keys: self.keys().filter(|key| key.strength == Strength::Strong).map(|key| key.key).collect(),
            said: said(&self.said),
        }
    }

    /// Keys on it.
    pub(super) fn keys(&self) -> impl Iterator<Item = KeyRecord> {
        let names = self.keys_kind.iter().zip(&self.keys_system).zip(&self.keys_value);
        names.zip(&self.keys_strength).map(|(((kind, system), value), strength)| KeyRecord {
            key: key_of(kind.clone(), value.clone(), system.clone()),
            strength: strength_of(*strength),
        })
    }
}

fn said(attributes: &Attributes) -> Said {
    Said::of(attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())))
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
    /// Kind, system and value of each, one after the other.
    pub(super) key_texts: Vec<String>,
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
            keys: triples(self.key_texts).map(|[kind, system, value]| key_of(kind, value, system)).collect(),
        })
    }
}
