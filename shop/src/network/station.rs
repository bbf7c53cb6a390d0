use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, KeyValue};
use ordertrace_api::keys::Key;

use super::directory::Directory;
use super::outbound::Client;
use super::{Call, CallError, Reply, Scope};
use crate::chance::Seed;
use crate::instrument::Instruments;
use crate::jobs::Jobs;
use crate::recorder::Recorder;
use crate::settings::Pace;
use crate::system::System;

/// What all systems of one shop share without speaking to each other: the laws of their
/// world and the record of what happens in it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: Seed,
    pub(crate) fault_percent: u32,
    pub(crate) pace: RwLock<Pace>,
    pub(crate) directory: Directory,
    pub(crate) recorder: Recorder,
    pub(crate) jobs: Jobs,
}

impl World {
    pub(crate) fn pace(&self) -> Pace {
        *self.pace.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one system works with: its HTTP client, its telemetry and its name.
#[derive(Debug)]
pub(crate) struct Station {
    pub(crate) system: System,
    pub(crate) world: Arc<World>,
    pub(crate) instruments: Instruments,
    client: Client,
}

impl Station {
    pub(crate) fn new(system: System, world: Arc<World>) -> Result<Self, reqwest::Error> {
        Ok(Self { system, world, instruments: Instruments::new(system), client: Client::new(system)? })
    }

    pub(crate) fn seed(&self) -> Seed {
        self.world.seed
    }

    /// Makes a call, with as many attempts as it takes, and records it.
    pub(crate) async fn call(&self, scope: &Scope, call: Call) -> Result<Reply, CallError> {
        self.client.call(self, scope, call).await
    }

    /// Records that an order has a key. Numbers are keys of this system only.
    pub(crate) fn mints(&self, scope: &Scope, kind: &str, value: &str) {
        if let (Some(owner), Some(key)) = (scope.owner, Key::seen(kind, value, self.system.name())) {
            self.world.recorder.key(owner, key);
        }
    }

    /// Does work that no request waits for; the order it is for is not finished before.
    pub(crate) fn spawn<F>(&self, owner: Option<u64>, work: F)
    where
        F: Future<Output = Result<(), CallError>> + Send + 'static,
    {
        self.world.jobs.spawn(owner, work);
    }

    /// Lets time pass before work that nobody waits for.
    pub(crate) async fn pause(&self, purpose: &[&str]) {
        let mut chance = self.seed().chance(purpose);
        tokio::time::sleep(self.world.pace().latency(&mut chance)).await;
    }

    /// Does `work` within a span of its own below `scope`; a root, when `scope` has none.
    pub(crate) async fn inside<T, W, F>(
        &self,
        scope: &Scope,
        name: &'static str,
        cause: Option<&Context>,
        attributes: Vec<KeyValue>,
        work: W,
    ) -> T
    where
        W: FnOnce(Scope) -> F,
        F: Future<Output = T>,
    {
        let span = self.instruments.start(name.into(), SpanKind::Internal, &scope.context, attributes, cause);
        let done = work(scope.within(span.context().clone())).await;
        span.end();
        done
    }
}
