//! Who is told of what: a real Alertmanager, and receivers of our own, while collectors come and go.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::alert::{Alert, AlertsReply};
use ordertrace_api::replay::ReplayReply;
use ordertrace_tests::{Alertmanager, CollectorProcess, TlsFront, free_ports};
use serde_json::{Value, json};

/// Rules are evaluated every second here; messages that failed are sent again after six at the latest.
const PATIENCE: Duration = Duration::from_secs(60);

const RULES: &str = "
sync:
- {name: stock, entity: inventory, source: wms, targets: [{system: storefront}]}
";

const RULE: &str = "
  rules:
  - name: StockDrift
    drift: {sync: stock, over: {units: '5'}, closes_under: {units: '2'}}
    labels: {team: inventory}
    runbook: https://wiki.example/drift
";

/// A request that a receiver got.
#[derive(Clone, Debug)]
struct Told {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// A server that takes whatever it is told, but refuses the first request to each path of `refuses`.
#[derive(Clone, Default)]
struct Hook {
    told: Arc<Mutex<Vec<Told>>>,
    refuses: Arc<Mutex<Vec<&'static str>>>,
}

impl Hook {
    async fn start(refuses: &[&'static str]) -> (Self, String) {
        let hook = Self { refuses: Arc::new(Mutex::new(refuses.to_vec())), ..Self::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(post(take)).with_state(hook.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (hook, url)
    }

    /// What came to a path so far.
    fn told(&self, path: &str) -> Vec<Told> {
        self.told.lock().unwrap().iter().filter(|told| told.path == path).cloned().collect()
    }

    fn bodies(&self, path: &str) -> Vec<Value> {
        self.told(path).iter().map(|told| serde_json::from_slice(&told.body).unwrap()).collect()
    }
}

async fn take(
    State(hook): State<Hook>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let path = uri.path().to_owned();
    let mut refuses = hook.refuses.lock().unwrap();
    let refused = refuses.iter().position(|refused| *refused == path).map(|at| refuses.remove(at)).is_some();
    hook.told.lock().unwrap().push(Told { path, headers, body });
    if refused { (StatusCode::SERVICE_UNAVAILABLE, "busy") } else { (StatusCode::OK, "ok") }
}

/// What `look` finds, as soon as it finds something.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// A system says now how much of each SKU it has.
async fn stock(collector: &CollectorProcess, system: &str, levels: &[(&str, i64)]) {
    let at_ns = Timestamp::now().as_nanosecond().to_string();
    let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let points: Vec<Value> = levels
        .iter()
        .map(|(sku, level)| {
            let of = [("commerce.system", system), ("commerce.sku", sku), ("commerce.location", "main")];
            let attributes: Vec<Value> = of.iter().map(|(key, value)| text(key, value)).collect();
            json!({ "timeUnixNano": at_ns, "asInt": level.to_string(), "attributes": attributes })
        })
        .collect();
    let metric = json!({ "name": "commerce.inventory.level", "gauge": { "dataPoints": points } });
    let body = json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": [metric] }] }] });
    collector.post_metrics(&body).await.unwrap();
}

/// The alerts that an Alertmanager has, by SKU.
async fn alerts(alertmanager: &Alertmanager) -> Vec<Value> {
    let mut alerts = alertmanager.get("alerts").await.unwrap().as_array().unwrap().clone();
    alerts.sort_by_key(|alert| alert["labels"]["sku"].to_string());
    alerts
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alertmanager_is_told_once_though_the_collector_is_killed() {
    let (hook, url) = Hook::start(&[]).await;
    let alertmanager = Alertmanager::start(&format!("{url}/am")).await.unwrap();
    let settings = format!(
        "{RULES}alerts:\n  every: 1s\n  receivers: [{{name: oncall, alertmanager: {{url: '{}'}}}}]{RULE}",
        alertmanager.url
    );
    let mut collector = CollectorProcess::start(&settings).await.unwrap();
    let all = |level| [("HAT", level), ("SCARF", level)];
    stock(&collector, "wms", &all(10)).await;
    stock(&collector, "storefront", &all(10)).await;
    stock(&collector, "wms", &all(3)).await;

    // Received, and grouped: one message of both.
    let told = until("the first message", async || hook.bodies("/am").pop()).await;
    let before = alerts(&alertmanager).await;
    let summary = |alert: &Value| alert["annotations"]["summary"].as_str().unwrap_or_default().to_owned();
    let both = ["HAT main: wms 3, storefront 10", "SCARF main: wms 3, storefront 10"];
    assert_eq!(before.iter().map(summary).collect::<Vec<_>>(), both, "{before:#?}");
    assert_eq!(
        (told["status"].as_str(), told["alerts"].as_array().map(Vec::len)),
        (Some("firing"), Some(2)),
        "{told:#}"
    );
    for (name, value) in [("alertname", "StockDrift"), ("severity", "warning"), ("team", "inventory")] {
        assert_eq!(before[0]["labels"][name], value);
    }
    let reply: Value = collector.get("/api/v1/alerts").await.unwrap().unwrap();
    let hat = reply["alerts"].as_array().unwrap().iter().find(|alert| alert["labels"]["sku"] == "HAT").unwrap();
    let path = |what: &str| format!("/api/v1/alerts/{}/{what}", hat["id"].as_str().unwrap());
    let form = collector.post("application/x-www-form-urlencoded", &path("silence"), "who=ada".to_owned()).await;
    assert_eq!(form.unwrap().0, 415, "no page of another site can do that");
    let id = &hat["id"].as_str().unwrap()[..8];
    let silence = ["alerts", "silence", id, "--for", "1h", "--who", "ada", "--comment", "counting"];
    let (code, said) = collector.ordertrace(&silence).await.unwrap();
    assert!(code == Some(0) && said.starts_with("oncall: silent until "), "{said}");
    let silenced = alertmanager.get("alerts?silenced=true&active=false").await.unwrap();
    assert_eq!(silenced.as_array().map(Vec::len), Some(1), "{silenced:#}");
    let ack = ["alerts", "ack", id, "--who", "ada", "--note", "counting them"];
    let (code, said) = collector.ordertrace(&ack).await.unwrap();
    assert!(code == Some(0) && said.starts_with("ada takes care of StockDrift: HAT main: "), "{said}");
    let (code, text) = collector.ordertrace(&["alerts"]).await.unwrap();
    assert!(code == Some(0) && text.contains("ada takes care of it: counting them"), "{text}");

    // Killed in the midst of it: the next one goes on with the same alerts.
    collector.kill_and_restart().await.unwrap();
    let ends = |alerts: &[Value]| alerts.iter().map(|alert| alert["endsAt"].to_string()).collect::<Vec<_>>();
    let after = until("the resend", async || {
        let now = alerts(&alertmanager).await;
        ends(&now).iter().zip(ends(&before)).all(|(now, before)| *now > before).then_some(now)
    })
    .await;
    let starts = |alerts: &[Value]| alerts.iter().map(|alert| alert["startsAt"].to_string()).collect::<Vec<_>>();
    assert_eq!(starts(&after), starts(&before));
    assert_eq!(hook.told("/am").len(), 1, "no flap");

    // Resolved.
    stock(&collector, "storefront", &all(3)).await;
    let resolved =
        until("the last message", async || hook.bodies("/am").into_iter().find(|body| body["status"] == "resolved"))
            .await;
    let over = resolved["alerts"].as_array().unwrap();
    let sku = |alert: &Value| alert["labels"]["sku"].clone();
    assert_eq!(over.iter().map(sku).collect::<Vec<_>>(), ["SCARF"], "the other is silenced: {resolved:#}");
    let (code, text) = collector.ordertrace(&["alerts", "--state", "resolved"]).await.unwrap();
    assert_eq!(code, Some(0));
    assert!(text.contains("StockDrift") && text.contains("ordertrace sync --sku HAT"), "{text}");
    let (code, _) = collector.ordertrace(&["alerts"]).await.unwrap();
    assert_eq!(code, Some(1), "nothing is active");

    // The same rules, and others, beside what is recorded.
    let told: AlertsReply = collector.get("/api/v1/alerts?state=resolved").await.unwrap().unwrap();
    let replay: ReplayReply = serde_json::from_str(&rules_test(&collector, RULE, Some(0)).await).unwrap();
    let episodes = |alerts: Vec<&Alert>| {
        let mut of_sku: Vec<_> = alerts.iter().map(|alert| (alert.labels["sku"].clone(), alert.state)).collect();
        of_sku.sort_by(|(one, _), (other, _)| one.cmp(other));
        of_sku
    };
    let replayed = replay.alerts.iter().map(|replayed| &replayed.alert).collect();
    assert_eq!(episodes(replayed), episodes(told.alerts.iter().collect()), "{replay:#?}");
    for replayed in &replay.alerts {
        let alert = told.alerts.iter().find(|alert| alert.labels == replayed.alert.labels).unwrap();
        let apart =
            |one: Option<Timestamp>, other: Option<Timestamp>| one.unwrap().duration_since(other.unwrap()).abs();
        let one_look = SignedDuration::from_secs(2);
        assert!(apart(alert.fired_at, replayed.alert.fired_at) <= one_look, "{alert:?} {replayed:?}");
        assert!(apart(alert.resolved_at, replayed.alert.resolved_at) <= one_look, "{alert:?} {replayed:?}");
        assert_eq!(replayed.fired_value.as_deref(), Some("7 units, 233.3 %"));
    }
    rules_test(&collector, &RULE.replace("'5'", "'7'"), Some(1)).await;
    rules_test(&collector, &RULE.replace("stock", "stok"), Some(2)).await;
    let reply: AlertsReply = collector.get("/api/v1/alerts").await.unwrap().unwrap();
    assert_eq!(reply.alerts, told.alerts, "nothing is written");
}

/// What `ordertrace rules test` says of a file with these rules, and ends with that code.
async fn rules_test(collector: &CollectorProcess, rules: &str, ends: Option<i32>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.yaml");
    std::fs::write(&file, format!("{RULES}alerts:\n  every: 1s{rules}")).unwrap();
    let arguments = ["rules", "test", "-c", file.to_str().unwrap(), "--since", "5m", "--format", "json"];
    let (code, text) = collector.ordertrace(&arguments).await.unwrap();
    assert_eq!(code, ends, "{text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_behind_tls_is_trusted_by_its_authority_alone() {
    let (hook, url) = Hook::start(&[]).await;
    let target = url.trim_start_matches("http://");
    let (own, of_host) = (TlsFront::start(target).await.unwrap(), TlsFront::start(target).await.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let [own_file, host_file] = ["own.pem", "host.pem"].map(|name| folder.path().join(name));
    std::fs::write(&own_file, &own.authority).unwrap();
    std::fs::write(&host_file, &of_host.authority).unwrap();
    let receiver = |name: &str, front: &TlsFront, file: &str| {
        let secret = "secret: {env: HOOK_SECRET}";
        format!("  - {{name: {name}, {file}webhook: {{url: '{}/{name}', {secret}}}}}\n", front.url)
    };
    let own_file = format!("ca_file: '{}', ", own_file.display());
    let receivers = [
        receiver("own", &own, &own_file),
        receiver("host", &of_host, ""),
        receiver("other", &own, ""),
        receiver("both", &of_host, &own_file),
    ];
    let settings = format!("{RULES}alerts:\n  every: 1s\n  receivers:\n{}{RULE}", receivers.concat());
    let environment = [("HOOK_SECRET", "s3cret"), ("SSL_CERT_FILE", host_file.to_str().unwrap())];
    let collector = CollectorProcess::start_with(&settings, &environment).await.unwrap();
    stock(&collector, "wms", &[("HAT", 3)]).await;
    stock(&collector, "storefront", &[("HAT", 10)]).await;
    for path in ["/own", "/host", "/both"] {
        until(path, async || (!hook.told(path).is_empty()).then_some(())).await;
    }
    let reply = until("the refusal", async || {
        let reply: AlertsReply = collector.get("/api/v1/alerts").await.unwrap().unwrap();
        reply.receivers.into_iter().find(|receiver| receiver.name == "other")?.error
    });
    let error = reply.await;
    assert!(error.contains("certificate"), "{error}");
    assert!(hook.told("/other").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_collectors_tell_each_receiver_once() {
    let (hook, url) = Hook::start(&["/hook"]).await;
    let [clickhouse] = free_ports().unwrap();
    let alerts = format!(
        "{RULES}alerts:
  every: 1s
  receivers:
  - {{name: hook, webhook: {{url: '{url}/hook', secret: {{env: HOOK_SECRET}}}}}}
  - {{name: chat, slack: {{url: {{env: SLACK_URL}}}}}}
  - {{name: pager, pagerduty: {{url: '{url}/pager', routing_key: {{env: PAGER_KEY}}}}}}
  - {{name: broken, webhook: {{url: '{url}/broken', secret: {{env: NOT_THERE}}}}}}{RULE}"
    );
    let slack = format!("{url}/slack");
    let secrets =
        [("HOOK_SECRET", "s3cret"), ("SLACK_URL", slack.as_str()), ("PAGER_KEY", "p4ger"), ("NO_PROXY", "127.0.0.1")];
    let port = clickhouse.port();
    let one = format!("clickhouse: {{password: pw, embedded: {{http_port: {port}}}}}\n{alerts}");
    let one = CollectorProcess::start_with(&one, &secrets).await.unwrap();
    let other = format!("clickhouse: {{url: 'http://{clickhouse}', user: ordertrace, password: pw}}\n{alerts}");
    let other = CollectorProcess::start_with(&other, &secrets).await.unwrap();

    stock(&one, "wms", &[("HAT", 10)]).await;
    stock(&other, "storefront", &[("HAT", 10)]).await;
    stock(&one, "wms", &[("HAT", 3)]).await;
    // Refused once, and sent again by whichever.
    until("the second attempt", async || (hook.told("/hook").len() >= 2).then_some(())).await;
    stock(&other, "storefront", &[("HAT", 3)]).await;
    for (path, messages) in [("/hook", 3), ("/slack", 2), ("/pager", 2)] {
        until(path, async || (hook.told(path).len() >= messages).then_some(())).await;
    }
    // Both have looked since, and had nothing to say.
    for collector in [&one, &other] {
        let passes = async || {
            let reply: Value = collector.get("/api/v1/alerts?state=resolved").await.unwrap().unwrap();
            let waiting = reply["receivers"].as_array().unwrap().iter().filter(|receiver| receiver["waiting"] != 0);
            let waiting: Vec<&Value> = waiting.map(|receiver| &receiver["name"]).collect();
            (waiting.is_empty() || waiting == ["broken"]).then(|| reply.clone())
        };
        let reply = until("nothing to wait", passes).await;
        assert!(!reply.to_string().contains("s3cret") && !reply.to_string().contains("p4ger"), "{reply:#}");
    }
    let events = |path: &str, field: &str| -> Vec<Value> {
        hook.bodies(path).into_iter().map(|body| body[field].clone()).collect()
    };
    assert_eq!(events("/hook", "event"), ["fired", "fired", "resolved"]);
    assert_eq!(events("/pager", "event_action"), ["trigger", "resolve"]);
    let texts = events("/slack", "text");
    assert_eq!(texts[0], "StockDrift, warning: HAT main: wms 3, storefront 10");
    assert!(texts.len() == 2 && texts[1].as_str().unwrap().starts_with("StockDrift, resolved: "), "{texts:?}");
    assert!(hook.told("/broken").is_empty());

    let hooks = hook.told("/hook");
    let key = |told: &Told| told.headers["idempotency-key"].to_str().unwrap().to_owned();
    assert!(key(&hooks[0]) == key(&hooks[1]) && key(&hooks[1]) != key(&hooks[2]));
    for told in &hooks {
        let signature = told.headers["x-ordertrace-signature"].to_str().unwrap();
        let (at, v1) = signature.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")).unwrap();
        let signed_s: i64 = at.parse().unwrap();
        assert!((Timestamp::now().as_second() - signed_s).abs() < 120 && v1.len() == 64, "{signature}");
    }
}
