//! The embedded engine with the real library, which is fetched through npm when this machine has none.
#![allow(clippy::unwrap_used, clippy::expect_used)] // clippy.toml's exception does not reach the helpers of a test crate

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use clickhouse::{Client, Row};
use ordertrace_collector::engine::progress::Silent;
use ordertrace_collector::engine::{Endpoint, Engine, EngineError, EngineSettings, EngineState, Library, LibraryError};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tempfile::{TempDir, tempdir};
use tokio::sync::watch;

/// Most time anything here may take; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Row, Serialize, Deserialize)]
struct Order {
    number: u64,
    code: String,
}

fn settings(data_dir: &Path) -> EngineSettings {
    EngineSettings {
        executable: Some(env!("CARGO_BIN_EXE_ordertrace-collector").into()),
        ..EngineSettings::new(data_dir)
    }
}

async fn start(data_dir: &Path) -> Engine {
    Engine::start(settings(data_dir), &Silent).await.unwrap()
}

async fn refusal(settings: EngineSettings) -> EngineError {
    Engine::start(settings, &Silent).await.expect_err("this engine must not start")
}

async fn store_orders(client: &Client, count: u64) {
    client
        .query("CREATE TABLE orders (number UInt64, code String) ENGINE = MergeTree ORDER BY number")
        .execute()
        .await
        .unwrap();
    let mut insert = client.insert::<Order>("orders").await.unwrap();
    for number in 0..count {
        insert.write(&Order { number, code: format!("ORDER-{number}") }).await.unwrap();
    }
    insert.end().await.unwrap();
}

async fn orders(client: &Client) -> u64 {
    client
        .query("SELECT count() FROM orders WHERE code = concat('ORDER-', toString(number))")
        .fetch_one()
        .await
        .unwrap()
}

fn kill(pid: u32) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
}

async fn reached(state: &mut watch::Receiver<EngineState>, wanted: impl FnMut(&EngineState) -> bool) -> EngineState {
    tokio::time::timeout(PATIENCE, state.wait_for(wanted)).await.expect("the state in time").unwrap().clone()
}

fn is_restarting(state: &EngineState) -> bool {
    matches!(state, EngineState::Restarting { .. })
}

#[tokio::test]
async fn a_killed_child_is_restarted_with_its_rows_at_the_same_url() {
    let folder = tempdir().unwrap();
    let engine = start(folder.path()).await;
    let endpoint = engine.endpoint().clone();
    let client = endpoint.client();
    store_orders(&client, 10_000).await;

    let mut state = engine.state();
    let first_pid = engine.child_pid().unwrap();
    kill(first_pid);
    let down = reached(&mut state, is_restarting).await;
    let EngineState::Restarting { attempt, last_error, .. } = down else { unreachable!() };
    assert_eq!(attempt, 1);
    assert!(last_error.contains("signal: 9"), "{last_error}");
    reached(&mut state, |state| *state == EngineState::Ready).await;

    assert_ne!(engine.child_pid().unwrap(), first_pid);
    assert_eq!(*engine.endpoint(), endpoint);
    assert_eq!(orders(&client).await, 10_000);
    engine.stop().await;
    assert_eq!(*state.borrow(), EngineState::Stopped);
}

/// Tells the process started by [`Parent::start`] which data directory to use.
const PARENT_DATA_DIR: &str = "ORDERTRACE_TEST_PARENT_DATA_DIR";

/// A process of its own that runs an engine and can be killed: this test program, running nothing but [`parent`].
struct Parent {
    process: Child,
    endpoint: Endpoint,
}

impl Parent {
    fn start(data_dir: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "parent", "--ignored", "--nocapture"]).env(PARENT_DATA_DIR, data_dir);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
        let told: serde_json::Value = lines
            .inspect(|line| eprintln!("parent: {line}"))
            .find_map(|line| serde_json::from_str(&line).ok())
            .expect("the parent's endpoint");
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        let tcp_port = told["tcp_port"].as_u64().unwrap().try_into().unwrap();
        let endpoint = Endpoint { url: text("url"), user: text("user"), password: text("password"), tcp_port };
        Self { process, endpoint }
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[tokio::test]
#[ignore = "not a test: the process that a_killed_parent_takes_its_child_along_and_leaves_the_rows starts and kills"]
async fn parent() {
    let data_dir = std::env::var_os(PARENT_DATA_DIR).expect("this is started by another test");
    let engine = start(Path::new(&data_dir)).await;
    let Endpoint { url, user, password, tcp_port } = engine.endpoint();
    eprintln!("{}", serde_json::json!({"url": url, "user": user, "password": password, "tcp_port": tcp_port}));
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_parent_takes_its_child_along_and_leaves_the_rows() {
    let folder = tempdir().unwrap();
    let parent = Parent::start(folder.path());
    let endpoint = parent.endpoint.clone();
    store_orders(&endpoint.client(), 1_000).await;
    drop(parent);
    // The new child starts only when the old one has ended: a lock held by the old one until its end is what it waits for.
    let engine = start(folder.path()).await;
    assert_eq!(engine.endpoint().password, endpoint.password);
    assert_eq!(orders(&engine.endpoint().client()).await, 1_000);
    let error = endpoint.client().query("SELECT 1").fetch_one::<u8>().await.unwrap_err();
    assert!(matches!(error, clickhouse::error::Error::Network(_)), "the old server still answers: {error}");
    engine.stop().await;
}

/// The processes that a process started.
fn children(pid: u32) -> Vec<u32> {
    let of_thread = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("children")).ok();
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().map(Result::unwrap);
    threads
        .filter_map(of_thread)
        .flat_map(|pids| pids.split(' ').filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

#[tokio::test]
async fn an_engine_comes_back_though_the_program_was_removed_meanwhile() {
    let folder = tempdir().unwrap();
    let program = folder.path().join("collector");
    std::fs::copy(env!("CARGO_BIN_EXE_ordertrace-collector"), &program).unwrap();
    let mut command = Command::new(&program);
    command.arg("--data-dir").arg(folder.path().join("data"));
    command.args(["--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--api", "127.0.0.1:0"]);
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
    let ready = lines.find(|line| line.contains("collector ready")).expect("it becomes ready");
    let url = ready.split("clickhouse=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let password = std::fs::read_to_string(folder.path().join("data/password")).unwrap();
    let endpoint = Endpoint { url, user: "ordertrace".to_owned(), password, tcp_port: 0 };
    let collector = Parent { process, endpoint };
    // It stops when nobody reads what it says.
    std::thread::spawn(move || lines.for_each(|line| eprintln!("collector: {line}")));

    std::fs::remove_file(&program).unwrap();
    let (pid, client) = (collector.process.id(), collector.endpoint.client());
    let before = children(pid);
    before.iter().copied().for_each(kill);
    let is_back = async {
        loop {
            let new = children(pid).iter().any(|child| !before.contains(child));
            if new && client.query("SELECT 1").fetch_one::<u8>().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, is_back).await.expect("the engine is back in time");
}

#[tokio::test]
async fn stopping_flushes_what_is_buffered_and_frees_the_data() {
    let folder = tempdir().unwrap();
    let engine = start(folder.path()).await;
    let client = engine.endpoint().client();
    store_orders(&client, 1).await;
    let buffer = "CREATE TABLE late AS orders ENGINE = Buffer(currentDatabase(), orders, 1, 600, 600, 9999, 9999, 9999999, 9999999)";
    client.query(buffer).execute().await.unwrap();
    client.query("INSERT INTO late VALUES (7, 'ORDER-7')").execute().await.unwrap();
    drop(client);
    engine.stop().await;
    let engine = start(folder.path()).await;
    assert_eq!(orders(&engine.endpoint().client()).await, 2);
    engine.stop().await;
}

#[tokio::test]
async fn a_child_that_cannot_come_back_is_tried_again_until_it_can() {
    let folder = tempdir().unwrap();
    let library = Library::find(None, None, &Silent).await.unwrap();
    let link = folder.path().join("libchdb.so");
    symlink(&library.path, &link).unwrap();
    let data_dir = folder.path().join("data");
    let engine =
        Engine::start(EngineSettings { library: Some(link.clone()), ..settings(&data_dir) }, &Silent).await.unwrap();
    let mut state = engine.state();

    std::fs::remove_file(&link).unwrap();
    kill(engine.child_pid().unwrap());
    let failing = |state: &EngineState| matches!(state, EngineState::Restarting { attempt: 2.., .. });
    let EngineState::Restarting { last_error, .. } = reached(&mut state, failing).await else { unreachable!() };
    assert!(last_error.contains(link.to_str().unwrap()), "{last_error}");
    assert_eq!(engine.child_pid(), None);
    symlink(&library.path, &link).unwrap();
    reached(&mut state, |state| *state == EngineState::Ready).await;

    std::fs::remove_file(&link).unwrap();
    kill(engine.child_pid().unwrap());
    reached(&mut state, is_restarting).await;
    tokio::time::timeout(PATIENCE, engine.stop()).await.expect("stopping while the child is down");
    assert_eq!(*state.borrow(), EngineState::Stopped);
}

#[tokio::test]
async fn a_data_directory_has_one_engine() {
    let folder = tempdir().unwrap();
    let data_dir = folder.path().join("a name with <spaces> & \"signs\"");
    let engine = start(&data_dir).await;
    let error = refusal(settings(&data_dir)).await;
    assert!(matches!(error, EngineError::DataDirInUse { .. }), "{error:?}");
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    engine.stop().await;
    start(&data_dir).await.stop().await;
}

#[tokio::test]
async fn a_dropped_engine_stops_too() {
    let folder = tempdir().unwrap();
    let engine = start(folder.path()).await;
    let mut state = engine.state();
    drop(engine);
    reached(&mut state, |state| *state == EngineState::Stopped).await;
    start(folder.path()).await.stop().await;
}

#[tokio::test]
async fn engines_run_side_by_side() {
    let folders: [TempDir; 2] = [tempdir().unwrap(), tempdir().unwrap()];
    let (one, other) = tokio::join!(start(folders[0].path()), start(folders[1].path()));
    store_orders(&one.endpoint().client(), 3).await;
    store_orders(&other.endpoint().client(), 4).await;
    assert_eq!(orders(&one.endpoint().client()).await, 3);
    assert_eq!(orders(&other.endpoint().client()).await, 4);
    tokio::join!(one.stop(), other.stop());
}

#[tokio::test]
async fn a_taken_port_is_refused() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempdir().unwrap();
    for settings in [
        EngineSettings { http_port: port, ..settings(folder.path()) },
        EngineSettings { tcp_port: port, ..settings(folder.path()) },
    ] {
        let error = refusal(settings).await;
        assert!(matches!(error, EngineError::PortBusy { port: busy, .. } if busy == port), "{error:?}");
    }
}

/// Two free ports that stay free: outside the ranges from which systems, and the engine, choose free ports themselves.
fn quiet_ports() -> [u16; 2] {
    let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let first = 10_000 + u16::try_from(std::process::id() % 8_000).unwrap();
    let mut ports = (first..first + 1_000).filter(free);
    [ports.next().unwrap(), ports.next().unwrap()]
}

#[tokio::test]
async fn asked_for_ports_and_password_are_used_and_native_clients_are_served() {
    let [http_port, tcp_port] = quiet_ports();
    let folder = tempdir().unwrap();
    let password = Some("open sesame & more".to_owned());
    let engine = Engine::start(EngineSettings { http_port, tcp_port, password, ..settings(folder.path()) }, &Silent)
        .await
        .unwrap();
    let endpoint = engine.endpoint();
    assert_eq!(
        (endpoint.url.as_str(), endpoint.tcp_port),
        (format!("http://127.0.0.1:{http_port}").as_str(), tcp_port)
    );
    assert_eq!(endpoint.client().query("SELECT 1").fetch_one::<u8>().await.unwrap(), 1);
    tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, tcp_port)).await.unwrap();
    engine.stop().await;
}

#[tokio::test]
async fn only_the_owner_logs_in() {
    let folder = tempdir().unwrap();
    let engine = start(folder.path()).await;
    let owner = engine.endpoint().client();
    let anonymous = Client::default().with_url(&engine.endpoint().url);
    let guest = anonymous.clone().with_user("default").with_password("");
    let wrong = owner.clone().with_password("wrong");
    for stranger in [&anonymous, &guest, &wrong] {
        for query in ["SELECT 1", "SYSTEM STOP LISTEN HTTP"] {
            let error = stranger.query(query).execute().await.unwrap_err();
            let refused = ["AUTHENTICATION_FAILED", "USER_SESSION_LIMIT_EXCEEDED"];
            assert!(refused.iter().any(|code| error.to_string().contains(code)), "{query}: {error}");
        }
    }
    assert_eq!(owner.query("SELECT 1").fetch_one::<u8>().await.unwrap(), 1);
    engine.stop().await;
}

#[tokio::test]
async fn every_configured_limit_is_in_force_and_merges_and_mutations_run() {
    let folder = tempdir().unwrap();
    let engine = start(folder.path()).await;
    let client = engine.endpoint().client();
    let written = std::fs::read_to_string(folder.path().join("server.xml")).unwrap();
    let limits: Vec<(&str, &str)> = written
        .lines()
        .filter_map(|line| line.trim().strip_prefix('<')?.split_once('>'))
        .filter_map(|(name, rest)| Some((name, rest.split_once("</")?.0)))
        .filter(|(name, _)| *name != "users_config")
        .collect();
    assert!(limits.len() > 5, "{written}");
    for (name, value) in limits {
        let query = "SELECT value FROM
            (
                SELECT name, value FROM system.server_settings WHERE changed
                UNION ALL SELECT name, value FROM system.merge_tree_settings WHERE changed
            )
            WHERE name = ?";
        let actual: Option<String> = client.query(query).bind(name).fetch_optional().await.unwrap();
        assert_eq!(actual.as_deref(), Some(value), "{name}");
    }
    assert_eq!(client.query("SELECT timezone()").fetch_one::<String>().await.unwrap(), "UTC");

    store_orders(&client, 10).await;
    client.query("INSERT INTO orders VALUES (10, 'ORDER-10')").execute().await.unwrap();
    client.query("OPTIMIZE TABLE orders FINAL").execute().await.unwrap();
    client.query("ALTER TABLE orders DELETE WHERE number < 5 SETTINGS mutations_sync = 1").execute().await.unwrap();
    let parts = "SELECT count() FROM system.parts WHERE active AND table = 'orders'";
    assert_eq!((orders(&client).await, client.query(parts).fetch_one::<u64>().await.unwrap()), (6, 1));
    engine.stop().await;
}

#[tokio::test]
async fn what_is_no_library_is_named_with_the_loaders_words() {
    let folder = tempdir().unwrap();
    let fake = folder.path().join("fake.so");
    let data_dir = folder.path().join("data");
    let with_fake = || EngineSettings { library: Some(fake.clone()), ..settings(&data_dir) };
    let error = refusal(with_fake()).await;
    assert!(matches!(error, EngineError::Library(LibraryError::GivenMissing { .. })), "{error:?}");
    std::fs::write(&fake, "no shared object").unwrap();
    let error = refusal(with_fake()).await;
    assert!(matches!(error, EngineError::Died { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains(fake.to_str().unwrap()) && message.contains("cannot be loaded"), "{message}");
}

#[tokio::test]
async fn no_answer_in_time_is_an_error_and_leaves_nothing_running() {
    let folder = tempdir().unwrap();
    let error = refusal(EngineSettings { ready_timeout: Duration::ZERO, ..settings(folder.path()) }).await;
    assert!(matches!(error, EngineError::NotReady { .. }), "{error:?}");
    start(folder.path()).await.stop().await;
}
