use clickhouse::Client;

/// Rows are seen by all once they are so old: an insert takes its time from when it is stamped.
const SETTLED_MS: i64 = 3_000;

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
    Ok(now_ms(client).await?.saturating_sub(SETTLED_MS))
}
