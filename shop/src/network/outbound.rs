use std::time::Duration;

use http::{Method, StatusCode};
use jiff::Timestamp;
use ordertrace_api::journey::Outcome;
use serde_json::Value;

use super::directory::SESSION_HEADER;
use super::request_id::{REQUEST_ID, RequestId};
use super::{Call, CallError, Reply, Scope, Station};
use crate::edge::RetryMark;
use crate::fault::{ATTEMPTS_MAX, Fault};
use crate::instrument::ClientSpan;
use crate::system::System;
use crate::truth::{AttemptTruth, HandoffTruth};

/// A receiver that is alive answers well within this; only planned stalls are cut short.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How an attempt ended.
enum Ending {
    Answered(StatusCode, Value),
    Broken(&'static str),
}

impl Ending {
    fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Answered(status, _) => Some(*status),
            Self::Broken(_) => None,
        }
    }

    /// Worth another attempt: nothing was answered, or the answer says "later".
    fn transient(&self) -> bool {
        match self.status() {
            Some(status) => matches!(status.as_u16(), 429 | 502 | 503 | 504),
            None => true,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Answered(status, _) => status.as_u16().to_string(),
            Self::Broken(error_type) => (*error_type).to_owned(),
        }
    }
}

/// The HTTP client of one system.
#[derive(Debug)]
pub(super) struct Client(reqwest::Client);

impl Client {
    pub(super) fn new(system: System) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .user_agent(system.name())
            .no_proxy()
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self(client))
    }

    pub(super) async fn call(&self, station: &Station, scope: &Scope, call: Call) -> Result<Reply, CallError> {
        let world = &station.world;
        let edge = call.operation.edge();
        let id = scope.next_call(world.seed);
        let faults = world.seed.faults(edge, id, world.fault_percent);
        let mut attempts = Vec::new();
        let ending = loop {
            let attempt = u8::try_from(attempts.len()).unwrap_or(ATTEMPTS_MAX);
            let request_id = RequestId { owner: scope.owner, call: id, attempt };
            let stalls = faults.get(usize::from(attempt)) == Some(&Fault::Stall);
            let patience = if stalls { world.pace().patience() } else { TIMEOUT };
            let started_at = Timestamp::now();
            let ending = self.attempt(station, scope, &call, request_id, patience).await;
            let ok = ending.status().is_some_and(|status| status.as_u16() < 400);
            attempts.push(AttemptTruth {
                started_at,
                ended_at: Timestamp::now(),
                outcome: if ok { Outcome::Ok } else { Outcome::Error },
                status_code: ending.status().map(|status| status.as_u16()),
            });
            if !ending.transient() || attempt + 1 >= ATTEMPTS_MAX {
                break ending;
            }
            tokio::time::sleep(world.pace().backoff(attempt)).await;
        };
        let made = attempts.len();
        world.recorder.handoff(
            scope.owner,
            HandoffTruth {
                from: edge.from.name().to_owned(),
                to: edge.to.name().to_owned(),
                operation: call.operation.label(),
                attempts,
            },
        );
        match ending {
            ending if ending.transient() => {
                Err(CallError::GaveUp { edge, operation: call.operation.label(), attempts: made, last: ending.text() })
            }
            Ending::Answered(status, body) => Ok(Reply { status, body, edge }),
            Ending::Broken(last) => Err(CallError::GaveUp {
                edge,
                operation: call.operation.label(),
                attempts: made,
                last: last.to_owned(),
            }),
        }
    }

    async fn attempt(
        &self,
        station: &Station,
        scope: &Scope,
        call: &Call,
        id: RequestId,
        patience: Duration,
    ) -> Ending {
        let edge = call.operation.edge();
        let Some(address) = station.world.directory.dial(edge) else { return Ending::Broken("unknown_host") };
        let url = match &call.query {
            Some(query) => format!("http://{address}{}?{query}", call.path),
            None => format!("http://{address}{}", call.path),
        };
        let mark = edge.traits().map(|traits| traits.retry_mark);
        let resend = if mark == Some(RetryMark::ResendCount) { id.attempt } else { 0 };
        let span = ClientSpan::start(&station.instruments, scope, call, address, resend);
        let method = Method::from_bytes(call.operation.method.as_bytes()).unwrap_or(Method::POST);
        let mut request = self.0.request(method, url).timeout(patience).header(REQUEST_ID, id.to_string());
        if mark == Some(RetryMark::IdempotencyKey) {
            request = request.header("idempotency-key", format!("idem-{:016x}", id.call));
        }
        if let Some(token) = &call.session {
            request = request.header(SESSION_HEADER, token);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let ending = match request.headers(span.headers()).send().await {
            Err(error) => Ending::Broken(error_type(&error)),
            Ok(response) => {
                let status = response.status();
                match response.bytes().await {
                    Err(error) => Ending::Broken(error_type(&error)),
                    Ok(bytes) => Ending::Answered(status, serde_json::from_slice(&bytes).unwrap_or_default()),
                }
            }
        };
        match &ending {
            Ending::Answered(status, _) => span.answered(*status),
            Ending::Broken(error_type) => span.broken(error_type),
        }
        ending
    }
}

fn error_type(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connect"
    } else {
        "connection_closed"
    }
}

impl Station {
    /// Makes a call that must succeed.
    pub(crate) async fn must(&self, scope: &Scope, call: Call) -> Result<Reply, CallError> {
        let operation = call.operation;
        self.call(scope, call).await?.accepted(operation)
    }

    /// Makes a call that nobody depends on: one that is given up is lost.
    pub(crate) async fn may(&self, scope: &Scope, call: Call) {
        if let Err(error) = self.must(scope, call).await {
            tracing::debug!(%error, "a notification was lost");
        }
    }
}
