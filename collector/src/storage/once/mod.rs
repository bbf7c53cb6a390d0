//! Stores a group of batches so that each batch counts once, whoever sends it again, to
//! whichever collector, and whoever dies when.
//!
//! 1. *Claim*: one row for each batch in `batches`.
//! 2. *Look* for the same batches in other groups. If one is stored, or may be, this group is
//!    withdrawn: nothing of it was stored. Of two that claim the same batch at the same moment
//!    at least one sees the other.
//! 3. *Freeze* the blocks of all tables in `frozen`, in one insert under the group's id as
//!    token. From now on the group will be stored: whoever finds it goes on at 4. A group that
//!    claims batches and is not frozen stands in their way, so that others give it up, in
//!    the same place and under the same token; what comes second does nothing.
//! 4. *Apply* each block under a token of the group and its table, the rows that say what
//!    became of the batches last. To do this again changes nothing.
//! 5. *Forget* what was frozen.
//!
//! No step trusts a clock: time only says when to give up waiting for somebody else.
//! docs/decisions/0001-counted-once.md says why.

mod error;
mod frozen;
mod known;
mod ledger;
mod recovery;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clickhouse::Client;
use futures::future::try_join_all;
use jiff::Timestamp;
use uuid::Uuid;

use super::columns::{Group, Step, TableBlock};
use super::insert::Inserter;
use frozen::{Fate, Frozen};
use ledger::{Claim, Ledger};

pub(super) use error::OnceError;
pub(super) use known::{Known, RETRY_AFTER, Ticket};
pub(super) use recovery::recover;

/// A group that has claimed batches for so long, and is not frozen, is given up.
const CLAIM_LIVES_MS: i64 = 10_000;

/// Stores groups. Cheap to share.
#[derive(Clone)]
pub(super) struct Once(Arc<Parts>);

struct Parts {
    /// This process.
    collector: Uuid,
    inserter: Inserter,
    ledger: Ledger,
    frozen: Frozen,
    groups: Mutex<Groups>,
}

/// This process's own groups.
#[derive(Debug, Default)]
struct Groups {
    /// On the way.
    active: HashSet<Uuid>,
    /// Stored, and not yet forgotten.
    settled: Vec<Uuid>,
}

/// What became of a group.
#[derive(Debug)]
pub(super) enum Outcome {
    /// All of it is stored.
    Stored,
    /// Nothing of it is, for some of its batches are in other groups.
    Withdrawn {
        /// Those that are stored.
        stored: HashSet<u128>,
    },
}

impl Once {
    /// Stores through `client`; a statement that takes longer than `timeout` has failed.
    pub(super) fn new(client: &Client, timeout: Duration) -> Self {
        let collector = Uuid::now_v7();
        let inserter = Inserter::new(client, timeout);
        Self(Arc::new(Parts {
            collector,
            ledger: Ledger::new(inserter.clone(), client, collector),
            frozen: Frozen::new(inserter.clone(), client, collector),
            inserter,
            groups: Mutex::default(),
        }))
    }

    /// Whether a batch is stored by what was sent earlier.
    pub(super) async fn is_stored(&self, batch: u128) -> Result<bool, OnceError> {
        let claims = self.0.ledger.others(Uuid::nil(), std::iter::once(batch)).await?;
        Ok(claims.iter().any(|claim| claim.step == Step::Settled))
    }

    /// Stores a group, or nothing of it. After an error part of it may be stored and the
    /// rest will be: its batches are known by their claims.
    pub(super) async fn store(&self, group: Group) -> Result<Outcome, OnceError> {
        let id = Uuid::now_v7();
        self.groups().active.insert(id);
        let _active = Active { once: self, id };
        let Parts { ledger, frozen, collector, .. } = &*self.0;
        ledger.write(Step::Claimed, id, group.batches()).await?;
        let others = self.others(id, group.batches().hashes().collect()).await?;
        if others.any() {
            ledger.write(Step::Withdrawn, id, group.batches()).await?;
            return Ok(Outcome::Withdrawn { stored: others.stored });
        }
        let (collector, now) = (*collector, Timestamp::now());
        let blocks = tokio::task::spawn_blocking(move || group.freeze(id, collector, now)).await?;
        match frozen.freeze(id, &blocks).await? {
            Fate::Frozen => {}
            Fate::Open | Fate::GivenUp => return Err(OnceError::GivenUp { group: id }),
        }
        self.apply(id, blocks).await?;
        Ok(Outcome::Stored)
    }

    /// Which batches of a group are in other groups.
    async fn others(&self, group: Uuid, batches: Vec<u128>) -> Result<Others, OnceError> {
        let mut others = Others::of(&self.0.ledger.others(group, batches.iter().copied()).await?);
        let mut gave_up = false;
        for claim in std::mem::take(&mut others.claims) {
            match self.0.frozen.fate(claim.group).await? {
                Fate::Frozen => others.busy = true,
                Fate::GivenUp => {}
                Fate::Open if self.lives(&claim) => others.busy = true,
                Fate::Open => match self.0.frozen.give_up(claim.group).await? {
                    Fate::GivenUp => gave_up = true,
                    Fate::Frozen | Fate::Open => others.busy = true,
                },
            }
        }
        if gave_up {
            // What was settled and forgotten between the look and giving up looks open.
            let again = Others::of(&self.0.ledger.others(group, batches.into_iter()).await?);
            others.stored.extend(again.stored);
        }
        Ok(others)
    }

    /// Whether the group of a claim may yet be frozen.
    fn lives(&self, claim: &Claim) -> bool {
        if claim.collector == self.0.collector {
            return self.groups().active.contains(&claim.group);
        }
        claim.age_ms < CLAIM_LIVES_MS
    }

    /// Inserts the blocks of a frozen group, as often as anybody likes.
    async fn apply(&self, group: Uuid, mut blocks: Vec<TableBlock>) -> Result<(), OnceError> {
        // That of the batches: they are stored when all else is.
        let last = blocks.pop();
        let insert = |block: TableBlock| {
            let token = format!("{group}/{}", block.table);
            async move { self.0.inserter.insert(block, &token).await }
        };
        try_join_all(blocks.into_iter().map(insert)).await?;
        try_join_all(last.map(insert)).await?;
        self.groups().settled.push(group);
        Ok(())
    }

    fn groups(&self) -> MutexGuard<'_, Groups> {
        // Ids are there or not: a panic elsewhere leaves nothing half done.
        self.0.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What other groups say of a group's batches.
#[derive(Debug, Default)]
struct Others {
    stored: HashSet<u128>,
    /// Of groups that may be stored or not.
    claims: Vec<Claim>,
    /// Whether one of them is on the way.
    busy: bool,
}

impl Others {
    fn of(claims: &[Claim]) -> Self {
        let is = |step| move |claim: &&Claim| claim.step == step;
        let stored: HashSet<u128> = claims.iter().filter(is(Step::Settled)).map(|claim| claim.batch).collect();
        let mut open: Vec<Claim> = claims.iter().filter(is(Step::Claimed)).copied().collect();
        // A group claims many batches; a batch that is stored needs no other answer.
        open.retain(|claim| !stored.contains(&claim.batch));
        open.sort_unstable_by_key(|claim| claim.group);
        open.dedup_by_key(|claim| claim.group);
        Self { stored, claims: open, busy: false }
    }

    fn any(&self) -> bool {
        self.busy || !self.stored.is_empty()
    }
}

/// A group on the way, until this is dropped.
struct Active<'o> {
    once: &'o Once,
    id: Uuid,
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.once.groups().active.remove(&self.id);
    }
}
