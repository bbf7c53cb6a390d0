//! An agent that polls, and what reached the collector of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use ordertrace_agent::Agent;
use ordertrace_agent::config::Config;
use ordertrace_api::attributes;
use prost::Message;
use tempfile::TempDir;

use crate::support::{Collector, config};

/// The attributes of a log record as texts.
pub type Attributes = BTreeMap<String, String>;

pub struct Polling {
    pub agent: Option<Agent>,
    pub collector: Collector,
    pub dir: TempDir,
    polls: String,
}

impl Polling {
    /// An agent with these polls, in YAML; `DIR` stands for a directory of its own.
    pub async fn start(dir: TempDir, polls: &str) -> Self {
        Self::start_with(dir, polls, |_| {}).await
    }

    /// The same, its configuration changed until it is started again.
    pub async fn start_with(dir: TempDir, polls: &str, change: impl FnOnce(&mut Config)) -> Self {
        let polls = polls.replace("DIR", dir.path().to_str().unwrap());
        let mut polling = Self { agent: None, collector: Collector::start().await, dir, polls };
        polling.started(change).await;
        polling
    }

    pub async fn restart(&mut self) {
        self.started(|_| {}).await;
    }

    async fn started(&mut self, change: impl FnOnce(&mut Config)) {
        if let Some(agent) = self.agent.take() {
            agent.stop().await;
        }
        let polled: Config = ordertrace_config::parse(&format!("polls:\n{}", self.polls), "polls").unwrap();
        let mut config = config(self.dir.path(), &self.collector.endpoint());
        config.polls = polled.polls;
        change(&mut config);
        self.agent = Some(Agent::start(config).await.unwrap());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Everything that arrived so far of one event name, in order.
    fn events(&self, event: &str) -> Vec<Attributes> {
        let received = self.collector.received();
        let requests = received.iter().filter(|request| request.path == "/v1/logs");
        let records = requests.flat_map(|request| records(&request.body));
        records.filter(|record| record.event_name == event).map(attributes_of).collect()
    }

    pub fn readings(&self) -> Vec<Attributes> {
        self.events(attributes::EVENT_READING)
    }

    /// `sku=value` of every reading, in order.
    pub fn values(&self) -> Vec<String> {
        let text = |reading: &Attributes, name| reading.get(name).cloned().unwrap_or_default();
        let readings = self.readings();
        let values = readings.iter().map(|r| format!("{}={}", text(r, attributes::SKU), text(r, attributes::VALUE)));
        values.collect()
    }

    pub fn polls(&self) -> Vec<Attributes> {
        self.events(attributes::EVENT_POLL)
    }

    /// Waits until a poll is told of that is so.
    pub async fn wait_for_poll(&self, is_so: impl Fn(&Attributes) -> bool) -> Attributes {
        self.wait_for_poll_after(0, is_so).await
    }

    /// The same, of those after the first `count`.
    pub async fn wait_for_poll_after(&self, count: usize, is_so: impl Fn(&Attributes) -> bool) -> Attributes {
        self.collector.wait(|| self.polls().into_iter().skip(count).find(&is_so)).await
    }

    /// Waits until a whole poll was made that began after this call.
    pub async fn wait_for_another_poll(&self) -> Attributes {
        let seen = self.polls().len();
        // The next to be told of may have begun before.
        self.collector.wait(|| self.polls().into_iter().nth(seen + 1)).await
    }

    /// Waits until these readings arrived, in any order, each at least once.
    pub async fn wait_for_values(&self, expected: &[&str]) {
        self.collector
            .wait(|| {
                let values = self.values();
                expected.iter().all(|value| values.iter().any(|seen| seen == value)).then_some(())
            })
            .await;
    }

    pub async fn stop(mut self) {
        if let Some(agent) = self.agent.take() {
            agent.stop().await;
        }
    }
}

fn records(body: &[u8]) -> Vec<LogRecord> {
    let request = ExportLogsServiceRequest::decode(body).unwrap();
    let scopes = request.resource_logs.into_iter().flat_map(|resource| resource.scope_logs);
    scopes.flat_map(|scope| scope.log_records).collect()
}

fn attributes_of(record: LogRecord) -> Attributes {
    let text = |value| match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let pairs =
        record.attributes.into_iter().map(|attribute| (attribute.key, text(attribute.value.unwrap().value.unwrap())));
    pairs.chain([("time".to_owned(), record.time_unix_nano.to_string())]).collect()
}

/// How a poll went; that this machine took longer than the tests' short interval is no part of it.
pub fn outcome(poll: &Attributes) -> &str {
    match poll[attributes::POLL_OUTCOME].as_str() {
        "late" if reason(poll).contains("longer than its interval") => "ok",
        outcome => outcome,
    }
}

pub fn reason(poll: &Attributes) -> &str {
    poll.get(attributes::POLL_REASON).map(String::as_str).unwrap_or_default()
}

pub fn failed(poll: &Attributes) -> bool {
    outcome(poll) == "failed"
}

pub fn ok(poll: &Attributes) -> bool {
    outcome(poll) == "ok"
}
