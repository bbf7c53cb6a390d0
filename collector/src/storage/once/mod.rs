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
mod looks;
mod recovery;
mod site;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::columns::{Group, Step, TableBlock};
use super::nodes::Nodes;
use frozen::Fate;
use ledger::{Claim, Look};
use site::Site;

pub(super) use error::OnceError;
pub(super) use known::{Known, RETRY_AFTER, Ticket};
pub(super) use looks::Looks;
pub(super) use recovery::recover;

/// A group that has claimed batches for so long, and is not frozen, is given up.
const CLAIM_LIVES_MS: i64 = 10_000;

/// Stores groups. Cheap to share.
#[derive(Clone)]
pub(super) struct Once(Arc<Parts>);

struct Parts {
    /// This process.
    collector: Uuid,
    sites: Vec<Site>,
    groups: Mutex<Groups>,
}

/// This process's own groups.
#[derive(Debug, Default)]
struct Groups {
    /// How many there were.
    count: usize,
    /// On the way.
    active: HashSet<Uuid>,
    /// Stored, and not yet forgotten: the shard and the group.
    settled: Vec<(u32, Uuid)>,
}

/// What became of a group.
#[derive(Debug)]
pub(super) enum Outcome {
    /// All of it is stored.
    Stored,
    /// Nothing of it is, for some of its batches are in other groups.
    Withdrawn(Others),
}

/// Batches that are in other groups.
#[derive(Debug, Default)]
pub(super) struct Others {
    stored: HashSet<u128>,
    /// Of groups that may yet be stored.
    busy: HashSet<u128>,
}

/// Where a batch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// In no group that lives.
    Free,
    /// In a group that may yet be stored.
    Busy,
    /// In a group that is stored.
    Stored,
}

impl Others {
    /// Where a batch stands.
    pub(super) fn standing(&self, batch: u128) -> Standing {
        if self.stored.contains(&batch) {
            Standing::Stored
        } else if self.busy.contains(&batch) {
            Standing::Busy
        } else {
            Standing::Free
        }
    }

    fn any(&self) -> bool {
        !self.busy.is_empty() || !self.stored.is_empty()
    }
}

impl Once {
    /// Stores on `nodes`, on each in turn; a statement that takes longer than `timeout` has failed.
    pub(super) fn new(nodes: &Nodes, timeout: Duration) -> Self {
        let collector = Uuid::now_v7();
        let sites = nodes.iter().map(|node| Site::new(node, nodes.layout(), collector, timeout)).collect();
        Self(Arc::new(Parts { collector, sites, groups: Mutex::default() }))
    }

    /// Which of these batches are in groups.
    async fn find(&self, batches: &[u128]) -> Result<Others, OnceError> {
        let look = self.next_site()?.ledger.look(Uuid::nil(), batches.iter().copied()).await?;
        Ok(self.others(&look).await?.0)
    }

    /// Stores a group, or nothing of it. After an error part of it may be stored and the
    /// rest will be: its batches are known by their claims.
    pub(super) async fn store(&self, group: Group) -> Result<Outcome, OnceError> {
        let id = Uuid::now_v7();
        self.groups().active.insert(id);
        let _active = Active { once: self, id };
        let site = self.next_site()?;
        site.ledger.write(Step::Claimed, id, group.batches()).await?;
        let look = site.ledger.look(id, group.batches().hashes()).await?;
        // How long rows are kept is up to ClickHouse's clock.
        let now_ms = look.now_ms;
        let (mut others, dead) = self.others(&look).await?;
        if !others.any() && !dead.is_empty() {
            others.busy.extend(self.give_up(dead).await?);
            // What was settled and forgotten between the look and giving up looked dead.
            let again = site.ledger.look(id, group.batches().hashes()).await?;
            others.stored.extend(stored(&again));
        }
        if others.any() {
            site.ledger.write(Step::Withdrawn, id, group.batches()).await?;
            return Ok(Outcome::Withdrawn(others));
        }
        let collector = self.0.collector;
        let blocks = tokio::task::spawn_blocking(move || group.freeze(id, collector, now_ms)).await?;
        match site.frozen.freeze(id, &blocks).await? {
            Fate::Frozen => {}
            Fate::Open | Fate::GivenUp => return Err(OnceError::GivenUp { group: id }),
        }
        self.apply(site, id, blocks).await?;
        Ok(Outcome::Stored)
    }

    /// Inserts the blocks of a frozen group, which need be kept no longer then.
    async fn apply(&self, site: &Site, group: Uuid, blocks: Vec<TableBlock>) -> Result<(), OnceError> {
        site.apply(group, blocks).await?;
        self.groups().settled.push((site.shard, group));
        Ok(())
    }

    /// What a look says: which batches are in other groups, and the claims of groups that are
    /// neither frozen nor given up and may be dead.
    async fn others(&self, look: &Look) -> Result<(Others, Vec<Claim>), OnceError> {
        let mut others = Others { stored: stored(look), busy: HashSet::new() };
        let mut dead = Vec::new();
        // A batch that is stored needs no other answer.
        let open = |claim: &&Claim| claim.step == Step::Claimed && !others.stored.contains(&claim.batch);
        let mut groups: BTreeMap<Uuid, Vec<Claim>> = BTreeMap::new();
        for claim in look.claims.iter().filter(open) {
            groups.entry(claim.group).or_default().push(*claim);
        }
        for claims in groups.into_values() {
            let Some(first) = claims.first() else { continue };
            match self.site_of(first.shard)?.frozen.fate(first.group).await? {
                Fate::GivenUp => {}
                Fate::Open if !self.lives(first) => dead.extend(claims),
                Fate::Frozen | Fate::Open => others.busy.extend(claims.iter().map(|claim| claim.batch)),
            }
        }
        Ok((others, dead))
    }

    /// Gives up the groups of these claims; the batches of those that were frozen meanwhile.
    async fn give_up(&self, claims: Vec<Claim>) -> Result<HashSet<u128>, OnceError> {
        let mut alive = HashSet::new();
        for claims in claims.chunk_by(|one, other| one.group == other.group) {
            let Some(first) = claims.first() else { continue };
            match self.site_of(first.shard)?.frozen.give_up(first.group).await? {
                Fate::GivenUp => {}
                Fate::Frozen | Fate::Open => alive.extend(claims.iter().map(|claim| claim.batch)),
            }
        }
        Ok(alive)
    }

    /// Whether the group of a claim may yet be frozen.
    fn lives(&self, claim: &Claim) -> bool {
        if claim.collector == self.0.collector {
            return self.groups().active.contains(&claim.group);
        }
        claim.age_ms < CLAIM_LIVES_MS
    }

    /// The node whose turn it is.
    fn next_site(&self) -> Result<&Site, OnceError> {
        let turn = {
            let mut groups = self.groups();
            groups.count = groups.count.wrapping_add(1);
            groups.count
        };
        self.0.sites.get(turn % self.0.sites.len().max(1)).ok_or(OnceError::NoNode)
    }

    /// A node that has a shard's rows.
    fn site_of(&self, shard: u32) -> Result<&Site, OnceError> {
        self.0.sites.iter().find(|site| site.shard == shard).ok_or(OnceError::UnknownShard { shard })
    }

    fn groups(&self) -> MutexGuard<'_, Groups> {
        // Ids are there or not: a panic elsewhere leaves nothing half done.
        self.0.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The batches that a look found stored.
fn stored(look: &Look) -> HashSet<u128> {
    look.claims.iter().filter(|claim| claim.step == Step::Settled).map(|claim| claim.batch).collect()
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
