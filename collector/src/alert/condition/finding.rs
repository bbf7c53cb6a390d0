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
        let orders = source.findings.orders_by_kind().await?;
        let hit = |finding: &Finding| hit(finding, orders.get(&finding.kind).copied().unwrap_or(0));
        let seen = findings.iter().map(|finding| Observation { hit: hit(finding), ..observation(finding) });
        Ok(limited(seen.collect(), limit))
    }
}

/// Whom a finding hits, of so many orders with such findings.
fn hit(finding: &Finding, orders: u64) -> String {
    let money = finding.money.as_ref().map(|money| format!("{} {}", money.amount, money.currency));
    let own = [finding.order.as_ref().map(Key::to_string), money].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let others = orders.saturating_sub(u64::from(finding.order.is_some()));
    let others = match others {
        0 => return own,
        1 => "1 other order has such a finding".to_owned(),
        others => format!("{others} other orders have such findings"),
    };
    if own.is_empty() { others } else { format!("{own}; {others}") }
}

/// A finding that holds.
fn observation(finding: &Finding) -> Observation {
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
        hit: String::new(),
        look,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use ordertrace_api::finding::{FindingKind, Money, Severity};

    use super::*;

    #[test]
    fn who_is_hit_beside_others() {
        let finding = Finding {
            id: "ab".repeat(16),
            kind: FindingKind::PaidNotCreated,
            severity: Severity::Critical,
            state: FindingState::Open,
            flow: "shop".to_owned(),
            rule: "created".to_owned(),
            order: "order:A1".parse().ok(),
            system: None,
            says: "paid, and no order".to_owned(),
            since: Timestamp::UNIX_EPOCH,
            opened_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            closed_at: None,
            closed_because: String::new(),
            money: Some(Money { amount: "12.30".to_owned(), currency: "EUR".to_owned() }),
            evidence: Vec::new(),
        };
        assert_eq!(hit(&finding, 1), "order:A1, 12.30 EUR");
        assert_eq!(hit(&finding, 2), "order:A1, 12.30 EUR; 1 other order has such a finding");
        assert_eq!(hit(&finding, 42), "order:A1, 12.30 EUR; 41 other orders have such findings");
        let nobody = Finding { order: None, money: None, ..finding };
        assert_eq!((hit(&nobody, 0), hit(&nobody, 3)), (String::new(), "3 other orders have such findings".to_owned()));
    }
}
