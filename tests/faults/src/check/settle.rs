//! Waiting until nothing is under way any more.

use std::time::Duration;

use ordertrace_api::routes;
use tokio::time::Instant;

use super::audit::status_of_agent;
use super::number;
use crate::world::World;

/// How long it may take until the agents have delivered everything, and until nothing is left half stored: collectors
/// look after each other's groups every 30 s at the latest.
const TIMEOUT: Duration = Duration::from_secs(90);

/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// So many looks in a row must find nothing: a request that its sender gave up may be on its way into an agent's spool
/// when that is looked at.
const QUIET_LOOKS: u32 = 3;

/// Waits until everything that senders and agents have is stored, and nothing is half stored.
pub(crate) async fn settled(world: &World) -> anyhow::Result<()> {
    let deadline = Instant::now() + TIMEOUT;
    let mut quiet_looks = 0;
    while quiet_looks < QUIET_LOOKS {
        match what_is_under_way(world).await? {
            None => quiet_looks += 1,
            Some(found) => {
                quiet_looks = 0;
                anyhow::ensure!(Instant::now() < deadline, "after {} s there is still {found}", TIMEOUT.as_secs());
            }
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    Ok(())
}

/// What is under way; in the order in which it moves on, so that nothing slips past.
async fn what_is_under_way(world: &World) -> anyhow::Result<Option<String>> {
    if !agents_have_at_most(world, 0).await? {
        return Ok(Some("telemetry in an agent's spool".to_owned()));
    }
    for at in world.collector_at {
        let metrics = reqwest::get(format!("http://{}{}", at.status, routes::METRICS)).await?.text().await?;
        let bytes = metrics.lines().find_map(|line| line.strip_prefix("ordertrace_ingest_in_flight_bytes "));
        if bytes != Some("0") {
            return Ok(Some(format!("a request in collector {}: {bytes:?} bytes", at.status)));
        }
    }
    let inserts = number(&world.client, "SELECT count() FROM system.processes WHERE query_kind = 'Insert'").await?;
    if inserts > 0 {
        return Ok(Some("an insert".to_owned()));
    }
    let groups = number(&world.client, "SELECT uniqExact(group_id) FROM frozen WHERE position > 0").await?;
    Ok((groups > 0).then(|| format!("{groups} groups in the table frozen")))
}

/// Whether each agent has at most so many requests that it has not delivered.
pub(crate) async fn agents_have_at_most(world: &World, requests: u64) -> anyhow::Result<bool> {
    for agent in 0..world.agent_at.len() {
        if status_of_agent(world, agent).await?.spool.records > requests {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Bytes of the agents' spools.
pub(crate) async fn spool_bytes(world: &World) -> anyhow::Result<[u64; 2]> {
    Ok([status_of_agent(world, 0).await?.spool.bytes, status_of_agent(world, 1).await?.spool.bytes])
}
