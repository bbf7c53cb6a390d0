use axum::Json;
use utoipa::OpenApi;

/// The description that clients and people read.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "ordertrace",
        description = "One order through all of a shop's systems. Times are RFC 3339 in UTC, durations are nanoseconds."
    ),
    paths(
        super::orders::list,
        super::journeys::one,
        super::findings::list,
        super::flows::learned,
        super::hotspots::list,
        super::hotspots::orders,
        super::explain::explain,
        super::surface::list,
        super::sync::show,
        super::history::show,
        super::sync::orders,
        super::alerts::list,
        super::alerts::acknowledge,
        super::alerts::silence,
        super::rules::replay,
        super::spans::of_trace,
        super::tail::page,
        super::status::status,
        super::health::live,
        super::health::ready,
        super::health::metrics,
    )
)]
pub(super) struct Document;

pub(super) async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}

#[cfg(test)]
mod tests {
    use ordertrace_api::routes;

    use super::*;

    #[test]
    fn every_route_is_described() {
        let document = Document::openapi();
        for route in [
            routes::ORDERS,
            routes::JOURNEY,
            routes::FINDINGS,
            routes::LEARNED_FLOW,
            routes::HOTSPOTS,
            routes::HOTSPOT_ORDERS,
            routes::EXPLAIN,
            routes::SURFACE,
            routes::SYNC,
            routes::SYNC_HISTORY,
            routes::SYNC_ORDERS,
            routes::ALERTS,
            routes::ALERT_ACKNOWLEDGEMENT,
            routes::ALERT_SILENCE,
            routes::RULES_REPLAY,
            routes::TRACE_SPANS,
            routes::TAIL,
            routes::STATUS,
            routes::LIVEZ,
            routes::READYZ,
            routes::METRICS,
        ] {
            assert!(document.paths.paths.contains_key(route), "{route} is not in the OpenAPI document");
        }
    }
}
