//! One-shot reports: lines for people, Markdown for tickets, the API's JSON for scripts.

mod agent;
mod alerts;
mod explain;
mod findings;
mod hotspots;
mod journey;
mod journey_markdown;
mod markdown;
mod orders;
mod print;
mod replay;
mod sku_orders;
mod sources;
mod status;
mod surface;
mod sync;
mod tail;
#[cfg(test)]
mod tests;

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use agent::{agent_lines, agent_markdown};
pub use alerts::{alerts_lines, alerts_markdown};
pub use explain::{explanation_lines, explanation_markdown};
pub use findings::{findings_lines, findings_markdown};
pub use hotspots::{hotspots_lines, hotspots_markdown};
pub use journey::journey_lines;
pub use journey_markdown::journey_markdown;
pub use orders::{orders_lines, orders_markdown};
pub use print::Printer;
pub use replay::{replay_lines, replay_markdown};
pub use sku_orders::{sku_orders_lines, sku_orders_markdown};
pub use status::{status_lines, status_markdown};
pub use surface::{surface_lines, surface_markdown};
pub use sync::{history_lines, sync_lines, sync_markdown};
pub use tail::{tail_line, tail_markdown};

/// How to print an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Pretty,
    /// For scripts: the HTTP API's own JSON.
    Json,
    /// For tickets.
    Markdown,
}

/// What a report depends on beside its data.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The time ages count to.
    pub now: Timestamp,
    /// The zone of times of day.
    pub zone: TimeZone,
    /// Columns to use at most.
    pub columns: usize,
}

impl Surroundings {
    /// `2026-11-19 09:12:03 UTC`.
    /// A date and time of day, with the zone.
    pub fn date_clock(&self, at: Timestamp) -> String {
        let zone = at.to_zoned(self.zone.clone()).strftime("%Z").to_string();
        format!("{} {zone}", crate::text::date_clock(at, &self.zone))
    }

    /// `12m30s ago`.
    fn ago(&self, at: Timestamp) -> String {
        format!("{} ago", crate::text::human(crate::text::ns_between(at, self.now)))
    }
}

/// Rounds nothing: `1 retry`, `2 retries`.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
