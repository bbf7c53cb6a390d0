//! Steady load from several senders: straight to collectors and through agents, over gRPC and HTTP, of every signal.

mod ledger;
mod request;
mod sender;
mod transport;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

pub(crate) use self::ledger::{Entry, Ledger, Sums};
pub(crate) use self::request::{RequestId, Signal};
use self::sender::{Sender, Temper};
use self::transport::{Protocol, Transport};
use crate::world::World;

/// Who receives what a sender sends first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    Collector(usize),
    Agent(usize),
}

/// The senders: where each sends what, and how.
pub(crate) const SENDERS: [(Home, Signal, Protocol); 8] = [
    (Home::Collector(0), Signal::Traces, Protocol::Grpc),
    (Home::Collector(1), Signal::Traces, Protocol::Http),
    (Home::Collector(0), Signal::Logs, Protocol::Http),
    (Home::Collector(1), Signal::Metrics, Protocol::Grpc),
    (Home::Agent(0), Signal::Traces, Protocol::Grpc),
    (Home::Agent(1), Signal::Traces, Protocol::Http),
    (Home::Agent(1), Signal::Logs, Protocol::Grpc),
    (Home::Agent(0), Signal::Metrics, Protocol::Http),
];

/// Requests of one sender that wait for their answers at once; further ones wait for their turn.
const OUTSTANDING: usize = 64;

/// `service.name` of a sender.
pub(crate) fn service(sender: usize) -> String {
    format!("sender-{sender}")
}

/// How hard to send, for how long, and what for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) seed: u64,
    pub(crate) cycle: u32,
    /// Requests a second of each sender.
    pub(crate) requests_per_s: f64,
    /// Whether senders repeat requests, time out early and give up some.
    pub(crate) unruly: bool,
    /// How long one request may take until it is acknowledged.
    pub(crate) patience: Duration,
}

impl Load {
    /// Lets senders make requests until `stop`; returns when each is acknowledged or given up.
    ///
    /// # Errors
    /// When a request is refused for good, or not acknowledged in time.
    pub(crate) async fn run(
        self,
        world: &World,
        ledger: &Arc<Ledger>,
        senders: &[usize],
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let transports: Arc<[Transport]> = world
            .collector_at
            .into_iter()
            .chain(world.agent_at)
            .map(Transport::new)
            .collect::<anyhow::Result<Vec<_>>>()?
            .into();
        let mut running = JoinSet::new();
        for &number in senders {
            let (home, signal, protocol) = SENDERS[number];
            let temper = if self.unruly { Temper::unruly() } else { Temper::orderly() };
            let sender = Sender {
                number,
                home,
                signal,
                protocol,
                temper,
                patience: self.patience,
                transports: transports.clone(),
                ledger: ledger.clone(),
            };
            running.spawn(self.drive(Arc::new(sender), stop.clone()));
        }
        while let Some(ended) = running.join_next().await {
            ended.context("a sender broke")??;
        }
        Ok(())
    }

    /// Makes one sender's requests, by the clock.
    async fn drive(self, sender: Arc<Sender>, stop: CancellationToken) -> anyhow::Result<()> {
        let mut ticks = interval(Duration::from_secs_f64(1.0 / self.requests_per_s));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let outstanding = Arc::new(Semaphore::new(OUTSTANDING));
        let mut deliveries = JoinSet::new();
        let mut number = 0;
        loop {
            let turn = async {
                ticks.tick().await;
                outstanding.clone().acquire_owned().await
            };
            let permit = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                permit = turn => permit?,
            };
            let (sender, id) = (sender.clone(), RequestId::new(self.cycle, sender.number, number));
            number += 1;
            deliveries.spawn(async move {
                let _permit = permit;
                sender.deliver(id, self.seed).await
            });
            while let Some(ended) = deliveries.try_join_next() {
                ended.context("a delivery broke")??;
            }
        }
        while let Some(ended) = deliveries.join_next().await {
            ended.context("a delivery broke")??;
        }
        Ok(())
    }
}
