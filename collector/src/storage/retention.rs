use clickhouse::Client;

use super::layout::Layout;

/// How long rows are kept, in days of their own time; 0 = for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Spans, keys, orders' lines, handoffs, how they reach each other, and the orders list.
    pub journeys_days: u32,
    /// Log records and business events.
    pub events_days: u32,
    /// Readings.
    pub readings_days: u32,
    /// Alerts that are over.
    pub alerts_days: u32,
}

/// Sets the TTL of each table of one server where it differs from what is wanted: to change one makes
/// ClickHouse look at every part again.
pub(super) async fn apply(
    client: &Client,
    layout: &Layout,
    retention: Retention,
) -> Result<(), (&'static str, clickhouse::error::Error)> {
    let Retention { journeys_days, events_days, readings_days, alerts_days } = retention;
    for (table, column, days) in [
        ("spans", "started_at", journeys_days),
        ("keys", "at", journeys_days),
        ("loose_ends", "started_at", journeys_days),
        ("order_lines", "at", journeys_days),
        ("handoffs_per_minute", "minute", journeys_days),
        ("journey_handoffs", "minute", journeys_days),
        ("order_costs_per_minute", "minute", journeys_days),
        ("surface", "hour", journeys_days),
        ("activity", "at", journeys_days),
        ("events", "at", events_days),
        ("readings", "at", readings_days),
        ("aliases", "at", readings_days),
        ("unclear_ids", "at", readings_days),
        ("sync_lags", "ended", readings_days),
        ("past_drifts", "ended", readings_days),
        ("drift_history", "written_at", readings_days),
        ("finding_history", "written_at", journeys_days),
        // What was told is told again with every poll.
        ("sources", "at", readings_days),
        // What is active is written again and again.
        ("alerts", "updated_at", alerts_days),
        ("alert_acknowledgements", "at", alerts_days),
    ] {
        set(client, &layout.local(table), column, days).await.map_err(|source| (table, source))?;
    }
    Ok(())
}

async fn set(client: &Client, table: &str, column: &str, days: u32) -> clickhouse::error::Result<()> {
    let ddl = client
        .query("SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = ?")
        .bind(table)
        .fetch_all::<String>()
        .await?
        .concat();
    let expression = format!("toDateTime({column}) + toIntervalDay({days})");
    let statement = match (days, ddl.contains(" TTL ")) {
        (0, false) => return Ok(()),
        (0, true) => format!("ALTER TABLE {table} REMOVE TTL"),
        _ if ddl.contains(&format!("TTL {expression}")) => return Ok(()),
        _ => format!("ALTER TABLE {table} MODIFY TTL {expression}"),
    };
    tracing::info!(table, days, "retention changes");
    client.query_raw(&statement).execute().await
}
