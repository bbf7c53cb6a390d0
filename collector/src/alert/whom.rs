//! Who is hit by what fires: the open orders that hold what differs.

use super::condition::Source;
use super::rule::Rule;
use super::state::Kept;
use crate::lines::LinesView;
use crate::moment::timestamp;

/// Names those orders, at `now_ms`, in what is to be written of a rule's alerts.
///
/// # Errors
/// When ClickHouse does not answer; some may be named then.
pub(super) async fn name(
    (lines, source): (&LinesView, &Source),
    rule: &Rule,
    news: &mut [Kept],
    now_ms: i64,
) -> clickhouse::error::Result<()> {
    let (mut told, mut items) = (Vec::new(), Vec::new());
    for kept in news.iter_mut().filter(|kept| kept.stage.is_active()) {
        let of = |label: &str| kept.labels.get(label).cloned();
        items.push(match (of("sku"), rule.condition.compared(), of("target")) {
            (Some(sku), ..) => vec![(sku, of("location").unwrap_or_default())],
            // What an order says of itself is of no SKU.
            (None, Some((sync, _, scope)), Some(target)) if of("order").is_none() => {
                source.differing((sync, scope), &target).await?
            }
            _ => continue,
        });
        told.push(kept);
    }
    if items.is_empty() {
        return Ok(());
    }
    let hits = lines.hits(&items, timestamp(now_ms.saturating_mul(1_000_000))).await?;
    for (kept, hit) in told.into_iter().zip(hits).filter(|(_, hit)| hit.orders > 0) {
        kept.hit = hit.to_string();
    }
    Ok(())
}
