//! Proxies that see what a handoff proxy sees, and nothing else.

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use ordertrace_api::keys::{Key, PathTemplate, kind_of_name, kind_of_value};
use ordertrace_shop::{ProxiedRoute, SESSION_HEADER, Shop};
use serde_json::Value;
use tokio::task::JoinSet;

/// One attempt as a proxy saw it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) operation: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) started_ns: u64,
    pub(crate) ended_ns: u64,
    /// Absent when the caller left, or the receiver did not answer.
    pub(crate) status: Option<u16>,
    pub(crate) keys: Vec<Key>,
    pub(crate) session: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

type Log = Arc<Mutex<Vec<Exchange>>>;

/// A proxy on every edge that needs one.
pub(crate) struct Proxies {
    log: Log,
    _servers: JoinSet<()>,
}

struct Proxy {
    route: ProxiedRoute,
    templates: Vec<PathTemplate>,
    client: reqwest::Client,
    log: Log,
}

/// Writes the exchange down even when the caller leaves in the middle of it.
struct Entry {
    exchange: Exchange,
    log: Log,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.exchange.ended_ns = now_ns();
        self.log.lock().unwrap().push(std::mem::take(&mut self.exchange));
    }
}

impl Proxies {
    pub(crate) async fn between(shop: &Shop) -> Self {
        let log = Log::default();
        let mut servers = JoinSet::new();
        for route in shop.proxied_routes() {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            shop.set_address(&route.name, listener.local_addr().unwrap()).unwrap();
            let templates = route.templates.iter().map(|template| template.parse().unwrap()).collect();
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let proxy = Arc::new(Proxy { route, templates, client, log: Arc::clone(&log) });
            let router = Router::new().fallback(forward).with_state(proxy);
            servers.spawn(async move { axum::serve(listener, router).await.unwrap() });
        }
        Self { log, _servers: servers }
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.log.lock().unwrap().clone()
    }
}

async fn forward(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let text = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let (trace, parent) = match text("traceparent") {
        Some(incoming) => (incoming[3..35].to_owned(), incoming[36..52].to_owned()),
        None => (format!("{:032x}", rand::random::<u128>()), String::new()),
    };
    let exchange = Exchange {
        from: proxy.route.from.clone(),
        to: proxy.route.to.clone(),
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        trace,
        id: format!("{:016x}", rand::random::<u64>()),
        parent,
        started_ns: now_ns(),
        session: text(SESSION_HEADER),
        idempotency_key: text("idempotency-key"),
        ..Exchange::default()
    };
    let mut entry = Entry { exchange, log: Arc::clone(&proxy.log) };
    let body = to_bytes(body, 1 << 20).await.unwrap();
    proxy.capture_request(&mut entry.exchange, &body);
    let mut headers: HeaderMap = head.headers;
    headers.remove("host");
    let context = format!("00-{}-{}-01", entry.exchange.trace, entry.exchange.id);
    headers.insert("traceparent", context.parse().unwrap());
    let url = format!("{}{}", proxy.route.upstream, head.uri);
    let Ok(answer) = proxy.client.request(head.method, url).headers(headers).body(body).send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    entry.exchange.status = Some(status.as_u16());
    let keys = proxy.keys_of_body(&body);
    entry.exchange.keys.extend(keys);
    (status, headers, body).into_response()
}

impl Proxy {
    fn capture_request(&self, exchange: &mut Exchange, body: &Bytes) {
        let found = self.templates.iter().find_map(|template| Some((template, template.matches(&exchange.path)?)));
        let graphql = serde_json::from_slice::<Value>(body).ok();
        let graphql = graphql.and_then(|body| Some(body.get("operationName")?.as_str()?.to_owned()));
        let template = found.as_ref().map(|(template, _)| format!("{} {template}", exchange.method));
        exchange.operation = graphql.or(template).unwrap();
        if let Some((_, keys)) = found {
            exchange.keys.extend(keys.iter().filter_map(|(kind, value)| Key::seen(kind, value, &self.route.to)));
        }
        exchange.keys.extend(self.keys_of_body(body));
    }

    /// A kind of which one body names several links nothing.
    fn keys_of_body(&self, body: &Bytes) -> Vec<Key> {
        let mut keys = Vec::new();
        if let Ok(body) = serde_json::from_slice(body) {
            self.walk(None, &body, &mut keys);
        }
        keys.sort();
        keys.dedup();
        let lone = |key: &Key| keys.iter().filter(|other| other.kind == key.kind).count() == 1;
        keys.iter().filter(|key| lone(key)).cloned().collect()
    }

    fn walk(&self, name: Option<&str>, value: &Value, keys: &mut Vec<Key>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| self.walk(Some(name), value, keys)),
            Value::Array(elements) => elements.iter().for_each(|value| self.walk(name, value, keys)),
            Value::Null | Value::Bool(_) => {}
            Value::Number(_) | Value::String(_) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let kind = name.and_then(kind_of_name).or_else(|| kind_of_value(&text));
                keys.extend(kind.and_then(|kind| Key::seen(kind, &text, &self.route.to)));
            }
        }
    }
}

fn now_ns() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}
