//! One sender: it times out and comes again, elsewhere perhaps, repeats itself, or gives up.

use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::time::Instant;

use super::Home;
use super::ledger::Ledger;
use super::request::{Request, RequestId, Signal, make};
use super::transport::{Answer, Protocol, Transport};

/// Collectors come first among the receivers, then agents.
const COLLECTORS: usize = 2;

/// How a sender behaves; chances are of a hundred.
#[derive(Clone, Copy, Debug)]
pub(super) struct Temper {
    /// That a request goes to two receivers at once.
    twice: u32,
    /// That it is sent again after it was acknowledged.
    after: u32,
    /// That it is given up when it is not acknowledged at once.
    gives_up: u32,
    /// That it has an item that is refused.
    refusable: u32,
    /// That another receiver is tried when the last did not answer well.
    moves: u32,
    /// Least and most time to wait for an answer, in milliseconds.
    timeout_ms: (u64, u64),
}

impl Temper {
    /// Everything that a receiver must bear.
    pub(super) fn unruly() -> Self {
        Self { twice: 5, after: 6, gives_up: 15, refusable: 20, moves: 40, timeout_ms: (100, 2_500) }
    }

    /// Sends each request until it is acknowledged, to one receiver.
    pub(super) fn orderly() -> Self {
        Self { twice: 0, after: 0, gives_up: 0, refusable: 0, moves: 0, timeout_ms: (10_000, 10_001) }
    }
}

/// A sender.
pub(super) struct Sender {
    pub(super) number: usize,
    pub(super) home: Home,
    pub(super) signal: Signal,
    pub(super) protocol: Protocol,
    pub(super) temper: Temper,
    pub(super) patience: Duration,
    pub(super) transports: Arc<[Transport]>,
    pub(super) ledger: Arc<Ledger>,
}

impl Sender {
    fn home(&self) -> usize {
        match self.home {
            Home::Collector(number) => number,
            Home::Agent(number) => COLLECTORS + number,
        }
    }

    /// Makes a request and sends it until it is acknowledged or given up.
    ///
    /// # Errors
    /// When it is refused for good, or not acknowledged in time.
    pub(super) async fn deliver(&self, id: RequestId, seed: u64) -> anyhow::Result<()> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(id.0);
        let chance = |rng: &mut ChaCha8Rng, percent| rng.random_range(0..100) < percent;
        // An agent would have to give up refused items, which its audit must show: they go to collectors alone.
        let refusable = self.signal == Signal::Metrics
            && matches!(self.home, Home::Collector(_))
            && chance(&mut rng, self.temper.refusable);
        let request = make(id, self.signal, &super::service(self.number), refusable, &mut rng);
        let elsewhere = |rng: &mut ChaCha8Rng| {
            let receivers = if refusable { COLLECTORS } else { self.transports.len() };
            rng.random_range(0..receivers)
        };
        let gives_up = chance(&mut rng, self.temper.gives_up);
        let patient_until = Instant::now() + self.patience;
        let mut receiver = self.home();
        let mut twice = chance(&mut rng, self.temper.twice);
        loop {
            let timeout = self.timeout(&mut rng);
            let taken = if std::mem::take(&mut twice) {
                let (other, pause) = (elsewhere(&mut rng), Duration::from_millis(rng.random_range(0..30)));
                let again = async {
                    tokio::time::sleep(pause).await;
                    self.send(other, &request, timeout).await
                };
                let (first, second) = tokio::join!(self.send(receiver, &request, timeout), again);
                first? || second?
            } else {
                self.send(receiver, &request, timeout).await?
            };
            if taken {
                break;
            }
            if gives_up {
                return Ok(());
            }
            anyhow::ensure!(
                Instant::now() < patient_until,
                "request {:x} of sender {} is not acknowledged after {} s",
                id.0,
                self.number,
                self.patience.as_secs()
            );
            if chance(&mut rng, self.temper.moves) {
                receiver = elsewhere(&mut rng);
            }
            tokio::time::sleep(Duration::from_millis(rng.random_range(20..400))).await;
        }
        if chance(&mut rng, self.temper.after) {
            let (other, timeout) = (elsewhere(&mut rng), self.timeout(&mut rng));
            self.send(other, &request, timeout).await?;
        }
        Ok(())
    }

    fn timeout(&self, rng: &mut ChaCha8Rng) -> Duration {
        let (least, most) = self.temper.timeout_ms;
        Duration::from_millis(rng.random_range(least..most))
    }

    /// Sends a request once; whether it was acknowledged.
    async fn send(&self, receiver: usize, request: &Request, timeout: Duration) -> anyhow::Result<bool> {
        self.ledger.sends(self.number, request);
        let sent = self.transports[receiver].send(self.protocol, request);
        let Ok(answer) = tokio::time::timeout(timeout, sent).await else { return Ok(false) };
        match answer? {
            Answer::Again => Ok(false),
            Answer::Taken { refused } => {
                let by_agent = receiver >= COLLECTORS;
                anyhow::ensure!(
                    by_agent || refused == request.refused,
                    "request {:x}: {refused} items are refused where {} should be",
                    request.id.0,
                    request.refused
                );
                self.ledger.acknowledged(request.id, by_agent);
                Ok(true)
            }
        }
    }
}
