use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::problem::Problem;
use ordertrace_api::replay::{ReplayQuery, ReplayReply};

use super::ApiState;
use super::problem::Refusal;
use super::range::range;
use crate::alert::{Moment, Replay, ReplayError, Rules};
use crate::settings::ReplaySettings;

/// The range of a query that says none.
const REACH: SignedDuration = SignedDuration::from_hours(1);

/// Looks of all rules together.
const MOST_LOOKS: i64 = 20_000;

/// The longest step: an hour.
const LONGEST_STEP_S: u32 = 3_600;

/// What takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(300);

#[utoipa::path(
    post,
    path = ordertrace_api::routes::RULES_REPLAY,
    params(
        ("since" = Option<String>, Query, description = "From then on, RFC 3339; an hour before the end unless given"),
        ("until" = Option<String>, Query, description = "Until then, RFC 3339; now unless given"),
        ("step_s" = Option<u32>, Query, description = "Seconds from one look to the next, 1 to 3600; alerts.every unless given"),
        ("rule" = Option<String>, Query, description = "Only this rule"),
    ),
    request_body(
        content = String, content_type = "application/yaml",
        description = "A part of a collector's configuration, sync and alerts, as YAML, or as JSON with application/json"
    ),
    responses(
        (status = 200, description = "What these rules would have told; nothing is written, and nobody told", body = ReplayReply),
        (status = 400, description = "The query or the rules cannot be meant, or it is too much", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is neither application/yaml nor application/json", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Another one is under way", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer, or takes too long", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn replay(
    State(state): State<ApiState>,
    query: Result<Query<ReplayQuery>, QueryRejection>,
    headers: HeaderMap,
    body: String,
) -> Result<Json<ReplayReply>, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    unless_declared(&headers)?;
    let settings: ReplaySettings =
        ordertrace_config::parse(&body, "the body").map_err(|error| Refusal::bad_request(error.to_string()))?;
    let rules = rules(&settings, query.rule.as_deref())?;
    let step_s = u32::try_from(settings.alerts.every.get().as_secs()).unwrap_or(u32::MAX);
    let step_s = Refusal::unless_within("step_s", query.step_s, step_s, LONGEST_STEP_S)?;
    let now = Timestamp::now();
    let range = range((query.since, query.until), REACH, now)?;
    let (from_ms, until_ms) = (range.since().as_millisecond(), range.until().min(now).as_millisecond());
    let moments = moments(from_ms, until_ms, step_s, rules.len())?;
    let Ok(_turn) = state.alerts.replay.try_lock() else {
        let detail = "this collector holds rules against the past for somebody else; try again when that is done";
        return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "another one is under way", detail));
    };
    let looking = async {
        let (mut replay, mut last_ms) = (Replay::default(), from_ms);
        for at_ms in moments {
            if replay.is_full() {
                return Ok((replay, last_ms, true));
            }
            last_ms = at_ms;
            replay.look(&state.client, &rules, Moment { now_ms: at_ms, known_ms: at_ms }).await?;
        }
        Ok::<_, ReplayError>((replay, until_ms, false))
    };
    let (replay, ended_ms, more) = match tokio::time::timeout(PATIENCE, looking).await {
        Ok(done) => done?,
        Err(_) => {
            let detail =
                format!("it took longer than {} s; ask for a longer step or a shorter range", PATIENCE.as_secs());
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "it took too long", detail));
        }
    };
    Ok(Json(ReplayReply {
        since: range.since(),
        until: Timestamp::from_millisecond(ended_ms).unwrap_or(now),
        step_s,
        rules: u32::try_from(rules.len()).unwrap_or(u32::MAX),
        alerts: replay.into_alerts(),
        more,
        notes: rules.unrecorded(state.sync.pairs()),
    }))
}

impl From<ReplayError> for Refusal {
    fn from(error: ReplayError) -> Self {
        let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
        Self::unavailable(format!("{error}{}", source.unwrap_or_default()))
    }
}

/// No page of another site can make a browser send these without being asked first.
fn unless_declared(headers: &HeaderMap) -> Result<(), Refusal> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if matches!(kind.as_str(), "application/json" | "application/yaml") {
        return Ok(());
    }
    let detail = format!("content-type is {kind:?}; send application/yaml or application/json");
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body cannot be read", detail))
}

/// Those of the settings, or the one that is named.
fn rules(settings: &ReplaySettings, named: Option<&str>) -> Result<Rules, Refusal> {
    let pairs = crate::sync::Pairs::new(&settings.sync);
    pairs.map_err(|error| Refusal::bad_request(error.to_string()))?;
    let rules = Rules::new(&settings.alerts, &settings.sync);
    let rules = rules.map_err(|error| Refusal::bad_request(error.to_string()))?;
    let rules = match named {
        Some(name) => rules.only(name).map_err(|error| Refusal::bad_request(error.to_string()))?,
        None => rules,
    };
    if rules.is_empty() {
        return Err(Refusal::bad_request("alerts.rules is empty; write at least one rule"));
    }
    Ok(rules)
}

/// When to look, milliseconds since the Unix epoch: from the beginning on in equal steps.
fn moments(
    from_ms: i64,
    until_ms: i64,
    step_s: u32,
    rules: usize,
) -> Result<impl Iterator<Item = i64> + use<>, Refusal> {
    let step_ms = i64::from(step_s) * 1_000;
    let of_rules = i64::try_from(rules).unwrap_or(i64::MAX);
    let length_ms = until_ms.saturating_sub(from_ms);
    let looks = (length_ms / step_ms).saturating_add(1);
    if looks.saturating_mul(of_rules) > MOST_LOOKS {
        let most = (MOST_LOOKS / of_rules).max(2);
        let longer_s = length_ms / 1_000 / (most - 1) + 1;
        return Err(Refusal::bad_request(format!(
            "{looks} looks at {rules} rules are more than {MOST_LOOKS}; write step_s={longer_s}, a shorter range, or one rule"
        )));
    }
    let first_ms = from_ms;
    Ok((0..looks).map(move |at| first_ms.saturating_add(at.saturating_mul(step_ms))).filter(move |at| *at <= until_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_in_equal_steps_and_not_too_many() {
        let at = |from, until, step_s, rules| moments(from, until, step_s, rules).map(Iterator::collect::<Vec<_>>);
        assert_eq!(at(500, 30_500, 15, 1).unwrap(), [500, 15_500, 30_500]);
        assert_eq!(at(0, 14_999, 15, 9).unwrap(), [0]);
        assert_eq!(at(0, -1, 15, 9).unwrap(), [] as [i64; 0], "what is yet to come");
        let day_ms = 86_400_000;
        assert_eq!(at(0, day_ms, 15, 3).unwrap().len(), 5_761);
        let refused = format!("{:?}", at(0, day_ms, 15, 4).unwrap_err());
        assert!(refused.contains("5761 looks at 4 rules are more than 20000; write step_s=18"), "{refused}");
        assert!(at(0, day_ms, 18, 4).is_ok(), "as it says");
    }
}
