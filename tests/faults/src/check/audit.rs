//! Whether the accounts of collectors and agents balance.

use std::collections::BTreeMap;

use anyhow::Context;
use ordertrace_api::agent::{AGENT_STATUS, AgentStatus};
use ordertrace_api::routes;
use ordertrace_api::status::{ItemCounts, Status};

use super::presence::Presence;
use crate::load::{Entry, RequestId, Signal, service};
use crate::world::World;

/// What the collectors say, against what is stored.
pub(super) async fn of_collectors(
    world: &World,
    presence: &Presence,
    entries: &BTreeMap<RequestId, Entry>,
) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    for at in world.collector_at {
        let url = format!("http://{}{}", at.status, routes::STATUS);
        let status: Status = reqwest::get(&url).await?.json().await.context(url)?;
        for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
            let name = signal.name();
            let Some(said) = status.signals.iter().find(|said| said.signal == name) else {
                wrong.push(format!("collector {}: no status of {name}: {status:?}", at.status));
                continue;
            };
            let stored = |entry: &&Entry, id: &RequestId| entry.signal == signal && presence.has(signal, *id);
            let present = entries.iter().filter(|(id, entry)| stored(entry, id)).map(|(_, entry)| entry);
            let mut expected: BTreeMap<String, (u64, u64)> = BTreeMap::new();
            for entry in present {
                let sums = expected.entry(service(entry.sender)).or_default();
                *sums = (sums.0 + entry.items, sums.1 + entry.refused);
            }
            let counted: BTreeMap<String, (u64, u64)> =
                said.senders.iter().map(|sender| (sender.sender.clone(), counts(&sender.items))).collect();
            if counted != expected {
                wrong.push(format!(
                    "collector {}: of {name} stored and refused by sender are {counted:?}, should be {expected:?}",
                    at.status
                ));
            }
            let (stored, refused) = counts(&said.total);
            if said.total.accepted != stored + refused || stored != presence.rows(signal) {
                let rows = presence.rows(signal);
                wrong.push(format!("collector {}: {name} do not balance with {rows} rows: {said:?}", at.status));
            }
        }
    }
    Ok(wrong)
}

/// Stored and refused.
fn counts(items: &ItemCounts) -> (u64, u64) {
    (items.stored, items.refused.iter().map(|reason| reason.count).sum())
}

/// One agent's account of itself.
pub(super) async fn status_of_agent(world: &World, agent: usize) -> anyhow::Result<AgentStatus> {
    let url = format!("http://{}{AGENT_STATUS}", world.agent_at[agent].status);
    reqwest::get(&url).await?.json().await.context(url)
}

/// What the agents say: everything accepted was sent, and everything acknowledged was accepted.
pub(super) async fn of_agents(world: &World, entries: &BTreeMap<RequestId, Entry>) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut accepted = 0;
    for agent in 0..world.agent_at.len() {
        let status = status_of_agent(world, agent).await?;
        for stream in &status.streams {
            let dropped: u64 = stream.dropped.iter().map(|reason| reason.count).sum();
            if stream.accepted != stream.sent || stream.spooled != 0 || dropped != 0 {
                wrong.push(format!("agent {agent} does not balance: {stream:?}"));
            }
            accepted += stream.accepted;
        }
    }
    let acknowledged: u64 =
        entries.values().map(|entry| u64::from(entry.by_agents) * (entry.items + entry.refused)).sum();
    if accepted < acknowledged {
        wrong.push(format!("the agents accepted {accepted} items, and acknowledged {acknowledged}"));
    }
    Ok(wrong)
}
