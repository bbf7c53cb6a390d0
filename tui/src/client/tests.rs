use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, serve};
use ordertrace_api::alert::SilenceRequest;
use ordertrace_api::journey::{Candidates, JourneyQuery};
use tokio::net::{TcpListener, TcpSocket};

use super::*;
use crate::sample;

async fn client_of(router: Router) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { serve(listener, router).await });
    Client::new(&url).unwrap()
}

fn problem(status: StatusCode, detail: &str) -> impl IntoResponse + use<> {
    let problem = Problem { title: "nothing found".to_owned(), status: status.as_u16(), detail: detail.to_owned() };
    (status, Json(problem))
}

#[tokio::test]
async fn a_journey_is_found_ambiguous_or_missing() {
    let router = Router::new().route(
        routes::JOURNEY,
        get(|Path(key): Path<String>| async move {
            match key.as_str() {
                "order:gid://shop/Order/4?x=%20" => Json(sample::journey()).into_response(),
                "4" => {
                    let candidates = vec![sample::key("order@oms:4"), sample::key("order@erp:4")];
                    (StatusCode::MULTIPLE_CHOICES, Json(Candidates { candidates })).into_response()
                }
                ".." => problem(StatusCode::BAD_REQUEST, "two dots").into_response(),
                _ => problem(StatusCode::NOT_FOUND, "no journey has this key").into_response(),
            }
        }),
    );
    let client = client_of(router).await;
    let found = client.journey("order:gid://shop/Order/4?x=%20", JourneyQuery::default()).await.unwrap();
    assert_eq!(found, JourneyReply::Found(Box::new(sample::journey())));
    let several = JourneyReply::Candidates(vec![sample::key("order@oms:4"), sample::key("order@erp:4")]);
    assert_eq!(client.journey("4", JourneyQuery::default()).await.unwrap(), several);
    assert_eq!(client.journey("order:none", JourneyQuery::default()).await.unwrap(), JourneyReply::NotFound);
}

#[tokio::test]
async fn a_refusal_keeps_the_collectors_words() {
    let router = Router::new().route(
        routes::STATUS,
        get(|| async { problem(StatusCode::SERVICE_UNAVAILABLE, "ClickHouse at http://db:8123 is away") }),
    );
    let client = client_of(router).await;
    let error = client.status().await.unwrap_err();
    let expected =
        format!("{}/api/v1/status answered 503: nothing found: ClickHouse at http://db:8123 is away", client.url());
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.reason(), "503 nothing found: ClickHouse at http://db:8123 is away");
}

#[tokio::test]
async fn another_web_servers_404_is_no_answer() {
    let client = client_of(Router::new()).await;
    assert!(matches!(
        client.journey("order:1", JourneyQuery::default()).await,
        Err(ClientError::Refused { status: 404, .. })
    ));
    assert!(matches!(client.spans("00", None).await, Err(ClientError::Refused { status: 404, .. })));
}

#[tokio::test]
async fn the_orders_query_reaches_the_server() {
    let router = Router::new().route(
        routes::ORDERS,
        get(|RawQuery(query): RawQuery| async move { problem(StatusCode::BAD_REQUEST, &query.unwrap_or_default()) }),
    );
    let query = OrdersQuery {
        since: Some("2026-11-19T09:00:00Z".parse().unwrap()),
        until: None,
        search: Some("order:A 1&x".to_owned()),
        limit: Some(5),
    };
    let error = client_of(router).await.orders(&query).await.unwrap_err();
    let sent = "limit=5&search=order%3AA+1%26x&since=2026-11-19T09%3A00%3A00Z";
    assert_eq!(error.reason(), format!("400 nothing found: {sent}"));
}

#[tokio::test]
async fn what_changes_an_alert_is_sent_as_json_to_its_id() {
    let router = Router::new().route(
        routes::ALERT_SILENCE,
        post(|Path(id): Path<String>, headers: HeaderMap, body: String| async move {
            let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
            problem(StatusCode::CONFLICT, &format!("{id} {kind} {body}"))
        }),
    );
    let request = SilenceRequest { duration_s: 60, who: "ada".to_owned(), comment: "a \"b\"".to_owned() };
    let error = client_of(router).await.silence("ab/12", &request).await.unwrap_err();
    let sent = r#"ab/12 application/json {"duration_s":60,"who":"ada","comment":"a \"b\""}"#;
    assert_eq!(error.reason(), format!("409 nothing found: {sent}"));
}

#[tokio::test]
async fn a_reply_without_end_is_not_read_to_the_end() {
    let endless = || async {
        let chunk = vec![b' '; 1 << 20];
        axum::body::Body::from_stream(futures::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone())))
    };
    let client = client_of(Router::new().route(routes::STATUS, get(endless))).await;
    let error = client.status().await.unwrap_err();
    assert!(matches!(error, ClientError::TooLong { limit_bytes: REPLY_LIMIT_BYTES, .. }), "{error}");
}

#[tokio::test]
async fn nobody_there_is_said_with_url_and_remedy() {
    // Bound but not listening: connections are refused and nobody else can take the port.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let error = Client::new(&url).unwrap().status().await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("no answer from the collector at {url}; start one")), "{error}");
    assert!(error.reason().starts_with("Connection refused"), "{}", error.reason());
}

#[test]
fn urls_that_name_no_collector() {
    for url in ["", "localhost:4320", "ftp://host", "http://"] {
        assert!(matches!(Client::new(url), Err(ClientError::Url { .. })), "{url:?}");
    }
    assert_eq!(Client::new("http://host:4320/prefix/").unwrap().url(), "http://host:4320/prefix");
}
