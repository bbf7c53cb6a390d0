//! Whether everything is there as often as it should be. Nothing may be under way any more.

mod audit;
mod derived;
mod presence;
mod raw;
mod settle;

use clickhouse::Client;

use self::presence::Presence;
pub(crate) use self::settle::{agents_have_at_most, settled, spool_bytes};
use crate::load::Ledger;
use crate::world::World;

/// Checks all that was ever stored in this world.
///
/// # Errors
/// With everything that is wrong.
pub(crate) async fn check(world: &World, ledger: &Ledger) -> anyhow::Result<()> {
    let entries = ledger.entries();
    let presence = Presence::read(&world.client).await?;
    let mut wrong = presence.compare(&entries);
    wrong.extend(derived::compare(&world.client).await?);
    wrong.extend(audit::of_collectors(world, &presence, &entries).await?);
    wrong.extend(audit::of_agents(world, &entries).await?);
    anyhow::ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The only number that a query answers.
async fn number(client: &Client, sql: &str) -> anyhow::Result<u64> {
    Ok(client.query(&format!("SELECT toUInt64(assumeNotNull(({sql})))")).fetch_one().await?)
}
