use std::collections::{BTreeMap, HashMap};

use super::foreign::ForeignId;
use super::ledger::{Ledger, UnclearRow};
use super::table::Aliases;
use super::verdict::{Verdict, decide};
use crate::sync::copy::Read;
use crate::sync::ledger::SUBJECTS;

/// That an id is not clear is written so often though it stays so: what is not read any more is forgotten in time.
const REFRESH_NS: i64 = 3_600 * 1_000_000_000;

/// What became of readings that say no SKU.
#[derive(Debug, Default)]
pub(in crate::sync) struct Resolved {
    /// As readings of their SKUs.
    pub(in crate::sync) reads: Vec<Read>,
    /// What ids are taken for now, and were not before.
    news: Vec<UnclearRow>,
}

/// Finds the SKUs of readings.
pub(in crate::sync) struct Resolver {
    ledger: Ledger,
    configured: Aliases,
    /// Whether the configuration was held against what was not resolved before.
    is_open: bool,
}

impl Resolver {
    pub(in crate::sync) fn new(ledger: Ledger, configured: Aliases) -> Self {
        Self { ledger, configured, is_open: false }
    }

    /// The readings among these whose ids have a SKU, and those of before whose ids have one since `after_ms`, the
    /// newest of each item. What it came to is [kept](Self::keep) once these are taken in.
    ///
    /// # Errors
    /// When ClickHouse does not answer; nothing is lost then.
    pub(in crate::sync) async fn resolve(
        &self,
        foreign: Vec<(ForeignId, Read)>,
        (after_ms, until_ms): (i64, i64),
    ) -> clickhouse::error::Result<Resolved> {
        let mut known = self.ledger.told_since(after_ms, until_ms).await?;
        if !self.is_open && !self.configured.is_empty() {
            let unresolved = self.ledger.unresolved().await?;
            known.extend(unresolved.into_iter().filter(|id| self.configured.sku(id).is_some()));
        }
        let mut resolved = Resolved::default();
        self.look(foreign, &mut resolved).await?;
        for ids in known.chunks(SUBJECTS) {
            let ids: Vec<&ForeignId> = ids.iter().collect();
            let before = self.ledger.newest(&ids).await?;
            self.look(before, &mut resolved).await?;
        }
        Ok(resolved)
    }

    /// Notes what ids were taken for, now that what was read of them is taken in: should this end before, it is
    /// taken in again.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub(in crate::sync) async fn keep(&mut self, resolved: Resolved) -> clickhouse::error::Result<()> {
        self.ledger.keep(&resolved.news).await?;
        self.is_open = true;
        Ok(())
    }

    async fn look(&self, foreign: Vec<(ForeignId, Read)>, resolved: &mut Resolved) -> clickhouse::error::Result<()> {
        let mut by_id: BTreeMap<ForeignId, Vec<Read>> = BTreeMap::new();
        foreign.into_iter().for_each(|(id, read)| by_id.entry(id).or_default().push(read));
        let by_id: Vec<(ForeignId, Vec<Read>)> = by_id.into_iter().collect();
        for by_id in by_id.chunks(SUBJECTS) {
            let ids: Vec<&ForeignId> = by_id.iter().map(|(id, _)| id).collect();
            let told = self.ledger.told(&ids).await?;
            let kept = self.ledger.kept(&ids).await?;
            let verdicts: HashMap<&ForeignId, Verdict> = ids
                .iter()
                .map(|id| (*id, decide(self.configured.sku(id), told.get(*id).map(Vec::as_slice).unwrap_or_default())))
                .collect();
            for (id, reads) in by_id {
                let Some((verdict, newest)) = verdicts.get(id).zip(reads.iter().max_by_key(|read| read.at_ns)) else {
                    continue;
                };
                if is_news(verdict, kept.get(id), newest.at_ns) {
                    resolved.news.push(UnclearRow::new(id, &newest.system, verdict, newest.at_ns));
                }
                if !verdict.sku.is_empty() {
                    resolved.reads.extend(reads.iter().map(|read| read.of_sku(&verdict.sku)));
                }
            }
        }
        Ok(())
    }
}

/// Whether it is to be written that an id read at `at_ns` is taken for that.
fn is_news(verdict: &Verdict, kept: Option<&UnclearRow>, at_ns: i64) -> bool {
    match kept {
        None => verdict.is_unclear(),
        Some(kept) if kept.verdict() != *verdict => true,
        Some(kept) => verdict.is_unclear() && at_ns.saturating_sub(kept.at) >= REFRESH_NS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_clear_and_was_so_is_not_written() {
        let id = ForeignId { kind: "variant".to_owned(), system: String::new(), value: "7".to_owned() };
        let verdict =
            |sku: &str, other: &str| Verdict { sku: sku.to_owned(), other: other.to_owned(), is_configured: false };
        let kept = |verdict: &Verdict| UnclearRow::new(&id, "shop", verdict, 1_000);
        let (clear, unresolved) = (verdict("HAT", ""), verdict("", ""));
        assert!(!is_news(&clear, None, 1_000));
        assert!(is_news(&unresolved, None, 1_000));
        assert!(is_news(&clear, Some(&kept(&unresolved)), 1_000), "it is no more unresolved");
        assert!(!is_news(&clear, Some(&kept(&clear)), i64::MAX));
        assert!(!is_news(&unresolved, Some(&kept(&unresolved)), 2_000));
        assert!(is_news(&unresolved, Some(&kept(&unresolved)), 1_000 + REFRESH_NS), "it goes on to be read");
        assert!(is_news(&verdict("HAT", "CAP"), Some(&kept(&clear)), 1_000));
    }
}
