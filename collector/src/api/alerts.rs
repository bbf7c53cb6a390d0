use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::alert::{
    AcknowledgeRequest, Acknowledgement, Alert, AlertState, AlertsQuery, AlertsReply, SilenceReply, SilenceRequest,
};
use ordertrace_api::problem::Problem;

use super::ApiState;
use super::problem::Refusal;
use super::range::unless_empty;
use crate::alert::{AlertView, SilenceError, Wanted};

/// Alerts in a reply unless the query says otherwise.
const DEFAULT_LIMIT: u32 = 200;

/// Alerts that a query may ask for.
const MAX_LIMIT: u32 = 1000;

/// Hexadecimal digits of an alert's id.
const ID_DIGITS: usize = 32;

/// The longest silence: 30 days.
const LONGEST_SILENCE_S: u32 = 30 * 86_400;

/// The longest name, and the longest text, in characters.
const LONGEST_NAME: usize = 200;
const LONGEST_TEXT: usize = 2_000;

#[utoipa::path(
    get,
    path = ordertrace_api::routes::ALERTS,
    params(
        ("since" = Option<String>, Query, description = "Only alerts that are active, or were resolved at or after this time, RFC 3339"),
        ("until" = Option<String>, Query, description = "Only alerts that began before this time, RFC 3339"),
        ("state" = Option<String>, Query, description = "pending, firing or resolved; any, without it"),
        ("rule" = Option<String>, Query, description = "Only alerts of this rule"),
        ("id" = Option<String>, Query, description = "Only alerts whose id begins so: up to 32 hexadecimal digits"),
        ("limit" = Option<u32>, Query, description = "At most this many, 1 to 1000; 200 unless given"),
    ),
    responses(
        (status = 200, description = "Alerts: those that fire first, the worst of them first, then the latest", body = AlertsReply),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(state): State<ApiState>,
    query: Result<Query<AlertsQuery>, QueryRejection>,
) -> Result<Json<AlertsReply>, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    let limit = Refusal::unless_within("limit", query.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
    unless_empty(query.since, query.until)?;
    let AlertsQuery { since, until, state: wanted_state, rule, id, .. } = query;
    if let Some(id) = id.as_deref().filter(|id| !is_hex(id) || id.len() > ID_DIGITS) {
        return Err(Refusal::bad_request(format!("id is {id:?}; write up to {ID_DIGITS} hexadecimal digits")));
    }
    let wanted = Wanted { since, until, state: wanted_state, rule, id, limit: limit as usize + 1 };
    let mut alerts = state.alerts.ledger.list(&wanted).await?;
    let more = alerts.len() > limit as usize;
    alerts.truncate(limit as usize);
    let rules = u32::try_from(state.alerts.rules).unwrap_or(u32::MAX);
    let AlertView { failures, receivers, .. } = &state.alerts;
    Ok(Json(AlertsReply { alerts, more, rules, failures: failures.list(), receivers: receivers.states() }))
}

#[utoipa::path(
    post,
    path = ordertrace_api::routes::ALERT_ACKNOWLEDGEMENT,
    params(("id" = String, Path, description = "Id of the alert: 32 hexadecimal digits")),
    request_body = AcknowledgeRequest,
    responses(
        (status = 200, description = "It is noted; the alert goes on to fire", body = Acknowledgement),
        (status = 400, description = "The request cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such alert", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The alert is over", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not application/json", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn acknowledge(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    body: Result<Json<AcknowledgeRequest>, JsonRejection>,
) -> Result<Json<Acknowledgement>, Refusal> {
    let AcknowledgeRequest { who, note } = read(body)?;
    let by = Acknowledgement { who: name(&who)?, note: text("note", note)?, at: Timestamp::now() };
    let alert = active(&state, id).await?;
    state.alerts.ledger.acknowledge(&alert, &by).await?;
    Ok(Json(by))
}

#[utoipa::path(
    post,
    path = ordertrace_api::routes::ALERT_SILENCE,
    params(("id" = String, Path, description = "Id of the alert: 32 hexadecimal digits")),
    request_body = SilenceRequest,
    responses(
        (status = 200, description = "Every Alertmanager among the receivers tells nobody of it for that time", body = SilenceReply),
        (status = 400, description = "The request cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such alert", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The alert is over, or no receiver is an Alertmanager", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not application/json", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "An Alertmanager did not take it", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn silence(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    body: Result<Json<SilenceRequest>, JsonRejection>,
) -> Result<Json<SilenceReply>, Refusal> {
    let SilenceRequest { duration_s, who, comment } = read(body)?;
    Refusal::unless_within("duration_s", Some(duration_s), duration_s, LONGEST_SILENCE_S)?;
    let (who, comment) = (name(&who)?, text("comment", comment)?);
    let alert = active(&state, id).await?;
    let now = Timestamp::now();
    let until = now.checked_add(SignedDuration::from_secs(i64::from(duration_s))).unwrap_or(Timestamp::MAX);
    let silences = state.alerts.receivers.silence(&alert, (now, until), &who, &comment).await;
    let silences = silences.map_err(|error| {
        let (status, title) = match error {
            SilenceError::Nobody => (StatusCode::CONFLICT, "nobody silences"),
            SilenceError::Refused { .. } => (StatusCode::BAD_GATEWAY, "Alertmanager did not take it"),
        };
        Refusal::new(status, title, error.to_string())
    })?;
    Ok(Json(SilenceReply { silences, until }))
}

/// The body of what changes something. It must be declared as JSON: no page of another site can make a browser
/// send that without being asked first.
fn read<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Refusal> {
    let Json(body) =
        body.map_err(|rejection| Refusal::new(rejection.status(), "the body cannot be read", rejection.body_text()))?;
    Ok(body)
}

/// The alert as it was last, if it is not over.
async fn active(state: &ApiState, id: String) -> Result<Alert, Refusal> {
    let is_id = id.len() == ID_DIGITS && is_hex(&id);
    let wanted = Wanted { id: Some(id.clone()), limit: 1, ..Wanted::default() };
    let mut found = if is_id { state.alerts.ledger.list(&wanted).await? } else { Vec::new() };
    match found.pop() {
        None => Err(Refusal::not_found(format!("there is no alert {id:?}"))),
        Some(alert) if alert.state == AlertState::Resolved => {
            Err(Refusal::new(StatusCode::CONFLICT, "the alert is over", format!("alert {id:?} is resolved")))
        }
        Some(alert) => Ok(alert),
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn name(who: &str) -> Result<String, Refusal> {
    let who = who.trim();
    if who.is_empty() || who.chars().count() > LONGEST_NAME {
        return Err(Refusal::bad_request(format!("who must be 1 to {LONGEST_NAME} characters: say who you are")));
    }
    Ok(who.to_owned())
}

fn text(name: &str, text: String) -> Result<String, Refusal> {
    if text.chars().count() > LONGEST_TEXT {
        return Err(Refusal::bad_request(format!("{name} is longer than {LONGEST_TEXT} characters")));
    }
    Ok(text)
}
