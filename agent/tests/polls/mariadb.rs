//! A real MariaDB.

use std::time::Instant;

use ordertrace_api::attributes;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, MySqlConnection, Row};
use tempfile::TempDir;

use crate::polling::{Polling, failed, ok, outcome, reason};
use crate::server::{Server, command, folder, program, run};
use crate::support::PATIENCE;

/// A server with a table `stock` and the user `reader`, who may only read.
struct Mariadb {
    dir: TempDir,
    _server: Server,
    owner: MySqlConnection,
}

const SCHEMA: &str = "
create database erp; use erp;
create table stock (id bigint primary key, sku varchar(20), qty decimal(30,10), changed datetime(6));
insert into stock values
    (1, 'A', 12345678901234567.8901234567, '2026-11-22 05:00:00'),
    (9007199254740993, 'B', 7.5, '2026-11-22 05:01:00.123456');
create function writes() returns varchar(20) begin insert into stock values (7, 'W', 1, now()); return 'W'; end;
create user reader@localhost identified by 's3cret';
grant select on erp.stock to reader@localhost;
grant process on *.* to reader@localhost;
";

impl Mariadb {
    async fn start() -> Self {
        let dir = folder();
        let (data, log, socket) = (dir.path().join("data"), dir.path().join("log"), dir.path().join("socket"));
        let data_dir = format!("--datadir={}", data.display());
        run(command(&program("mariadb-install-db"))
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .arg(&data_dir)
            .env("TMPDIR", dir.path()));
        let mut start = command(&program("mariadbd"));
        start.env("TMPDIR", dir.path());
        // Its socket is all there is: no port to collide with.
        start.args(["--no-defaults", "--skip-networking", "--innodb-flush-log-at-trx-commit=0"]);
        // So that it tells of metadata locks.
        start.args(["--performance-schema=ON", "--performance-schema-instrument=wait/lock/metadata/sql/mdl=ON"]);
        let start = start.arg(&data_dir).arg(format!("--socket={}", socket.display()));
        let mut server = Server::start(start.arg(format!("--pid-file={}/pid", dir.path().display())), &log);
        let options = MySqlConnectOptions::new().socket(&socket).username("root");
        let begun = Instant::now();
        let mut owner = loop {
            match options.connect().await {
                Ok(connection) => break connection,
                Err(error) => assert!(begun.elapsed() < PATIENCE, "{error}"),
            }
            server.assert_runs(&log);
            tokio::task::yield_now().await;
        };
        sqlx::raw_sql(SCHEMA).execute(&mut owner).await.unwrap();
        std::fs::write(dir.path().join("password"), "s3cret\n").unwrap();
        Self { dir, _server: server, owner }
    }

    async fn run(&mut self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.owner).await.unwrap();
    }

    fn polls(&self, query: &str, more: &str) -> String {
        let dir = self.dir.path().display();
        format!(
            "
- name: erp-stock
  system: erp
  interval: 100ms
  timeout: 3s
  source:
    mysql: {{socket: {dir}/socket, database: erp, user: reader, password: {{file: {dir}/password}}, query: \"{query}\", {more}}}
  readings:
  - entity: inventory
    columns: {{sku: sku, value: qty, changed_at: changed}}
"
        )
    }
}

#[tokio::test]
async fn new_rows_come_with_exact_decimals() {
    let mut mariadb = Mariadb::start().await;
    for cursor in ["cursor: {column: changed, kind: time}", "cursor: {column: id, kind: number}"] {
        let polling = Polling::start(TempDir::new().unwrap(), &mariadb.polls("select * from stock", cursor)).await;
        polling.wait_for_values(&["A=12345678901234567.8901234567", "B=7.5000000000"]).await;
        assert_eq!(polling.readings()[1][attributes::CHANGED_AT], "2026-11-22T05:01:00.123456Z");
        mariadb.run("insert into stock values (9007199254740994, 'D', 0.1, '2026-11-22 05:02:00')").await;
        polling.wait_for_values(&["D=0.1000000000"]).await;
        let poll = polling.wait_for_another_poll().await;
        assert_eq!((outcome(&poll), poll[attributes::POLL_READINGS].as_str()), ("ok", "1"), "{cursor}: {poll:?}");
        mariadb.run("delete from stock where sku = 'D'").await;
        let poll = polling.wait_for_poll(failed).await;
        assert!(reason(&poll).contains("went backwards"), "{poll:?}");
        polling.stop().await;
    }
}

#[tokio::test]
async fn a_poll_locks_no_row_and_cannot_write() {
    let mut mariadb = Mariadb::start().await;
    // Where this is the default, a plain SELECT locks what it reads.
    mariadb.run("set global transaction isolation level serializable").await;
    let grants: Vec<String> =
        sqlx::query_scalar("show grants for reader@localhost").fetch_all(&mut mariadb.owner).await.unwrap();
    let may: Vec<&str> = grants.iter().filter_map(|grant| grant.split(" TO ").next()).collect();
    assert_eq!(may, ["GRANT PROCESS ON *.*", "GRANT SELECT ON `erp`.`stock`"], "the user may only read");
    let slow = "select sku, qty + sleep(0.2) as qty, changed from stock";
    let polling = Polling::start(TempDir::new().unwrap(), &mariadb.polls(slow, "")).await;
    let transactions = "select cast(trx_is_read_only as signed), cast(trx_rows_locked as signed),
        cast(trx_tables_locked as signed) from information_schema.innodb_trx where trx_query like '%polled%'";
    let begun = Instant::now();
    let seen = loop {
        // The server shows the same transactions again to who asks within 100 ms.
        mariadb.run("do sleep(0.11)").await;
        let rows = sqlx::query(transactions).fetch_all(&mut mariadb.owner).await.unwrap();
        if let Some(row) = rows.first() {
            break [0, 1, 2].map(|at| row.get::<i64, _>(at));
        }
        assert!(begun.elapsed() < PATIENCE, "no poll was seen at work");
    };
    assert_eq!(seen, [1, 0, 0], "read-only, no row locked, no table locked");
    let metadata = "select distinct m.object_type, m.lock_type from performance_schema.metadata_locks m
        join performance_schema.threads t on t.thread_id = m.owner_thread_id
        where t.processlist_user = 'reader'";
    let begun = Instant::now();
    let modes = loop {
        let modes: Vec<(String, String)> = sqlx::query_as(metadata).fetch_all(&mut mariadb.owner).await.unwrap();
        if !modes.is_empty() {
            break modes;
        }
        assert!(begun.elapsed() < PATIENCE, "no poll was seen at work");
    };
    assert_eq!(modes, [("TABLE".to_owned(), "SHARED_READ".to_owned())], "as of any plain SELECT");
    polling.stop().await;
    // Whatever the user may do, the transaction may not.
    mariadb.run("grant all on erp.* to reader@localhost").await;
    let writing = "select writes() as sku, 1 as qty, now() as changed";
    let polling = Polling::start(TempDir::new().unwrap(), &mariadb.polls(writing, "")).await;
    let poll = polling.wait_for_poll(|_| true).await;
    assert!(failed(&poll) && reason(&poll).contains("READ ONLY transaction"), "{poll:?}");
    let written: i64 =
        sqlx::query_scalar("select count(*) from stock where sku = 'W'").fetch_one(&mut mariadb.owner).await.unwrap();
    assert_eq!(written, 0);
    polling.stop().await;
}

#[tokio::test]
async fn a_database_that_hangs_is_given_up_and_asked_again() {
    let mut mariadb = Mariadb::start().await;
    mariadb.run("lock tables stock write").await;
    let polls = mariadb.polls("select * from stock", "").replace("timeout: 3s", "timeout: 300ms");
    let polling = Polling::start(TempDir::new().unwrap(), &polls).await;
    let poll = polling.wait_for_poll(|_| true).await;
    let told = reason(&poll);
    assert!(
        failed(&poll) && (told.contains("no end within 300 ms") || told.contains("max_statement_time")),
        "{poll:?}"
    );
    let seen = polling.polls().len();
    mariadb.run("unlock tables").await;
    polling.wait_for_poll_after(seen, ok).await;
    polling.wait_for_values(&["B=7.5000000000"]).await;
    for request in polling.collector.received() {
        assert!(!request.body.windows(6).any(|bytes| bytes == b"s3cret"));
    }
    polling.stop().await;
}
