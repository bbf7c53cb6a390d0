use std::time::Duration;

use clickhouse::Client;

/// Rows are seen by all once they are so old: an insert takes its time from when it is stamped.
pub const SETTLED: Duration = Duration::from_secs(3);

/// The time by ClickHouse's clock, which stamps what is stored: milliseconds since the Unix epoch.
///
/// # Errors
/// When ClickHouse does not answer.
pub async fn now_ms(client: &Client) -> clickhouse::error::Result<i64> {
    client.query("SELECT toUnixTimestamp64Milli(now64(3))").fetch_one().await
}

/// Up to when all see what was stored.
///
/// # Errors
/// When ClickHouse does not answer.
pub async fn settled_ms(client: &Client) -> clickhouse::error::Result<i64> {
    let settled_ms = i64::try_from(SETTLED.as_millis()).unwrap_or(i64::MAX);
    Ok(now_ms(client).await?.saturating_sub(settled_ms))
}
