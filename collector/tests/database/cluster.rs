//! Rows spread over the shards of a cluster: two embedded servers joined by `remote_servers`.

use std::collections::HashMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use ordertrace_api::alert::AlertState;
use ordertrace_api::keys::KindTable;
use ordertrace_api::source::SourceState;
use ordertrace_collector::alert::{self, AlertMetrics, Evaluator, Failures, Receivers, Rules, Wanted};
use ordertrace_collector::engine::progress::Silent;
use ordertrace_collector::engine::{Engine, EngineSettings};
use ordertrace_collector::flow::Flows;
use ordertrace_collector::journey::{Found, JourneyLimits, Journeys};
use ordertrace_collector::lines::LinesView;
use ordertrace_collector::recognise::Recogniser;
use ordertrace_collector::record::{Content, SourceOutcome, SpanRecord};
use ordertrace_collector::settings::{AlertSettings, FlowSettings, RecogniseSettings, SyncSettings};
use ordertrace_otlp::Signal;

use ordertrace_collector::storage::{Cluster, Connection, GroupLimits, Retention, Storage, StorageError};
use ordertrace_collector::store::{Store, Stored};

use tokio_util::sync::CancellationToken;

use crate::sources::{polled, sources, tell};
use crate::support::{SpanBuilder, at_ns, batch, trace};

const NAME: &str = "shop";
const PASSWORD: &str = "of the cluster";

/// Servers that are the shards of one cluster, gone when dropped.
struct Shards {
    engines: Vec<Engine>,
    _folder: tempfile::TempDir,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Shards {
    async fn start(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports: Vec<u16> = (0..count).map(|_| free_port()).collect();
        let shards: String = ports
            .iter()
            .map(|port| {
                format!(
                    "<shard><replica><host>127.0.0.1</host><port>{port}</port>\
                     <user>ordertrace</user><password>{PASSWORD}</password></replica></shard>"
                )
            })
            .collect();
        let config = format!(
            "<clickhouse>
                <remote_servers><{NAME}>{shards}</{NAME}></remote_servers>
                <zookeeper><implementation>testkeeper</implementation></zookeeper>
                <macros><shard>1</shard><replica>1</replica></macros>
            </clickhouse>"
        );
        let mut engines = Vec::new();
        for (n, port) in ports.into_iter().enumerate() {
            let data_dir = folder.path().join(n.to_string());
            // ClickHouse merges what lies beside its configuration file in a folder of that name.
            std::fs::create_dir_all(data_dir.join("server.d")).unwrap();
            std::fs::write(data_dir.join("server.d/cluster.xml"), &config).unwrap();
            let settings = EngineSettings {
                executable: Some(PathBuf::from(env!("CARGO_BIN_EXE_ordertrace-collector"))),
                tcp_port: port,
                password: Some(PASSWORD.to_owned()),
                ..EngineSettings::new(data_dir)
            };
            engines.push(Engine::start(settings, &Silent).await.unwrap());
        }
        Self { engines, _folder: folder }
    }

    /// A connection through the server with this number.
    fn connection(&self, n: usize, replicated: bool) -> Connection {
        let at = self.engines[n].endpoint();
        let nodes = self.engines.iter().map(|engine| engine.endpoint().url.clone()).collect();
        Connection {
            url: at.url.clone(),
            user: at.user.clone(),
            password: at.password.clone(),
            database: "ordertrace".to_owned(),
            ca_file: None,
            cluster: Some(Cluster { name: NAME.to_owned(), nodes, replicated }),
        }
    }

    async fn collector(&self, n: usize) -> Storage {
        Storage::open(&self.connection(n, false), GroupLimits::default(), Retention::default()).await.unwrap()
    }

    /// The only number that a query to one server answers.
    async fn number(&self, n: usize, sql: &str) -> u64 {
        let client = self.engines[n].endpoint().client().with_database("ordertrace");
        client.query(&format!("SELECT toUInt64(ifNull(({sql}), 0))")).fetch_one().await.unwrap()
    }
}

/// Who knows which orders hold what.
fn lines(client: &clickhouse::Client) -> LinesView {
    let recogniser = Recogniser::new(&RecogniseSettings::default()).unwrap();
    LinesView::new(client.clone(), Arc::new(Flows::new(&[FlowSettings::shop()], &recogniser).unwrap()))
}

/// One of many calls for the same order.
fn call(n: u8) -> Vec<SpanRecord<'static>> {
    let call = SpanBuilder::proxy(trace(n), n, "storefront", "payments", &format!("POST /pay/{n}"));
    vec![
        call.at(i64::from(n) * 1_000, 10).key("order", "A-1").line("HAT", "", "").milestone("payment.captured").build(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_spread_and_found_and_count_once() {
    const BATCHES: u8 = 10;
    let shards = Shards::start(2).await;
    let collector = shards.collector(0).await;
    for n in 1..=BATCHES {
        let stored = collector.spans(batch(Signal::Traces, &n.to_string()), &call(n)).await.unwrap();
        assert_eq!(stored, Stored::First);
    }
    let another = shards.collector(1).await;
    for n in 1..=BATCHES {
        let again = another.spans(batch(Signal::Traces, &n.to_string()), &call(n)).await.unwrap();
        assert_eq!(again, Stored::Before, "whichever shard has it");
    }
    let all = u64::from(BATCHES);
    for (table, count) in [
        ("spans", "count()"),
        ("keys", "count()"),
        ("loose_ends", "count()"),
        ("order_lines", "count()"),
        ("handoffs_per_minute", "sum(attempts)"),
        ("surface", "sum(calls)"),
        ("activity", "count()"),
        ("audit", "sum(items)"),
        ("otel_traces", "count()"),
    ] {
        let mut own = Vec::new();
        for n in 0..2 {
            assert_eq!(shards.number(n, &format!("SELECT {count} FROM {table}")).await, all, "{table} through {n}");
            if table != "otel_traces" {
                own.push(shards.number(n, &format!("SELECT {count} FROM {table}_local")).await);
            }
        }
        assert!(own.iter().all(|own| *own > 0) && own.iter().sum::<u64>() % all == 0, "{table}: {own:?}");
    }
    let ends = FlowSettings::shop().ends;
    let journeys = Journeys::new(another.client().clone(), JourneyLimits::default(), &KindTable::default(), ends);
    let Found::One(journey) = journeys.find(&"A-1".parse().unwrap(), false).await.unwrap() else {
        panic!("no journey")
    };
    assert_eq!(journey.handoffs.len(), usize::from(BATCHES), "of both shards");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_shard_was_not_told_of_is_completed_there() {
    let shards = Shards::start(2).await;
    let collector = shards.collector(0).await;
    let hash = Content::of(b"one").hash;
    let group = "018f0000-0000-7000-8000-000000000001";
    let claim = format!(
        "INSERT INTO ordertrace.batches_local (batch, group_id, collector, step, at)
         VALUES (unhex('{hash:032x}'), '{group}', generateUUIDv4(), 'claimed', now64(3) - 60)"
    );
    shards.engines[1].endpoint().client().query(&claim).execute().await.unwrap();
    let stored = collector.spans(batch(Signal::Traces, "one"), &call(1)).await.unwrap();
    assert_eq!(stored, Stored::First);
    let given_up = format!("SELECT count() FROM frozen_local WHERE group_id = '{group}' AND position = 0");
    assert_eq!(shards.number(0, &given_up).await, 0);
    assert_eq!(shards.number(1, &given_up).await, 1, "where the dead collector would have frozen it");
}

#[tokio::test(flavor = "multi_thread")]
async fn replicated_tables_can_be_made() {
    let shards = Shards::start(1).await;
    let connection = shards.connection(0, true);
    let storage = Storage::open(&connection, GroupLimits::default(), Retention::default()).await.unwrap();
    let engines = "SELECT name, engine FROM system.tables WHERE database = 'ordertrace' ORDER BY name";
    let engines: HashMap<String, String> =
        storage.client().query(engines).fetch_all::<(String, String)>().await.unwrap().into_iter().collect();
    for (table, engine) in [
        ("spans", "MergeTree"),
        ("keys", "MergeTree"),
        ("loose_ends", "MergeTree"),
        ("order_lines", "MergeTree"),
        ("handoffs_per_minute", "AggregatingMergeTree"),
        ("surface", "AggregatingMergeTree"),
        ("events", "MergeTree"),
        ("readings", "MergeTree"),
        ("activity", "MergeTree"),
        ("batches", "MergeTree"),
        ("audit", "SummingMergeTree"),
        ("frozen", "MergeTree"),
        ("findings", "ReplacingMergeTree"),
        ("watches", "ReplacingMergeTree"),
        ("journey_handoffs", "ReplacingMergeTree"),
        ("drifts", "ReplacingMergeTree"),
        ("past_drifts", "ReplacingMergeTree"),
        ("aliases", "ReplacingMergeTree"),
        ("unclear_ids", "ReplacingMergeTree"),
        ("drift_history", "MergeTree"),
        ("finding_history", "MergeTree"),
        ("sync_progress", "ReplacingMergeTree"),
        ("sources", "ReplacingMergeTree"),
        ("alerts", "ReplacingMergeTree"),
        ("alert_claims", "MergeTree"),
    ] {
        assert_eq!(engines[table], "Distributed", "{table}");
        assert_eq!(engines[&format!("{table}_local")], format!("Replicated{engine}"), "{table}");
    }
    // This build of the server makes replicated tables, but writes to none.
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_no_part_of_the_cluster_is_named() {
    let shards = Shards::start(1).await;
    let mut connection = shards.connection(0, false);
    if let Some(cluster) = &mut connection.cluster {
        cluster.name = "another".to_owned();
    }
    let error = Storage::open(&connection, GroupLimits::default(), Retention::default()).await.err().unwrap();
    assert!(matches!(&error, StorageError::Node { cluster, .. } if cluster == "another"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_replace_each_other_are_of_one_shard() {
    let shards = Shards::start(2).await;
    let collectors = [shards.collector(0).await, shards.collector(1).await];
    for (n, sku) in (0..40).map(|n| (n, n / 4)) {
        let sql = format!(
            "INSERT INTO drifts (entity, subject, sync, target) SELECT 'inventory', 'SKU-{sku}', 'stock', 'web'"
        );
        let client = collectors[n % 2].client().clone().with_setting("distributed_foreground_insert", "1");
        client.query(&sql).execute().await.unwrap();
    }
    assert_eq!(shards.number(0, "SELECT count() FROM drifts FINAL").await, 10);
    let here = [0, 1].map(async |n| shards.number(n, "SELECT uniqExact(subject) FROM drifts_local").await);
    let [first, second] = futures::future::join_all(here).await[..] else { unreachable!() };
    assert!(first > 0 && second > 0 && first + second == 10, "{first} and {second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_each_kind_look_at_all_shards() {
    let shards = Shards::start(2).await;
    let collectors = [shards.collector(0).await, shards.collector(1).await];
    let client = collectors[0].client().clone().with_setting("distributed_foreground_insert", "1");
    let now = format!("fromUnixTimestamp64Nano({}, 'UTC')", at_ns(7_200_000));
    for n in 1..=6 {
        collectors[usize::from(n) % 2].spans(batch(Signal::Traces, &n.to_string()), &call(n)).await.unwrap();
        let place = format!("'inventory' AS entity, 'HAT' AS subject, 'place-{n}' AS location, 'available' AS state");
        let drift = format!(
            "INSERT INTO drifts (entity, subject, location, state, sync, target, since, source_value, target_value, difference)
             SELECT {place}, 'stock', 'web', {now} - 600, '1', '9', '8'"
        );
        // It was 1 an hour ago and is 9 now.
        let readings = format!(
            "INSERT INTO readings (entity, subject, location, state, system, value, at)
             SELECT {place}, 'web', ['1', '9'][number + 1], {now} - 3600 * (2 - number) + 3000 FROM numbers(2)"
        );
        let copy = format!(
            "INSERT INTO copies (entity, subject, location, state, system, value, since) SELECT {place}, 'web', '9', {now} - 600"
        );
        for sql in [&drift, &readings, &copy] {
            client.query(sql).execute().await.unwrap();
        }
    }
    let price = format!(
        "INSERT INTO copies (entity, subject, currency, system, value, moment)
         SELECT 'price', 'HAT', 'EUR', 'web', '100', {now}"
    );
    client.query(&price).execute().await.unwrap();
    let rules = "rules:
- {name: Any, for: 0s, drift: {sync: stock}}
- {name: Dear, for: 0s, drift: {sync: stock, over: {money: {amount: '4000', currency: EUR}}, each: target}}
- {name: Late, for: 0s, lag: {sync: stock, over: 1m}}
- {name: Jumps, for: 0s, change: {entity: inventory, over: {units: '5'}, within: 1h}}
- {name: Old, for: 0s, age: {entity: feed, over: 1m}}
- {name: Paid, for: 0s, finding: {kinds: [paid_not_created]}}";
    let settings: AlertSettings = ordertrace_config::parse(rules, "alerts").unwrap();
    let sync: Vec<SyncSettings> =
        ordertrace_config::parse("[{name: stock, entity: inventory, source: wms, targets: [{system: web}]}]", "sync")
            .unwrap();
    let evaluator = Evaluator::new(client.clone(), Rules::new(&settings, &sync).unwrap(), AlertMetrics::default());
    assert_eq!(
        evaluator.naming(lines(&client)).round_at(at_ns(7_200_000) / 1_000_000).await.unwrap(),
        0,
        "a rule could not be evaluated"
    );
    let wanted = Wanted { state: Some(AlertState::Firing), limit: 100, ..Wanted::default() };
    let mut firing: HashMap<String, usize> = HashMap::new();
    for alert in alert::Ledger::new(client).list(&wanted).await.unwrap() {
        assert_eq!(alert.hit, "1 open order, 1 of unknown worth: order:A-1", "{alert:?}");
        *firing.entry(alert.rule).or_default() += 1;
    }
    let expected = [("Any", 6), ("Dear", 1), ("Late", 1), ("Jumps", 6)];
    assert_eq!(firing, expected.map(|(rule, alerts)| (rule.to_owned(), alerts)).into());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_of_a_source_counts_whichever_shard_was_told() {
    let shards = Shards::start(2).await;
    let collector = shards.collector(0).await;
    for at_s in 1..=10 {
        let outcome = if at_s == 10 { SourceOutcome::Failed } else { SourceOutcome::Ok };
        tell(&collector, &at_s.to_string(), &[polled(outcome, at_s)]).await;
    }
    for n in 0..2 {
        assert!(shards.number(n, "SELECT count() FROM sources_local").await > 0, "some were told to shard {n}");
        let through = shards.collector(n).await;
        let [source] = &sources(&through, 11).await[..] else { panic!("one source") };
        assert_eq!((source.state, source.readings), (SourceState::Failed, 10));
        assert_eq!(source.worked_at.map(|at| at.as_nanosecond()), Some(i128::from(at_ns(9_000))));
    }
}

/// What a receiver of alerts was told.
type Told = Arc<std::sync::Mutex<Vec<String>>>;

/// A receiver that notes what became of alerts; its URL.
async fn receiver() -> (Told, String) {
    let told = Told::default();
    let note = told.clone();
    let take = axum::routing::post(async move |body: axum::Json<serde_json::Value>| {
        note.lock().unwrap().push(body["event"].as_str().unwrap_or_default().to_owned());
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/hook", take);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (told, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_collectors_of_a_cluster_one_tells() {
    let shards = Shards::start(2).await;
    let (told, url) = receiver().await;
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "s3cret").unwrap();
    let settings = format!(
        "{{every: 1s, receivers: [{{name: hook, webhook: {{url: '{url}', secret: {{file: '{}'}}}}}}],
           rules: [{{name: Paid, finding: {{kinds: [paid_not_created]}}}}]}}",
        secret.path().display()
    );
    let settings: AlertSettings = ordertrace_config::parse(&settings, "alerts").unwrap();
    let collectors = [shards.collector(0).await, shards.collector(1).await];
    let stop = CancellationToken::new();
    let mut running = tokio::task::JoinSet::new();
    for collector in &collectors {
        let (client, metrics) = (collector.client().clone(), (AlertMetrics::default(), Failures::default()));
        let told = (Rules::new(&settings, &[]).unwrap(), Receivers::new(&settings).unwrap(), lines(&client));
        running.spawn(alert::run(client, told, settings.every, metrics, stop.clone()));
    }
    for (state, event, count) in [("open", "fired", 1), ("closed", "resolved", 2)] {
        let sql = format!(
            "INSERT INTO findings (id, updated_at, kind, severity, state, evidence)
             SELECT unhex('{}'), now64(3), 'paid_not_created', 'critical', '{state}', '[]'",
            "ab".repeat(16)
        );
        let client = collectors[0].client().clone().with_setting("distributed_foreground_insert", "1");
        client.query(&sql).execute().await.unwrap();
        let sent = "SELECT count() FROM alert_claims WHERE step = 'sent'";
        let began = std::time::Instant::now();
        while shards.number(1, sent).await < count {
            assert!(began.elapsed().as_secs() < 60, "nobody was told that it {event}");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    stop.cancel();
    while running.join_next().await.is_some() {}
    assert_eq!(*told.lock().unwrap(), ["fired", "resolved"]);
    assert_eq!(shards.number(0, "SELECT count() FROM alert_claims").await, 4, "claims of others add nothing");
    assert_eq!(shards.number(1, "SELECT count() FROM alerts FINAL").await, 1, "written by both, and the same");
}
