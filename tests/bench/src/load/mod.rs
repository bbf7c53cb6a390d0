//! Sends a recording as a fleet of OTLP senders would: each waits for its answer, and comes again when told to.

mod grpc;
mod http;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use clap::ValueEnum;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use ordertrace_otlp::Signal;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::grpc::GrpcSender;
use self::http::HttpSender;
use crate::workload::Recording;

/// How long a sender may be told to come again before the round fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// How OTLP is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    /// OTLP/gRPC
    Grpc,
    /// OTLP/HTTP with Protobuf
    Http,
}

/// How requests are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compression {
    /// Not at all
    None,
    /// gzip
    Gzip,
}

impl Compression {
    /// Its name in the settings of most programs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
        }
    }
}

/// Where a contender receives OTLP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Receiver {
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
}

/// How to send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) transport: Transport,
    pub(crate) compression: Compression,
    /// Senders at once, each with a connection of its own.
    pub(crate) senders: usize,
    /// Spans a second by schedule; none = as fast as answers come.
    pub(crate) spans_per_s: Option<u32>,
}

/// What was sent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sent {
    /// Requests that had to be sent again.
    pub(crate) resends: u64,
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
}

/// An answer to one request.
enum Answer {
    Accepted,
    Again(Duration),
}

/// One sender with a connection of its own.
pub(crate) enum Sender {
    Grpc(GrpcSender),
    Http(HttpSender),
}

impl Sender {
    async fn send(&mut self, body: Bytes) -> anyhow::Result<Answer> {
        match self {
            Self::Grpc(sender) => sender.send(body).await,
            Self::Http(sender) => sender.send(body).await,
        }
    }

    /// Sends a request until it is accepted; how often it was told to come again.
    pub(crate) async fn deliver(&mut self, body: &Bytes) -> anyhow::Result<u64> {
        let (patient_until, mut resends) = (Instant::now() + PATIENCE, 0);
        loop {
            let answer = tokio::time::timeout(ANSWER_TIMEOUT, self.send(body.clone()));
            match answer.await.context("no answer to a request")?? {
                Answer::Accepted => return Ok(resends),
                Answer::Again(wait) => {
                    anyhow::ensure!(Instant::now() < patient_until, "told to come again for {PATIENCE:?}");
                    resends += 1;
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }
}

impl Load {
    /// One of its senders.
    pub(crate) async fn sender(self, signal: Signal, receiver: Receiver) -> anyhow::Result<Sender> {
        Ok(match self.transport {
            Transport::Grpc => Sender::Grpc(GrpcSender::new(receiver.grpc, signal, self.compression).await?),
            Transport::Http => Sender::Http(HttpSender::new(receiver.http, signal, self.compression)?),
        })
    }

    /// Sends every request of the recording once, in order, and waits for all answers.
    pub(crate) async fn send(self, recording: &Arc<Recording>, receiver: Receiver) -> anyhow::Result<Sent> {
        let next = Arc::new(AtomicUsize::new(0));
        let started = Instant::now();
        let mut senders = JoinSet::new();
        for _ in 0..self.senders {
            let sender = self.sender(Signal::Traces, receiver).await?;
            senders.spawn(self.run(sender, recording.clone(), next.clone(), started));
        }
        let mut resends = 0;
        while let Some(ended) = senders.join_next().await {
            resends += ended.context("a sender broke")??;
        }
        Ok(Sent { resends, elapsed: started.elapsed() })
    }

    async fn run(
        self,
        mut sender: Sender,
        recording: Arc<Recording>,
        next: Arc<AtomicUsize>,
        started: Instant,
    ) -> anyhow::Result<u64> {
        let mut resends = 0;
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(body) = recording.requests.get(index) else { return Ok(resends) };
            if let Some(spans_per_s) = self.spans_per_s {
                let due_s = (index * recording.spans_per_request) as f64 / f64::from(spans_per_s);
                tokio::time::sleep_until(started + Duration::from_secs_f64(due_s)).await;
            }
            resends += sender.deliver(body).await?;
        }
    }
}

/// An accepted request of which spans were rejected was not accepted. Answers to metrics are of the same form.
fn checked(response: ExportTraceServiceResponse) -> anyhow::Result<Answer> {
    let partial = response.partial_success.unwrap_or_default();
    anyhow::ensure!(
        partial.rejected_spans == 0,
        "{} spans or points of a request were rejected: {}",
        partial.rejected_spans,
        partial.error_message
    );
    Ok(Answer::Accepted)
}
