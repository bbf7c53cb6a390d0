//! Runs units of work, so many at a time.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::plan::{BLOCK, Unit, block};
use super::{noise, shopper};
use crate::network::{CallError, Station, World};
use crate::services::import;
use crate::settings::Pace;
use crate::shop::ShopError;

/// Live orders under way at a time.
const LIVE_MAX: usize = 64;

/// Who sets things going.
#[derive(Clone, Debug)]
pub(crate) struct Driver {
    world: Arc<World>,
    shopper: Arc<Station>,
    marketplace: Arc<Station>,
    services: Arc<[Arc<Station>]>,
    probe: reqwest::Client,
}

/// How many units there may be.
#[derive(Clone, Debug)]
struct Room {
    /// Shoppers acting at a time.
    acting: Arc<Semaphore>,
    /// Units begun and not finished. Orders of one block wait for each other, so there is
    /// always room for whole blocks; units are let in by index.
    begun: Arc<Semaphore>,
}

impl Room {
    fn new(concurrency: usize) -> Self {
        let concurrency = concurrency.clamp(1, 1_000);
        let blocks = usize::try_from(2 * (BLOCK + 1)).unwrap_or(usize::from(u8::MAX));
        Self { acting: Arc::new(Semaphore::new(concurrency)), begun: Arc::new(Semaphore::new(concurrency + blocks)) }
    }
}

impl Driver {
    pub(crate) fn new(
        world: Arc<World>,
        shopper: Arc<Station>,
        marketplace: Arc<Station>,
        services: Arc<[Arc<Station>]>,
        probe: reqwest::Client,
    ) -> Self {
        Self { world, shopper, marketplace, services, probe }
    }

    /// Runs `count` orders, from block `first_block` on, to their end.
    pub(crate) async fn run(&self, first_block: u64, count: u64, concurrency: usize) -> Result<(), ShopError> {
        let room = Room::new(concurrency);
        let mut units = JoinSet::new();
        for number in 0..count.div_ceil(BLOCK) {
            let size = BLOCK.min(count - number * BLOCK);
            for unit in block(self.world.seed, first_block + number, size) {
                while let Some(ended) = units.try_join_next() {
                    finished(ended)?;
                }
                self.begin(&mut units, &room, unit, true).await;
            }
        }
        while let Some(ended) = units.join_next().await {
            finished(ended)?;
        }
        Ok(())
    }

    /// Runs orders at a pace until told to stop; what is under way then is abandoned.
    pub(crate) async fn live(&self, first_block: u64, pace: Pace, stop: &CancellationToken) {
        let room = Room::new(LIVE_MAX);
        let mut arrivals = self.world.seed.chance(&["arrivals"]);
        let mut units = JoinSet::new();
        for number in first_block.. {
            for unit in block(self.world.seed, number, BLOCK) {
                let arrived = async {
                    tokio::time::sleep(pace.arrival(&mut arrivals)).await;
                    self.begin(&mut units, &room, unit, false).await;
                };
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = arrived => {}
                }
                while let Some(ended) = units.try_join_next() {
                    // A proxy that is restarted must not end the show.
                    if let Err(error) = finished(ended) {
                        tracing::warn!(%error, "an order did not get to its planned end");
                    }
                }
            }
        }
    }

    async fn begin(&self, units: &mut JoinSet<Result<(), CallError>>, room: &Room, unit: Unit, keep: bool) {
        // A semaphore that nobody closes always lets in.
        let begun = Arc::clone(&room.begun).acquire_owned().await.ok();
        let acting = Arc::clone(&room.acting).acquire_owned().await.ok();
        for (index, flow) in unit.orders() {
            self.world.recorder.order(index, flow);
            self.world.jobs.open(index);
        }
        let driver = self.clone();
        units.spawn(async move {
            let acted = driver.act(&unit).await;
            drop(acting);
            for (index, _) in unit.orders() {
                driver.world.jobs.idle(index).await;
                driver.world.jobs.close(index);
                if !keep {
                    driver.world.recorder.forget(index);
                }
            }
            drop(begun);
            acted
        });
    }

    async fn act(&self, unit: &Unit) -> Result<(), CallError> {
        match unit {
            Unit::Session(session) => shopper::visit(&self.shopper, session).await,
            Unit::Marketplace { index, items } => import(&self.marketplace, *index, items).await,
            Unit::Noise { browsing } => {
                noise::database_polls(&self.services);
                noise::health_checks(&self.probe, &self.shopper).await;
                shopper::visit(&self.shopper, browsing).await
            }
        }
    }
}

/// What became of a unit.
fn finished(ended: Result<Result<(), CallError>, JoinError>) -> Result<(), ShopError> {
    Ok(ended??)
}
