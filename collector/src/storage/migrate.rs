//! Numbered, forward-only, idempotent schema migrations: a new database is the replay of all.

use clickhouse::Client;

use super::layout::Layout;

/// The schema in order of number.
const MIGRATIONS: [(u32, &str, &str); 19] = [
    (1, "spans", include_str!("migrations/0001_spans.sql")),
    (2, "keys", include_str!("migrations/0002_keys.sql")),
    (3, "loose_ends", include_str!("migrations/0003_loose_ends.sql")),
    (4, "handoffs_per_minute", include_str!("migrations/0004_handoffs_per_minute.sql")),
    (5, "events", include_str!("migrations/0005_events.sql")),
    (6, "readings", include_str!("migrations/0006_readings.sql")),
    (7, "activity", include_str!("migrations/0007_activity.sql")),
    (8, "otel_views", include_str!("migrations/0008_otel_views.sql")),
    (9, "readiness", include_str!("migrations/0009_readiness.sql")),
    (10, "batches", include_str!("migrations/0010_batches.sql")),
    (11, "frozen", include_str!("migrations/0011_frozen.sql")),
    (12, "findings", include_str!("migrations/0012_findings.sql")),
    (13, "surface", include_str!("migrations/0013_surface.sql")),
    (14, "order_costs", include_str!("migrations/0014_order_costs.sql")),
    (15, "sync", include_str!("migrations/0015_sync.sql")),
    (16, "alerts", include_str!("migrations/0016_alerts.sql")),
    (17, "order_lines", include_str!("migrations/0017_order_lines.sql")),
    (18, "history", include_str!("migrations/0018_history.sql")),
    (19, "sources", include_str!("migrations/0019_sources.sql")),
];

/// A migration that could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// ClickHouse refused a statement.
    #[error("migration {number:04}_{name} of database {database:?}, statement {statement}")]
    Statement {
        /// Number of the migration.
        number: u32,
        /// Name of the migration.
        name: &'static str,
        /// The database.
        database: String,
        /// Which of its statements, from 1.
        statement: usize,
        /// What ClickHouse said.
        source: clickhouse::error::Error,
    },
    /// The record of applied migrations could not be read or written.
    #[error("the record of applied migrations in database {database:?}")]
    Record {
        /// The database.
        database: String,
        /// What ClickHouse said.
        source: clickhouse::error::Error,
    },
    /// The database was written by a newer ordertrace.
    #[error(
        "database {database:?} has schema {found}, this program knows up to {known}: use the version of ordertrace that wrote it, or a newer one"
    )]
    Newer {
        /// The database.
        database: String,
        /// Its schema.
        found: u32,
        /// The newest schema known here.
        known: u32,
    },
}

/// Creates `database` on one server when missing and brings its schema up to date. `client` needs no
/// database of its own. Safe to run from several collectors at once: every statement is
/// idempotent.
///
/// # Errors
/// When ClickHouse refuses a statement, or the schema is newer than this program.
pub(super) async fn migrate(client: &Client, database: &str, layout: &Layout) -> Result<(), MigrateError> {
    let record = |source| MigrateError::Record { database: database.to_owned(), source };
    let create = format!("CREATE DATABASE IF NOT EXISTS {}", identifier(database));
    client.query_raw(&create).execute().await.map_err(record)?;
    let client = client.clone().with_database(database);
    client
        .query_raw(
            "CREATE TABLE IF NOT EXISTS migrations (number UInt32, name String, applied_at DateTime DEFAULT now())
             ENGINE = ReplacingMergeTree ORDER BY number",
        )
        .execute()
        .await
        .map_err(record)?;
    let numbers = client.query_raw("SELECT number FROM migrations").fetch_all::<u32>().await.map_err(record)?;
    let applied = numbers.into_iter().max().unwrap_or(0);
    let known = MIGRATIONS.last().map_or(0, |(number, _, _)| *number);
    if applied > known {
        return Err(MigrateError::Newer { database: database.to_owned(), found: applied, known });
    }
    for (number, name, sql) in MIGRATIONS.into_iter().filter(|(number, _, _)| *number > applied) {
        for (at, statement) in statements(sql).enumerate() {
            for statement in layout.translate(statement) {
                client.query_raw(&statement).execute().await.map_err(|source| MigrateError::Statement {
                    number,
                    name,
                    database: database.to_owned(),
                    statement: at + 1,
                    source,
                })?;
            }
        }
        let done = format!("INSERT INTO migrations (number, name) VALUES ({number}, '{name}')");
        client.query_raw(&done).execute().await.map_err(record)?;
        tracing::info!(number, name, database, "migration applied");
    }
    Ok(())
}

fn statements(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(";\n").map(str::trim).filter(|statement| !statement.is_empty())
}

fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_without_gaps_and_hold_only_repeatable_statements() {
        for (at, (number, name, sql)) in MIGRATIONS.into_iter().enumerate() {
            assert_eq!(number as usize, at + 1, "{name}");
            for statement in statements(sql) {
                let code: Vec<&str> = statement.lines().filter(|line| !line.starts_with("--")).collect();
                let head = code.first().copied().unwrap_or_default();
                assert!(head.starts_with("CREATE") && head.contains("IF NOT EXISTS"), "{name}: {head}");
            }
        }
    }
}
