use ordertrace_api::agent::{AgentStatus, SpoolStatus, StreamStatus};
use ordertrace_api::reading::Entity;
use ordertrace_api::source::{RefusalStatus, SourceState, SourceStatus};
use ordertrace_api::status::{Count, ItemCounts, SenderStatus, SignalStatus, Status, StorageStatus};

use super::{HOUR_MS, MINUTE_MS, at_ms, no_findings, start};

fn counts(counts: &[(&str, u64)]) -> Vec<Count> {
    counts.iter().map(|(name, count)| Count { name: (*name).to_owned(), count: *count }).collect()
}

fn total(counts: &[(&str, u64)]) -> u64 {
    counts.iter().map(|(_, count)| count).sum()
}

/// A collector whose senders had some spans refused.
pub(crate) fn status() -> Status {
    let items = |stored: u64, refused: &[(&str, u64)]| ItemCounts {
        accepted: stored + total(refused),
        stored,
        refused: counts(refused),
    };
    let sender = |name: &str, items: ItemCounts| SenderStatus { sender: name.to_owned(), items };
    let traces = SignalStatus {
        signal: "traces".to_owned(),
        total: items(1_204_331, &[("time", 3), ("trace_id", 1)]),
        senders: vec![
            sender("storefront", items(1_204_000, &[("trace_id", 1)])),
            sender("a-service-with-a-very-long-name", items(331, &[("time", 3)])),
        ],
    };
    let logs = SignalStatus { signal: "logs".to_owned(), total: ItemCounts::default(), senders: Vec::new() };
    Status {
        version: "0.1.0".to_owned(),
        started_at: start(),
        storage: StorageStatus {
            url: "http://127.0.0.1:8123".to_owned(),
            embedded: true,
            version: Some("26.7.3".to_owned()),
            error: None,
        },
        signals: vec![traces, logs],
        detection: Some(no_findings().progress),
        sources: sources(),
        more_sources: false,
        noise: counts(&[("database polling", 88_000)]),
    }
}

/// One source in each state.
fn sources() -> Vec<SourceStatus> {
    let ago = |minutes: u64| Some(at_ms(51 * HOUR_MS + 20 * MINUTE_MS - minutes * MINUTE_MS));
    let source = |poll: &str, system: &str, state, since, reason: &str| SourceStatus {
        system: system.to_owned(),
        poll: Some(poll.to_owned()),
        agent: Some("beside-the-erp".to_owned()),
        entities: vec![Entity::Inventory],
        state,
        since,
        reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
        told_at: ago(1),
        worked_at: since,
        readings: 120,
        refusal: None,
        interval_ms: Some(60_000),
    };
    let refusal = RefusalStatus {
        at: start(),
        refused: 2,
        reason: "2 readings refused; the first: stock.csv:17: value (column Qty) is no decimal".to_owned(),
    };
    vec![
        source(
            "erp-prices",
            "erp",
            SourceState::Failed,
            ago(150),
            "prices.csv: its header has no column \"Cents\": nothing is read until the columns are mended",
        ),
        SourceStatus {
            poll: None,
            agent: None,
            ..source(
                "",
                "storefront",
                SourceState::Stale,
                ago(200),
                "no reading came for 1h: see whether storefront still sends",
            )
        },
        SourceStatus {
            poll: None,
            agent: None,
            told_at: None,
            worked_at: None,
            ..source(
                "",
                "marketplace",
                SourceState::Missing,
                None,
                "sync compares inventory of marketplace, and nothing ever came of it",
            )
        },
        source(
            "pim-products",
            "pim",
            SourceState::Late,
            ago(9),
            "the poll took 72000 ms, longer than its interval; make that longer",
        ),
        SourceStatus {
            refusal: Some(refusal.clone()),
            worked_at: ago(1),
            ..source("wms-counts-of-the-north", "wms", SourceState::Refused, ago(5), &refusal.reason)
        },
        SourceStatus {
            refusal: Some(refusal),
            worked_at: ago(1),
            ..source("wms-stock", "wms", SourceState::Ok, None, "")
        },
    ]
}

/// An agent that has something to send and had to drop something.
pub(crate) fn agent_status() -> AgentStatus {
    let stream = |signal: &str, sender: &str, spooled, dropped: &[(&str, u64)]| StreamStatus {
        signal: signal.to_owned(),
        sender: sender.to_owned(),
        accepted: 1_000_000 + spooled + total(dropped),
        sent: 1_000_000,
        spooled,
        dropped: counts(dropped),
        refused: Vec::new(),
    };
    AgentStatus {
        name: "beside-the-erp".to_owned(),
        version: "0.1.0".to_owned(),
        started_at: start(),
        spool: SpoolStatus {
            bytes: 12_345_678,
            limit_bytes: 1_073_741_824,
            records: 42,
            oldest_at: Some(start()),
            damaged_records: 0,
        },
        streams: vec![stream("traces", "erp", 42, &[]), stream("logs", "a-long-name-of-a-service", 0, &[("full", 7)])],
    }
}
