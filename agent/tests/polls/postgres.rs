//! A real PostgreSQL.

use std::time::Instant;

use ordertrace_api::attributes;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, Row};
use tempfile::TempDir;

use crate::polling::{Polling, failed, ok, outcome, reason};
use crate::server::{Server, command, folder, program, run};
use crate::support::PATIENCE;

/// A server with a table `stock` and the users `owner` and `reader`, who may only read.
struct Postgres {
    dir: TempDir,
    _server: Server,
    owner: PgConnection,
}

const SCHEMA: &str = "
create table stock (sku text, qty numeric, changed timestamptz);
insert into stock values
    ('A', 12345678901234567.8901234567, '2026-11-22 05:00:00+00'),
    ('B', 7.50, '2026-11-22 05:01:00.123456+00'),
    ('C', 'NaN', '2026-11-22 04:00:00+00');
create function writes() returns text language sql as $$ insert into stock values ('W', 1, now()) returning 'W' $$;
create role reader login;
grant select on stock to reader;
";

impl Postgres {
    async fn start() -> Self {
        let dir = folder();
        let (data, log) = (dir.path().join("data"), dir.path().join("log"));
        run(command(&program("initdb")).args(["--auth=trust", "--username=owner", "--no-sync", "-D"]).arg(&data));
        let mut start = command(&program("postgres"));
        // Its socket is all there is: no port to collide with.
        start.arg("-D").arg(&data).args([
            "-c",
            "listen_addresses=",
            "-c",
            "fsync=off",
            "-c",
            "unix_socket_directories=",
        ]);
        let mut server = Server::start(start.arg("-k").arg(dir.path()), &log);
        let options = PgConnectOptions::new_without_pgpass().socket(dir.path()).username("owner").database("postgres");
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
        Self { dir, _server: server, owner }
    }

    async fn run(&mut self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.owner).await.unwrap();
    }

    fn polls(&self, query: &str, more: &str) -> String {
        format!(
            "
- name: erp-stock
  system: erp
  interval: 100ms
  timeout: 3s
  source: {{postgres: {{socket: {}, database: postgres, user: reader, query: \"{query}\", {more}}}}}
  readings:
  - entity: inventory
    columns: {{sku: sku, value: qty, changed_at: changed}}
",
            self.dir.path().display()
        )
    }
}

const CURSOR: &str = "cursor: {column: changed, kind: time, overlap: 1s}";

#[tokio::test]
async fn new_rows_come_with_exact_decimals() {
    let mut postgres = Postgres::start().await;
    let polling = Polling::start(TempDir::new().unwrap(), &postgres.polls("select * from stock", CURSOR)).await;
    polling.wait_for_values(&["A=12345678901234567.8901234567", "B=7.50"]).await;
    let poll = polling.wait_for_poll(|_| true).await;
    assert_eq!((outcome(&poll), poll[attributes::POLL_REFUSED].as_str()), ("ok", "1"), "{poll:?}");
    assert!(reason(&poll).contains("value (column qty) is not finite"), "{poll:?}");
    assert_eq!(polling.readings()[1][attributes::CHANGED_AT], "2026-11-22T05:01:00.123456Z");
    postgres.run("insert into stock values ('D', 0.10, '2026-11-22 05:02:00+00')").await;
    polling.wait_for_values(&["D=0.10"]).await;
    let poll = polling.wait_for_another_poll().await;
    assert_eq!(poll[attributes::POLL_READINGS], "1", "the newest alone is looked at again: {poll:?}");
    postgres.run("truncate stock").await;
    let poll = polling.wait_for_poll(failed).await;
    assert!(reason(&poll).contains("went backwards"), "{poll:?}");
    polling.stop().await;
}

#[tokio::test]
async fn a_poll_takes_no_lock_and_cannot_write() {
    let mut postgres = Postgres::start().await;
    let slow = "select s.*, pg_sleep(0.2) from stock s";
    let polling = Polling::start(TempDir::new().unwrap(), &postgres.polls(slow, CURSOR)).await;
    let may_write: bool = sqlx::query_scalar(
        "select has_table_privilege('reader', 'stock', 'insert, update, delete, truncate, references, trigger')
            or has_schema_privilege('reader', 'public', 'create') or rolsuper or rolcreatedb or rolcreaterole
         from pg_roles where rolname = 'reader'",
    )
    .fetch_one(&mut postgres.owner)
    .await
    .unwrap();
    assert!(!may_write, "the role may only read");
    // Waited for or held; a transaction that writes has an id.
    let locks = "select distinct l.locktype, l.mode, a.backend_xid is not null from pg_locks l join pg_stat_activity a using (pid)
        where a.application_name = 'ordertrace-agent' and a.query like '%polled%'";
    let begun = Instant::now();
    let locks = loop {
        let rows = sqlx::query(locks).fetch_all(&mut postgres.owner).await.unwrap();
        assert!(!rows.iter().any(|row| row.get::<bool, _>(2)), "the poll's transaction writes");
        let locks: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        if locks.iter().any(|(kind, _)| kind == "relation") {
            break locks;
        }
        assert!(begun.elapsed() < PATIENCE, "no poll was seen at work");
    };
    // Every transaction has a lock on its own virtual id.
    let other = |(kind, mode): &&(String, String)| mode != "AccessShareLock" && kind != "virtualxid";
    assert_eq!(locks.iter().find(other), None, "{locks:?}");
    polling.stop().await;
    // Whatever the user may do, the transaction may not.
    postgres.run("alter role reader superuser").await;
    let writing = "select writes() as sku, 1 as qty, now() as changed";
    let polling = Polling::start(TempDir::new().unwrap(), &postgres.polls(writing, "")).await;
    let poll = polling.wait_for_poll(|_| true).await;
    assert!(failed(&poll) && reason(&poll).contains("read-only transaction"), "{poll:?}");
    let written: i64 =
        sqlx::query_scalar("select count(*) from stock where sku = 'W'").fetch_one(&mut postgres.owner).await.unwrap();
    assert_eq!(written, 0);
    polling.stop().await;
}

#[tokio::test]
async fn a_database_that_hangs_is_given_up_and_asked_again() {
    let mut postgres = Postgres::start().await;
    postgres.run("begin; lock table stock in access exclusive mode").await;
    let polls = postgres.polls("select * from stock", "").replace("timeout: 3s", "timeout: 300ms");
    let polling = Polling::start(TempDir::new().unwrap(), &polls).await;
    let poll = polling.wait_for_poll(|_| true).await;
    let told = reason(&poll);
    assert!(failed(&poll) && (told.contains("no end within 300 ms") || told.contains("timeout")), "{poll:?}");
    polling.wait_for_another_poll().await;
    let open: i64 =
        sqlx::query_scalar("select count(*) from pg_stat_activity where application_name = 'ordertrace-agent'")
            .fetch_one(&mut postgres.owner)
            .await
            .unwrap();
    assert!(open <= 2, "{open} connections were left");
    let seen = polling.polls().len();
    postgres.run("rollback").await;
    polling.wait_for_poll_after(seen, ok).await;
    polling.wait_for_values(&["B=7.50"]).await;
    polling.stop().await;
}
