use ordertrace_api::finding::{Finding, FindingState};
use ordertrace_api::keys::Key;

use super::{FindingCondition, Source};
use crate::alert::observation::{Observation, labels, limited, word};
use crate::alert::state::Kept;
use crate::alert::threshold::Level;
use crate::detect::Wanted;

impl FindingCondition {
    pub(super) async fn see(
        &self,
        source: &Source,
        active: &[&Kept],
        limit: usize,
    ) -> clickhouse::error::Result<Vec<Observation>> {
        let wanted = Wanted {
            states: vec![FindingState::Open],
            kinds: self.kinds.clone(),
            severity: self.severity,
            limit: limit.saturating_add(1),
            ..Wanted::default()
        };
        let mut findings = source.findings.list(&wanted).await?;
        if findings.len() > limit {
            // Others may be worse than those that are told already.
            let told = active.iter().filter_map(|kept| kept.labels.get("finding"));
            let left_out: Vec<&str> =
                told.map(String::as_str).filter(|id| findings.iter().all(|finding| finding.id != *id)).collect();
            findings.extend(source.findings.open_with(&left_out).await?);
        }
        Ok(limited(findings.iter().map(observation).collect(), limit))
    }
}

/// A finding that holds.
pub(super) fn observation(finding: &Finding) -> Observation {
    let order = finding.order.as_ref().map(Key::to_string).unwrap_or_default();
    let system = finding.system.as_deref().unwrap_or_default();
    let kind = finding.kind.name();
    let look = if order.is_empty() {
        format!("ordertrace findings --kind {kind}")
    } else {
        format!("ordertrace order {}", word(&order))
    };
    let value = match &finding.money {
        Some(money) => format!("{} {}", money.amount, money.currency),
        None => kind.replace('_', " "),
    };
    Observation {
        labels: labels([("finding", &finding.id), ("kind", kind), ("order", &order), ("system", system)]),
        level: Level::Over,
        value,
        says: finding.says.clone(),
        look,
    }
}
