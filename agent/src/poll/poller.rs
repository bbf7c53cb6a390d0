//! One source and its task.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ordertrace_api::reading::Entity;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use super::config::{PollConfig, SourceConfig};
use super::error::{PollError, PollSetupError};
use super::file::FileSource;
use super::gathering::{Gathering, Outlet};
use super::http::HttpSource;
use super::plan::Plan;
use super::record::{Origin, poll_record};
use super::report::{Left, Outcome, PollReport, judge};
use super::schedule::{first_delay, next_delay};
use super::sql::SqlSource;
use super::state::{Progress, StateError, StateFile};
use crate::cause::with_causes;
use crate::clock::now_ns;
use crate::spool::Spool;
use crate::telemetry::Meter;

const LEAST_INTERVAL: ordertrace_config::Duration = ordertrace_config::Duration::from_millis(100);
const NAME_BYTES: usize = 64;

/// A source that is ready to be polled.
#[derive(Debug)]
pub struct Poller {
    plan: Arc<Plan>,
    origin: Arc<Origin>,
    source: Source,
    interval: Duration,
    timeout: Duration,
    state: StateFile,
    /// As it was saved last; none until it was loaded.
    saved: Option<Progress>,
    last: Option<(Outcome, Option<String>)>,
}

#[derive(Debug)]
enum Source {
    Files(FileSource),
    Http(Box<HttpSource>),
    Sql(Box<SqlSource>),
}

impl Poller {
    /// The poll `config`; how far it is stands below `spool_dir`.
    ///
    /// # Errors
    /// [`PollSetupError`] says which setting.
    pub fn new(config: &PollConfig, spool_dir: &Path) -> Result<Self, PollSetupError> {
        let is_name = (1..=NAME_BYTES).contains(&config.name.len())
            && config.name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
        if !is_name {
            return Err(PollSetupError::Name { name: config.name.clone() });
        }
        if config.system.is_empty() {
            return Err(PollSetupError::System);
        }
        if config.interval < LEAST_INTERVAL {
            return Err(PollSetupError::Interval { given: config.interval, least: LEAST_INTERVAL });
        }
        if config.timeout.get().is_zero() {
            return Err(PollSetupError::Timeout);
        }
        let (interval, timeout) = (config.interval.get(), config.timeout.get());
        let plan = Plan::new(config)?;
        let source = match &config.source {
            SourceConfig::Csv(csv) => Source::Files(FileSource::csv(csv)?),
            SourceConfig::JsonLines(lines) => Source::Files(FileSource::json_lines(lines, &plan.columns)?),
            SourceConfig::Http(http) => Source::Http(Box::new(HttpSource::new(http, &plan.columns, timeout)?)),
            SourceConfig::Postgres(server) => {
                Source::Sql(Box::new(SqlSource::postgres(server, &plan.columns, timeout)?))
            }
            SourceConfig::Mysql(server) => Source::Sql(Box::new(SqlSource::mysql(server, &plan.columns, timeout)?)),
            SourceConfig::Sqlite(file) => Source::Sql(Box::new(SqlSource::sqlite(file, &plan.columns, timeout)?)),
        };
        let entities: BTreeSet<Entity> = config.readings.iter().map(|reading| reading.entity).collect();
        let whole_ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let origin = Origin {
            source: config.name.clone(),
            system: config.system.clone(),
            entities: entities.into_iter().map(Entity::name).collect::<Vec<_>>().join(","),
            interval_ms: whole_ms(interval),
            timeout_ms: whole_ms(timeout),
        };
        Ok(Self {
            plan: Arc::new(plan),
            origin: Arc::new(origin),
            source,
            interval,
            timeout,
            state: StateFile::new(spool_dir, config),
            saved: None,
            last: None,
        })
    }

    /// Polls until `stop`. A poll under way is given up then; what of it is in the spool
    /// is not read again.
    pub async fn run(mut self, spool: Spool, meter: Meter, instance_id: String, stop: CancellationToken) {
        let mut outlet = Outlet::new(spool, instance_id);
        let mut delay = first_delay(self.interval, rand::random());
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(delay) => {}
            }
            let started = Instant::now();
            let Some(report) = self.poll(&mut outlet, &stop).await else { return };
            meter.polled(&self.origin.source, &report, now_ns());
            self.log(&report);
            let told = outlet.append(vec![poll_record(&report, &self.origin, now_ns())]).await;
            if let Err(error) = told {
                tracing::warn!(source = self.origin.source, %error, "the account of a poll is lost");
            }
            delay = next_delay(self.interval, started.elapsed(), rand::random());
        }
    }

    /// One poll; none when it was given up for `stop`.
    async fn poll(&mut self, outlet: &mut Outlet, stop: &CancellationToken) -> Option<PollReport> {
        let started = Instant::now();
        let mut ended = None;
        match self.load().await {
            Err(error) => ended = Some(Err(error)),
            Ok(before) => {
                let mut progress = before.clone();
                let gathering = Gathering::new(Arc::clone(&self.plan), Arc::clone(&self.origin));
                let read = self.source.read(&mut progress, gathering, outlet, started + self.timeout);
                let timeout = self.timeout;
                tokio::select! {
                    () = stop.cancelled() => {}
                    read = tokio::time::timeout(timeout, read) => {
                        ended = Some(read.unwrap_or(Err(PollError::Timeout { timeout })));
                    }
                }
                if progress != before
                    && let Err(error) = self.save(progress).await
                {
                    ended = ended.map(|ended| ended.and(Err(error)));
                }
            }
        }
        let ended = ended?.map_err(|error| self.told(&error));
        Some(judge(outlet.take_yield(), ended, started.elapsed(), self.interval))
    }

    fn told(&self, error: &PollError) -> String {
        let told = with_causes(error);
        if error.needs_new_start() { format!("{told} ({})", self.state.path().display()) } else { told }
    }

    async fn load(&mut self) -> Result<Progress, PollError> {
        if self.saved.is_none() {
            let state = self.state.clone();
            let loaded = tokio::task::spawn_blocking(move || state.load()).await;
            self.saved = Some(self.joined(loaded)?);
        }
        Ok(self.saved.clone().unwrap_or_default())
    }

    async fn save(&mut self, progress: Progress) -> Result<(), PollError> {
        let (state, copy) = (self.state.clone(), progress.clone());
        let saved = tokio::task::spawn_blocking(move || state.save(&copy)).await;
        self.joined(saved)?;
        self.saved = Some(progress);
        Ok(())
    }

    fn joined<T>(&self, done: Result<Result<T, StateError>, JoinError>) -> Result<T, PollError> {
        let done = done.unwrap_or_else(|error| Err(self.state.error("work on", std::io::Error::other(error))));
        done.map_err(PollError::from)
    }

    /// Says once how it goes, until it goes otherwise.
    fn log(&mut self, report: &PollReport) {
        let now = (report.outcome, report.reason.clone());
        if self.last.as_ref() == Some(&now) {
            return;
        }
        let (source, reason) = (&self.origin.source, report.reason.as_deref().unwrap_or_default());
        match report.outcome {
            Outcome::Ok => tracing::info!(source, readings = report.readings, reason, "the source is polled"),
            Outcome::Late => tracing::warn!(source, reason, "the poll is late"),
            Outcome::Failed => tracing::warn!(source, reason, "the poll failed"),
        }
        self.last = Some(now);
    }
}

impl Source {
    async fn read(
        &mut self,
        progress: &mut Progress,
        gathering: Gathering,
        outlet: &mut Outlet,
        deadline: Instant,
    ) -> Result<Left, PollError> {
        match self {
            Self::Files(files) => files.read(progress, gathering, outlet).await,
            Self::Http(http) => http.read(progress, gathering, outlet, deadline).await,
            Self::Sql(sql) => sql.read(progress, gathering, outlet).await,
        }
    }
}
