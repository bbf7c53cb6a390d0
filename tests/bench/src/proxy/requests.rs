//! Requests by schedule: each connection is a thread that makes a request whenever one is due, late or not, and
//! counts latency from when it was due, so that a stall is counted for every request it holds up.

use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper_util::rt::TokioIo;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::net::TcpStream;
use tokio::runtime::Builder;

use super::exchange;

/// Bytes of a request's body.
pub(super) const BODY_BYTES: usize = 1_024;

/// Requests that are made before any is counted.
const WARM_UP_S: u32 = 2;

/// The longest latency told apart, in nanoseconds.
const LONGEST_NS: u64 = 60_000_000_000;

/// Orders that requests are about.
const ORDERS: u32 = 64;

/// How many, how fast.
#[derive(Clone, Copy, Debug)]
pub(super) struct Requests {
    pub(super) per_s: u32,
    pub(super) duration_s: u32,
    pub(super) connections: u32,
    pub(super) seed: u64,
}

impl Requests {
    /// Requests in all, warming up included.
    pub(super) fn count(self) -> u64 {
        u64::from(self.per_connection()) * u64::from(self.connections)
    }

    fn per_connection(self) -> u32 {
        self.per_s * (WARM_UP_S + self.duration_s) / self.connections
    }

    /// Time between two requests of one connection.
    fn interval(self) -> Duration {
        Duration::from_secs(1) * self.connections / self.per_s
    }

    /// Makes all requests; latencies of those after warming up, in nanoseconds.
    pub(super) async fn make(self, target: SocketAddr) -> anyhow::Result<Histogram<u64>> {
        let start = Instant::now() + Duration::from_millis(100);
        let threads: Vec<_> = (0..self.connections)
            .map(|connection| {
                // Connections take turns.
                let first = start + self.interval() * connection / self.connections;
                tokio::task::spawn_blocking(move || {
                    thread::spawn(move || self.one_connection(connection, target, first))
                        .join()
                        .map_err(|_| anyhow::anyhow!("a connection's thread broke"))?
                })
            })
            .collect();
        let mut all = Histogram::new_with_max(LONGEST_NS, 3)?;
        for thread in threads {
            all.add(thread.await??)?;
        }
        Ok(all)
    }

    fn one_connection(self, connection: u32, target: SocketAddr, first: Instant) -> anyhow::Result<Histogram<u64>> {
        // By default the kernel may wake a sleeper 50 µs late, which would be counted as latency.
        rustix::thread::set_current_timer_slack(NonZeroU64::new(1)).context("the timer cannot be made precise")?;
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed + u64::from(connection));
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let mut sender = runtime.block_on(connect(target))?;
        let mut latencies = Histogram::new_with_max(LONGEST_NS, 3)?;
        for number in 0..self.per_connection() {
            let due = first + self.interval() * number;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let body = exchange::request(rng.random_range(0..ORDERS), BODY_BYTES);
            runtime.block_on(post(&mut sender, target, body))?;
            if number >= self.per_s * WARM_UP_S / self.connections {
                latencies.saturating_record(u64::try_from(due.elapsed().as_nanos()).unwrap_or(u64::MAX));
            }
        }
        Ok(latencies)
    }
}

async fn connect(target: SocketAddr) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(target).await.with_context(|| format!("cannot connect to {target}"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Its end is seen by the next request.
    tokio::spawn(connection);
    Ok(sender)
}

async fn post(sender: &mut SendRequest<Full<Bytes>>, target: SocketAddr, body: String) -> anyhow::Result<()> {
    let request = Request::post("/v1/payment_intents")
        .header(HOST, target.to_string())
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, "node-fetch/3.3.2")
        .body(Full::new(Bytes::from(body)))?;
    sender.ready().await?;
    let response = sender.send_request(request).await.context("a request broke")?;
    anyhow::ensure!(response.status().is_success(), "a request was answered with {}", response.status());
    let answer = response.into_body().collect().await?.to_bytes();
    anyhow::ensure!(answer.len() == super::upstream::BODY_BYTES, "an answer has {} bytes", answer.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_of_all_connections_gives_the_rate() {
        let requests = Requests { per_s: 2_000, duration_s: 15, connections: 32, seed: 1 };
        assert_eq!(requests.interval(), Duration::from_millis(16));
        assert_eq!(requests.per_connection(), 1_062);
        assert_eq!(requests.count(), 33_984);
    }
}
