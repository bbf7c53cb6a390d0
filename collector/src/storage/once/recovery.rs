use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, timeout};
use uuid::Uuid;

use super::super::metrics::StorageMetrics;
use super::frozen::Left;
use super::site::Site;
use super::{Once, OnceError};

/// How often stored groups are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(1);
/// Every how many such rounds groups that were left are looked for.
const LOOK_EVERY_ROUNDS: u64 = 5;
/// Another process that has not stored a group so long after it froze it does not live any more,
/// or can use help.
const OTHERS_MS: i64 = 30_000;
/// Groups that were given up are remembered for as long as claims of their batches are.
const GIVEN_UP_HOURS: u32 = 96;
/// A group has rows in few partitions of a table; ClickHouse remembers the last 50,000 blocks.
const MEANWHILE_LIMIT: u64 = 5_000;

/// A group frozen longer ago is left alone: claims of its batches are about to be dropped.
const OLDEST_MS: i64 = 47 * 60 * 60 * 1_000;
/// A round that takes longer has failed: a connection may be lost without a word.
const ROUND_TIMEOUT: Duration = Duration::from_secs(120);

/// Forgets stored groups, and stores those that were frozen and left, until it is dropped.
/// When it starts it goes on with all that are left, whoever left them.
pub(in crate::storage) async fn recover(once: Once, metrics: StorageMetrics) {
    let mut rounds = interval(FORGET_EVERY);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0_u64.. {
        rounds.tick().await;
        let work = async {
            once.forget_settled().await?;
            if round.is_multiple_of(LOOK_EVERY_ROUNDS) {
                once.go_on(if round == 0 { 0 } else { OTHERS_MS }, &metrics).await?;
            }
            Ok::<(), OnceError>(())
        };
        let timed_out = Err(OnceError::TimedOut { seconds: ROUND_TIMEOUT.as_secs() });
        if let Err(error) = timeout(ROUND_TIMEOUT, work).await.unwrap_or(timed_out) {
            tracing::warn!(%error, "groups that were stored are not forgotten, or left ones not looked for");
        }
    }
}

impl Once {
    async fn forget_settled(&self) -> Result<(), OnceError> {
        for site in &self.0.sites {
            let of_site = |(shard, _): &&(u32, Uuid)| *shard == site.shard;
            let settled: Vec<Uuid> = self.groups().settled.iter().filter(of_site).map(|(_, group)| *group).collect();
            site.frozen.forget(&settled).await?;
            self.groups().settled.retain(|(shard, group)| *shard != site.shard || !settled.contains(group));
        }
        Ok(())
    }

    /// Stores groups that were frozen and left: this process's own, and those of others that
    /// were frozen at least `others_ms` ago.
    async fn go_on(&self, others_ms: i64, metrics: &StorageMetrics) -> Result<(), OnceError> {
        let mut stranded = 0;
        for site in &self.0.sites {
            for left in site.frozen.left().await? {
                if !self.is_left(&left, others_ms) {
                    continue;
                }
                match self.complete(site, left).await {
                    Ok(()) => {
                        metrics.completed();
                        tracing::info!(group = %left.group, age_ms = left.age_ms, "a group that was left is stored");
                    }
                    Err(error) => {
                        stranded += u64::from(matches!(error, OnceError::Stranded { .. }));
                        tracing::error!(%error, group = %left.group, "a group that was left is not stored");
                    }
                }
            }
            let long_ago = site.frozen.long_given_up(GIVEN_UP_HOURS).await?;
            site.frozen.forget(&long_ago).await?;
        }
        metrics.stranded(stranded);
        Ok(())
    }

    fn is_left(&self, left: &Left, others_ms: i64) -> bool {
        if left.collector == self.0.collector {
            let groups = self.groups();
            let settled = groups.settled.iter().any(|(_, group)| *group == left.group);
            return !settled && !groups.active.contains(&left.group);
        }
        left.age_ms >= others_ms
    }

    async fn complete(&self, site: &Site, left: Left) -> Result<(), OnceError> {
        let Left { group, age_ms, .. } = left;
        if age_ms > OLDEST_MS || site.ledger.groups_within(age_ms).await? > MEANWHILE_LIMIT {
            return Err(OnceError::Stranded { group, limit: MEANWHILE_LIMIT });
        }
        let blocks = site.frozen.blocks(group).await?;
        // Somebody else was faster.
        if blocks.is_empty() {
            return Ok(());
        }
        self.apply(site, group, blocks).await
    }
}
