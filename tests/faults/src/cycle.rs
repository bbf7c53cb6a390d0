//! One cycle: load with faults, then rest, then everything is counted.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::check;
use crate::inject::inject;
use crate::load::{Ledger, Load, SENDERS};
use crate::plan::Plan;
use crate::world::World;

/// Requests a second of each sender.
const REQUESTS_PER_S: f64 = 25.0;

/// How long a sender comes again with one request. A claim that a dead collector left stands in its way for ten
/// seconds, a group that hangs for thirty.
const PATIENCE: Duration = Duration::from_secs(75);

/// A world and what was sent into it.
pub(crate) struct Run {
    pub(crate) world: Arc<World>,
    pub(crate) ledger: Arc<Ledger>,
}

impl Run {
    /// Goes through one cycle.
    ///
    /// # Errors
    /// When anything is not as it should be afterwards.
    pub(crate) async fn cycle(&self, seed: u64, plan: &Plan) -> anyhow::Result<()> {
        let load = Load { seed, cycle: plan.cycle, requests_per_s: REQUESTS_PER_S, unruly: true, patience: PATIENCE };
        let senders: Vec<usize> = (0..SENDERS.len()).collect();
        let stop = CancellationToken::new();
        let end = async {
            tokio::time::sleep(plan.load).await;
            stop.cancel();
            Ok(())
        };
        let load = load.run(&self.world, &self.ledger, &senders, stop.clone());
        tokio::try_join!(load, end, inject(&self.world, plan))?;
        self.world.check_alive().await?;
        check::settled(&self.world).await.context("it does not come to rest")?;
        check::check(&self.world, &self.ledger).await
    }
}
