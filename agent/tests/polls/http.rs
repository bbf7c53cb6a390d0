//! An HTTP API, as it should be and as it should not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use ordertrace_api::attributes;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::polling::{Polling, failed, ok, outcome, reason};
use crate::support::loopback;

/// Answers to the number of the request, its query and its headers.
type Answer = Arc<dyn Fn(usize, &BTreeMap<String, String>, &HeaderMap) -> Response + Send + Sync>;

#[derive(Clone)]
struct Api {
    answer: Answer,
    requests: Arc<Mutex<Vec<(Instant, String)>>>,
    base: String,
}

impl Api {
    async fn start(
        answer: impl Fn(usize, &BTreeMap<String, String>, &HeaderMap) -> Response + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(loopback()).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let api = Self { answer: Arc::new(answer), requests: Arc::default(), base };
        let router = Router::new().route("/stock", get(stock)).with_state(api.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        api
    }

    fn requests(&self) -> Vec<(Instant, String)> {
        self.requests.lock().unwrap().clone()
    }

    /// An agent that polls it; `more` are settings of http.
    async fn polled(&self, more: &str) -> Polling {
        let polls = format!(
            "
- name: shop-stock
  system: shop
  interval: 100ms
  source:
    http: {{url: '{}/stock', items: /data/items, requests_per_minute: 60000, {more}}}
  readings:
  - entity: inventory
    columns: {{sku: sku, value: /stock/qty, version: rev}}
",
            self.base
        );
        Polling::start(TempDir::new().unwrap(), &polls).await
    }
}

async fn stock(State(api): State<Api>, query: Query<BTreeMap<String, String>>, request: Request) -> Response {
    let number = {
        let mut requests = api.requests.lock().unwrap();
        requests.push((Instant::now(), request.uri().to_string()));
        requests.len() - 1
    };
    (api.answer)(number, &query, request.headers())
}

fn items(skus: &[u32]) -> Value {
    let item = |sku: &u32| json!({"sku": format!("S{sku}"), "stock": {"qty": sku}, "rev": 3});
    skus.iter().map(item).collect()
}

fn page(skus: &[u32]) -> Response {
    axum::Json(json!({"data": {"items": items(skus)}})).into_response()
}

fn number(query: &BTreeMap<String, String>, name: &str) -> u32 {
    query.get(name).map_or(0, |text| text.parse().unwrap())
}

const ALL: [&str; 5] = ["S1=1", "S2=2", "S3=3", "S4=4", "S5=5"];
const PAGES: [&[u32]; 3] = [&[1, 2], &[3, 4], &[5]];

async fn gives_all(api: Api, pagination: &str) {
    let polling = api.polled(&format!("pagination: {pagination}")).await;
    let poll = polling.wait_for_poll(|_| true).await;
    assert_eq!((outcome(&poll), poll[attributes::POLL_READINGS].as_str()), ("ok", "5"), "{pagination}: {poll:?}");
    assert_eq!(polling.values()[..5], ALL, "{pagination}");
    assert_eq!(polling.readings()[0][attributes::VERSION], "3");
    polling.stop().await;
}

#[tokio::test]
async fn all_pages_are_read_by_each_kind_of_pagination() {
    let by_number = |_, query: &BTreeMap<_, _>, _: &HeaderMap| {
        page(PAGES.get(number(query, "page") as usize - 1).copied().unwrap_or_default())
    };
    gives_all(Api::start(by_number).await, "{page: {}}").await;
    // A server that gives fewer than it is asked for.
    let by_offset = |_, query: &BTreeMap<_, _>, _: &HeaderMap| {
        let all: Vec<u32> = (1..=5).skip(number(query, "from") as usize).take(2).collect();
        page(&all)
    };
    gives_all(Api::start(by_offset).await, "{offset: {parameter: from}}").await;
    let by_token = |_, query: &BTreeMap<_, _>, _: &HeaderMap| {
        let at = number(query, "after") as usize;
        let next = (at < 2).then(|| (at + 1).to_string());
        axum::Json(json!({"data": {"items": items(PAGES[at])}, "meta": {"next": next}})).into_response()
    };
    gives_all(Api::start(by_token).await, "{token: {next: /meta/next, parameter: after}}").await;
    let by_link = |_, query: &BTreeMap<_, _>, _: &HeaderMap| {
        let at = number(query, "p") as usize;
        let link = format!("</stock?p=0>; rel=\"first\", </stock?p={}>; rel=\"next\"", at + 1);
        let link = if at < 2 { link } else { "</stock?p=0>; rel=\"first\"".to_owned() };
        ([("link", link)], page(PAGES[at])).into_response()
    };
    gives_all(Api::start(by_link).await, "link").await;
}

#[tokio::test]
async fn what_is_unchanged_is_not_sent_again() {
    let stock = Arc::new(Mutex::new([1_u32, 3]));
    let served = Arc::clone(&stock);
    let api = Api::start(move |_, query, headers| {
        let Some(sku) = served.lock().unwrap().get(number(query, "page") as usize - 1).copied() else {
            return page(&[]);
        };
        let tag = format!("\"{sku}\"");
        match headers.get("if-none-match") {
            Some(known) if known.to_str().unwrap() == tag => StatusCode::NOT_MODIFIED.into_response(),
            _ => ([("etag", tag)], page(&[sku])).into_response(),
        }
    });
    let polling = api.await.polled("pagination: {page: {}}").await;
    polling.wait_for_values(&["S1=1", "S3=3"]).await;
    let poll = polling.wait_for_another_poll().await;
    assert_eq!((outcome(&poll), poll[attributes::POLL_READINGS].as_str()), ("ok", "0"), "{poll:?}");
    stock.lock().unwrap()[1] = 4;
    polling.wait_for_values(&["S4=4"]).await;
    assert_eq!(polling.values(), ["S1=1", "S3=3", "S4=4"], "the first page was not read again");
    polling.stop().await;
}

#[tokio::test]
async fn a_pause_that_is_asked_for_is_made() {
    let api = Api::start(|request, _, _| match request {
        0 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response(),
        1 => page(&[1]),
        _ => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "3600")]).into_response(),
    })
    .await;
    let polling = api.polled("").await;
    polling.wait_for_values(&["S1=1"]).await;
    let requests = api.requests();
    assert!(requests[1].0 - requests[0].0 >= std::time::Duration::from_secs(1));
    let poll = polling.wait_for_poll(failed).await;
    assert!(reason(&poll).contains("asks to wait 3600 s (HTTP 503)"), "{poll:?}");
    let poll = polling.wait_for_another_poll().await;
    assert!(failed(&poll) && reason(&poll).contains("asked to wait"), "{poll:?}");
    assert_eq!(api.requests().len(), 3, "it is left alone");
    polling.stop().await;
}

#[tokio::test]
async fn a_page_that_cannot_be_had_fails_the_poll_and_says_which() {
    let is_well = Arc::new(Mutex::new(false));
    let now = Arc::clone(&is_well);
    let api = Api::start(move |_, query, _| match number(query, "page") {
        3 if !*now.lock().unwrap() => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        page_number @ 1..=9 => page(&[page_number]),
        _ => page(&[]),
    })
    .await;
    let polling = api.polled("pagination: {page: {}}").await;
    let poll = polling.wait_for_poll(|_| true).await;
    assert!(failed(&poll) && reason(&poll).contains("page 3: HTTP 500"), "{poll:?}");
    assert_eq!(poll[attributes::POLL_READINGS], "2", "what came before it is there");
    *is_well.lock().unwrap() = true;
    let poll = polling.wait_for_poll(ok).await;
    assert_eq!(poll[attributes::POLL_READINGS], "9");
    polling.stop().await;
}

#[tokio::test]
async fn pages_that_are_none_of_this_list_are_refused() {
    let refused = async |more: &str, told: &str, answer: fn(usize) -> Response| {
        let polling = Api::start(move |request, _, _| answer(request)).await.polled(more).await;
        let poll = polling.wait_for_poll(|_| true).await;
        assert!(failed(&poll) && reason(&poll).contains(told), "{told}: {poll:?}");
        polling.stop().await;
    };
    refused("pagination: link", "another host (127.0.0.2)", |_| {
        ([("link", "<http://127.0.0.2:1/stock>; rel=next")], page(&[1])).into_response()
    })
    .await;
    refused("pagination: {token: {next: /next, parameter: t}}", "leads back", |_| {
        axum::Json(json!({"data": {"items": items(&[1])}, "next": "same"})).into_response()
    })
    .await;
    refused("pagination: {page: {}}", "leads back", |_| page(&[1])).await;
    refused("page_limit_bytes: 100", "longer than 100 bytes", |_| page(&[1, 2, 3, 4, 5])).await;
    refused("pagination: {page: {}}, pages_limit: 4", "more than 4 pages", |request| {
        page(&[u32::try_from(request).unwrap()])
    })
    .await;
    refused("", "no JSON", |_| "<html>".into_response()).await;
    refused("", "no array at \"/data/items\"", |_| axum::Json(json!({"data": []})).into_response()).await;
    refused("", "HTTP 302", |_| (StatusCode::FOUND, [("location", "http://127.0.0.2/")]).into_response()).await;
}

#[tokio::test]
async fn secrets_go_to_the_server_and_nowhere_else() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, "s3cret\n").unwrap();
    let api = Api::start(|_, _, headers| match headers.get("authorization").map(|value| value.to_str().unwrap()) {
        Some("Bearer s3cret") => page(&[1]),
        _ => StatusCode::UNAUTHORIZED.into_response(),
    })
    .await;
    let polling = api.polled(&format!("bearer: {{file: {}}}", file.display())).await;
    polling.wait_for_values(&["S1=1"]).await;
    let seen = polling.polls().len();
    // It may change while the agent runs.
    std::fs::write(&file, "other-s3cret").unwrap();
    let poll = polling.wait_for_poll_after(seen, failed).await;
    assert!(reason(&poll).contains("HTTP 401") && reason(&poll).contains("credentials"), "{poll:?}");
    std::fs::remove_file(&file).unwrap();
    polling.wait_for_poll(|poll| reason(poll).contains("cannot read the secret")).await;
    for request in polling.collector.received() {
        assert!(!request.body.windows(6).any(|bytes| bytes == b"s3cret"));
    }
    polling.stop().await;
}
