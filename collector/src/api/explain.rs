use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::explain::{ExplainQuery, Explanation, HandoffSymptom, Symptom};
use ordertrace_api::journey::Candidates;
use ordertrace_api::problem::Problem;

use super::ApiState;
use super::problem::Refusal;
use super::range::range;
use crate::explain::{Answer, Asked};

/// How far a range reaches back unless the query says so.
const DEFAULT_RANGE: SignedDuration = SignedDuration::from_hours(24);

#[utoipa::path(
    get,
    path = ordertrace_api::routes::EXPLAIN,
    params(
        ("order" = Option<String>, Query, description = "Orders with the symptom of this one, by any of its keys: its worst finding, else the handoff that failed last, else its state"),
        ("finding" = Option<String>, Query, description = "Orders with a finding of this kind: paid_not_created, stuck_order, ..."),
        ("state" = Option<String>, Query, description = "Orders that stand so: open, failed or done"),
        ("slower_than_ms" = Option<u64>, Query, description = "Orders that took longer; with to, orders of which such a handoff took longer"),
        ("from" = Option<String>, Query, description = "With to: only handoffs from this system"),
        ("to" = Option<String>, Query, description = "Orders with a failed attempt of a handoff to this system, against others that had it"),
        ("operation" = Option<String>, Query, description = "With to: only handoffs in which this was asked"),
        ("since" = Option<String>, Query, description = "Only orders active at or after this time, RFC 3339; a day before `until` unless given"),
        ("until" = Option<String>, Query, description = "Only orders that started before this time, RFC 3339; now unless given"),
    ),
    responses(
        (status = 200, description = "What the orders with one symptom have in common that others have not, the least likely by chance first", body = Explanation),
        (status = 300, description = "The text names keys of several orders", body = Candidates),
        (status = 400, description = "The query cannot be read, or asks for no symptom or for several", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No order has this key", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn explain(
    State(state): State<ApiState>,
    query: Result<Query<ExplainQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    let range = range((query.since, query.until), DEFAULT_RANGE, Timestamp::now())?;
    let order = query.order.clone();
    let asked = asked(query)?;
    Ok(match state.explainer.explain(asked, range.since(), range.until()).await? {
        Answer::Explained(explanation) => Json(*explanation).into_response(),
        Answer::Several(candidates) => (StatusCode::MULTIPLE_CHOICES, Json(Candidates { candidates })).into_response(),
        Answer::Nothing => {
            return Err(Refusal::not_found(format!("no order has the key {:?}", order.unwrap_or_default())));
        }
    })
}

/// The one symptom that is asked for.
fn asked(query: ExplainQuery) -> Result<Asked, Refusal> {
    let ExplainQuery { order, finding, state, slower_than_ms, from, to, operation, since: _, until: _ } = query;
    if to.is_none() && (from.is_some() || operation.is_some()) {
        return Err(Refusal::bad_request(
            "from and operation say which handoffs to a system are meant: give to as well",
        ));
    }
    let handoff = to.map(|to| HandoffSymptom { from, to, operation, slower_than_ms });
    let slower = slower_than_ms.filter(|_| handoff.is_none()).map(Symptom::SlowerThanMs);
    let symptoms = [finding.map(Symptom::Finding), state.map(Symptom::State), slower, handoff.map(Symptom::Handoff)];
    let mut symptoms = symptoms.into_iter().flatten();
    match (order, symptoms.next(), symptoms.next()) {
        (Some(order), None, None) => {
            let pattern = order.parse().map_err(|error| Refusal::bad_request(format!("order: {error}")))?;
            Ok(Asked::Order(pattern))
        }
        (None, Some(symptom), None) => Ok(Asked::Symptom(symptom)),
        (None, None, None) => Err(Refusal::bad_request("ask for one of order, finding, state, slower_than_ms or to")),
        _ => Err(Refusal::bad_request("ask for only one of order, finding, state, slower_than_ms or to")),
    }
}

#[cfg(test)]
mod tests {
    use ordertrace_api::finding::FindingKind;
    use ordertrace_api::journey::JourneyState;

    use super::*;

    #[test]
    fn one_symptom_is_asked_for() {
        let none = ExplainQuery::default();
        let finding = ExplainQuery { finding: Some(FindingKind::DoubleCharge), ..none.clone() };
        let slow = ExplainQuery { slower_than_ms: Some(5), ..none.clone() };
        let to = ExplainQuery { to: Some("erp".to_owned()), ..slow.clone() };
        let symptom = |query: &ExplainQuery| match asked(query.clone()) {
            Ok(Asked::Symptom(symptom)) => Some(symptom),
            _ => None,
        };
        assert_eq!(symptom(&finding), Some(Symptom::Finding(FindingKind::DoubleCharge)));
        assert_eq!(symptom(&slow), Some(Symptom::SlowerThanMs(5)));
        let erp = HandoffSymptom { from: None, to: "erp".to_owned(), operation: None, slower_than_ms: Some(5) };
        assert_eq!(symptom(&to), Some(Symptom::Handoff(erp)));
        let order = ExplainQuery { order: Some("order:A-1".to_owned()), ..none.clone() };
        assert!(matches!(asked(order.clone()), Ok(Asked::Order(_))));
        for refused in [
            none.clone(),
            ExplainQuery { from: Some("oms".to_owned()), ..none },
            ExplainQuery { state: Some(JourneyState::Failed), ..finding.clone() },
            ExplainQuery { order: Some(String::new()), ..ExplainQuery::default() },
            ExplainQuery { finding: finding.finding, ..order },
        ] {
            assert!(asked(refused.clone()).is_err(), "{refused:?}");
        }
    }
}
