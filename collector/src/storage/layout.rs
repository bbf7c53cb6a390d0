//! Where tables are: all in one server, or spread over the nodes of a cluster.

use std::borrow::Cow;

use clickhouse::Client;

/// How the schema is laid out. Migrations are written for one server and translated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Layout {
    /// One server has all rows.
    #[default]
    Single,
    /// Each node has rows in tables named `…_local`; under its own name each table is the
    /// whole of them. A group of batches goes to one node, so that views and tokens work as
    /// on one server.
    Cluster {
        /// Its name in the servers' `remote_servers`.
        name: String,
        /// Whether the nodes of a shard replicate each other.
        replicated: bool,
    },
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS ";
const VIEW: &str = "CREATE MATERIALIZED VIEW IF NOT EXISTS ";
const ENGINE: &str = "\nENGINE = ";
const FAMILY: &str = "MergeTree";

impl Layout {
    /// The table that has a node's own rows.
    pub(super) fn local<'t>(&self, table: &'t str) -> Cow<'t, str> {
        match self {
            Self::Single => table.into(),
            Self::Cluster { .. } => format!("{table}_local").into(),
        }
    }

    /// A client that sees what was written before, whichever replica took it.
    pub(super) fn consistent(&self, client: &Client) -> Client {
        match self {
            Self::Cluster { replicated: true, .. } => client
                .clone()
                .with_setting("insert_quorum", "auto")
                .with_setting("insert_quorum_parallel", "0")
                .with_setting("select_sequential_consistency", "1"),
            Self::Cluster { replicated: false, .. } | Self::Single => client.clone(),
        }
    }

    /// What to execute on each node for a statement of a migration.
    pub(super) fn translate(&self, statement: &str) -> Vec<String> {
        let Self::Cluster { name: cluster, replicated } = self else { return vec![statement.to_owned()] };
        if let Some((comment, table, rest)) = split(statement, TABLE)
            && let Some((columns, engine)) = rest.split_once(ENGINE)
            && engine_name(engine).ends_with(FAMILY)
        {
            let local = self.local(table);
            let shard = shard(engine);
            let engine = if *replicated { replicating(engine) } else { engine.to_owned() };
            return vec![
                format!("{comment}{TABLE}{local}{columns}{ENGINE}{engine}"),
                format!(
                    "{TABLE}{table} AS {local}{ENGINE}Distributed('{cluster}', currentDatabase(), '{local}', {shard})"
                ),
            ];
        }
        if let Some((comment, view, rest)) = split(statement, VIEW)
            && let Some((target, select)) = rest.trim_start().strip_prefix("TO ").and_then(|to| to.split_once(" AS\n"))
        {
            let select = self.of_local_rows(select);
            return vec![format!("{comment}{VIEW}{view} TO {} AS\n{select}", self.local(target))];
        }
        vec![statement.to_owned()]
    }

    /// A view's query, of the node's own rows.
    fn of_local_rows(&self, select: &str) -> String {
        let line = |line: &str| match line.trim_start().strip_prefix("FROM ") {
            Some(table) if !table.is_empty() => format!("{} AS {table}", line.replace(table, &self.local(table))),
            _ => line.to_owned(),
        };
        select.lines().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// What stands before a `CREATE`, the name behind it, and the rest.
fn split<'s>(statement: &'s str, create: &str) -> Option<(&'s str, &'s str, &'s str)> {
    let (comment, created) = statement.split_once(create)?;
    let end = created.find(char::is_whitespace)?;
    let (name, rest) = created.split_at(end);
    Some((comment, name, rest))
}

/// Which node a row goes to that is written under the table's own name: wherever all rows are kept any, but
/// rows that replace each other, by the sorting key, are of one.
fn shard(engine: &str) -> Cow<'_, str> {
    let replaces = engine_name(engine) == "ReplacingMergeTree";
    match engine.lines().find_map(|line| line.strip_prefix("ORDER BY ")).filter(|_| replaces) {
        None => "rand()".into(),
        Some("tuple()" | "tuple();") => "0".into(),
        Some(key) => format!("cityHash64({})", key.trim_matches(['(', ')', ';'])).into(),
    }
}

/// What stands before the engine's arguments and clauses.
fn engine_name(engine: &str) -> &str {
    engine.split(|character: char| character == '(' || character.is_whitespace()).next().unwrap_or(engine)
}

/// The engine's replicated form; servers replace what stands in braces.
fn replicating(engine: &str) -> String {
    let name = engine_name(engine);
    let rest = engine.get(name.len()..).unwrap_or_default();
    let window = "replicated_deduplication_window_seconds = 172800, replicated_deduplication_window =";
    let rest = rest.replace("non_replicated_deduplication_window =", window);
    let replica = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";
    match rest.strip_prefix('(') {
        Some(rest) => format!("Replicated{name}({replica}, {rest}"),
        None => format!("Replicated{name}({replica}){rest}"),
    }
}
