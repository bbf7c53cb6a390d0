use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
use tempfile::TempDir;

use crate::database_server::{Server, command, folder, program, run};

/// Until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

const SCHEMA: &str = "
create table stock (sku text, qty numeric, rev bigint);
create table locked (sku text, qty numeric);
insert into stock values ('HAT', 10, 7);
insert into locked values ('HAT', 10);
create role reader login;
grant select on stock, locked to reader;
";

/// A real server; `reader` may only read.
pub(super) struct Postgres {
    dir: TempDir,
    _server: Server,
    owner: PgConnection,
}

impl Postgres {
    pub(super) async fn start() -> Self {
        let dir = folder();
        let (data, log) = (dir.path().join("data"), dir.path().join("log"));
        run(command(&program("initdb")).args(["--auth=trust", "--username=owner", "--no-sync", "-D"]).arg(&data));
        let mut start = command(&program("postgres"));
        // Its socket is all there is: no port to collide with.
        let settings = ["listen_addresses=", "fsync=off", "unix_socket_directories="].map(|setting| ["-c", setting]);
        start.arg("-D").arg(&data).args(settings.concat()).arg("-k").arg(dir.path());
        let mut server = Server::start(&mut start, &log);
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

    pub(super) async fn run(&mut self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.owner).await.unwrap();
    }

    pub(super) fn source(&self, query: &str, cursor: Option<&Value>) -> Value {
        let server = json!({
            "socket": self.dir.path(),
            "database": "postgres",
            "user": "reader",
            "query": query,
            "cursor": cursor,
        });
        json!({ "postgres": server })
    }
}
