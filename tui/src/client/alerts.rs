use std::time::Duration;

use ordertrace_api::alert::{
    AcknowledgeRequest, Acknowledgement, AlertsQuery, AlertsReply, SilenceReply, SilenceRequest,
};
use ordertrace_api::replay::{ReplayQuery, ReplayReply};
use ordertrace_api::routes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Client, ClientError, decode, encode, refusal};

/// Thousands of looks take longer; the collector gives up after five minutes.
const REPLAY_TIMEOUT: Duration = Duration::from_secs(310);

impl Client {
    /// What somebody must know.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn alerts(&self, query: &AlertsQuery) -> Result<AlertsReply, ClientError> {
        self.list(routes::ALERTS, query).await
    }

    /// Notes who takes care of the alert with this id.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn acknowledge(&self, id: &str, request: &AcknowledgeRequest) -> Result<Acknowledgement, ClientError> {
        self.tell(routes::ALERT_ACKNOWLEDGEMENT, id, request).await
    }

    /// Has every Alertmanager tell nobody of the alert with this id for a time.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn silence(&self, id: &str, request: &SilenceRequest) -> Result<SilenceReply, ClientError> {
        self.tell(routes::ALERT_SILENCE, id, request).await
    }

    /// The answer of a route that changes what `id` names.
    async fn tell<T: DeserializeOwned>(
        &self,
        route: &'static str,
        id: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let url = self.endpoint(&route.replace("{id}", &encode(id)));
        let request = self.http.post(url.clone()).json(body);
        let (status, reply) = self.request(("POST", route), &url, request).await?;
        if status.is_success() { decode(&url, &reply) } else { Err(refusal(&url, status, &reply)) }
    }

    /// What rules, a part of a collector's configuration, would have told of a time that is past.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn replay(&self, query: &ReplayQuery, rules: &impl Serialize) -> Result<ReplayReply, ClientError> {
        let url = self.url_of(routes::RULES_REPLAY, query);
        let request = self.http.post(url.clone()).json(rules).timeout(REPLAY_TIMEOUT);
        let (status, body) = self.request(("POST", routes::RULES_REPLAY), &url, request).await?;
        if status.is_success() { decode(&url, &body) } else { Err(refusal(&url, status, &body)) }
    }
}
