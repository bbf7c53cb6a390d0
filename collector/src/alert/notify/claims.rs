use std::collections::HashMap;

use clickhouse::{Client, Row};
use serde::{Deserialize, Serialize};
use tracing::instrument;
use uuid::Uuid;

use super::due::{Attempt, Step};

type Result<T> = clickhouse::error::Result<T>;

/// Who sends which message.
#[derive(Clone)]
pub(super) struct Claims {
    client: Client,
    /// This process.
    collector: Uuid,
}

#[derive(Debug, Row, Serialize)]
struct ClaimRow {
    message: [u8; 16],
    generation: u32,
    step: i8,
    #[serde(with = "clickhouse::serde::uuid")]
    collector: Uuid,
}

#[derive(Debug, Row, Deserialize)]
struct AttemptRow {
    message: [u8; 16],
    generation: u32,
    step: i8,
    at: i64,
}

/// Messages looked up at once: a query may be 256 KiB long.
const MOST_AT_ONCE: usize = 4_000;

const STEPS: [(Step, i8); 3] = [(Step::Claimed, 1), (Step::Failed, 2), (Step::Sent, 3)];

impl Claims {
    pub(super) fn new(client: Client) -> Self {
        // Of a cluster one shard has them all: only there a token that was used before is known.
        let client = client.with_setting("insert_shard_id", "1").with_setting("distributed_foreground_insert", "1");
        Self { client, collector: Uuid::now_v7() }
    }

    /// What is known of these messages.
    #[instrument(name = "SELECT alert_claims", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "alert_claims"))]
    pub(super) async fn of(&self, messages: &[String]) -> Result<HashMap<String, Vec<Attempt>>> {
        let mut attempts: HashMap<String, Vec<Attempt>> = HashMap::new();
        for messages in messages.chunks(MOST_AT_ONCE) {
            let query = "SELECT message, generation, toInt8(step) AS step, min(alert_claims.at) AS at FROM alert_claims
                 WHERE message IN (SELECT unhex(arrayJoin(?))) GROUP BY message, generation, step";
            for row in self.client.query(query).bind(messages).fetch_all::<AttemptRow>().await? {
                let Some((step, _)) = STEPS.iter().find(|(_, code)| *code == row.step) else { continue };
                let attempt = Attempt { generation: row.generation, step: *step, at_ms: row.at };
                attempts.entry(hex::encode(row.message)).or_default().push(attempt);
            }
        }
        Ok(attempts)
    }

    /// Claims an attempt to send a message. Whether it is ours: of those who claim the same the first gets it.
    #[instrument(name = "INSERT alert_claims", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "alert_claims"))]
    pub(super) async fn claim(&self, message: &str, generation: u32) -> Result<bool> {
        self.write(message, generation, Step::Claimed).await?;
        let query = "SELECT collector FROM alert_claims
             WHERE message = unhex(?) AND generation = ? AND step = 'claimed' ORDER BY at LIMIT 1";
        let owner = self.client.query(query).bind(message).bind(generation).fetch_optional::<OwnerRow>().await?;
        Ok(owner.is_some_and(|owner| owner.collector == self.collector))
    }

    /// Says what became of an attempt.
    pub(super) async fn close(&self, message: &str, generation: u32, step: Step) -> Result<()> {
        self.write(message, generation, step).await
    }

    async fn write(&self, message: &str, generation: u32, step: Step) -> Result<()> {
        let mut id = [0; 16];
        hex::decode_to_slice(message, &mut id).map_err(|error| clickhouse::error::Error::Other(error.into()))?;
        let code = STEPS.iter().find(|(known, _)| *known == step).map_or(0, |(_, code)| *code);
        let token = format!("{message}/{generation}/{step:?}");
        let mut insert =
            self.client.insert::<ClaimRow>("alert_claims").await?.with_setting("insert_deduplication_token", token);
        insert.write(&ClaimRow { message: id, generation, step: code, collector: self.collector }).await?;
        insert.end().await
    }
}

#[derive(Debug, Row, Deserialize)]
struct OwnerRow {
    #[serde(with = "clickhouse::serde::uuid")]
    collector: Uuid,
}
