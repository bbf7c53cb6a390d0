//! Carries out a plan: each fault at its time, healed at its end.

use std::sync::Arc;

use anyhow::Context;
use tokio::task::JoinSet;

use crate::plan::{Fault, Kind, Part, Plan, Wire};
use crate::world::World;

/// Carries out all faults; returns when the last is healed.
pub(crate) async fn inject(world: &Arc<World>, plan: &Plan) -> anyhow::Result<()> {
    let mut faults = JoinSet::new();
    for fault in &plan.faults {
        let (world, fault) = (world.clone(), *fault);
        faults.spawn(async move {
            tokio::time::sleep(fault.at).await;
            strike(&world, fault).await.with_context(|| fault.to_string())
        });
    }
    while let Some(ended) = faults.join_next().await {
        ended.context("a fault broke")??;
    }
    Ok(())
}

async fn strike(world: &World, fault: Fault) -> anyhow::Result<()> {
    let Fault { kind, which, length, .. } = fault;
    match kind {
        Kind::Kill(Part::ClickHouse) => {
            let mut clickhouse = world.clickhouse.lock().await;
            clickhouse.kill().await?;
            tokio::time::sleep(length).await;
            clickhouse.restart().await
        }
        Kind::Kill(part) => {
            let processes = if part == Part::Agent { &world.agents } else { &world.collectors };
            let mut process = processes[which].lock().await;
            process.kill().await;
            tokio::time::sleep(length).await;
            process.start().await
        }
        Kind::Network(wire, trouble) => {
            let links = if wire == Wire::Export { &world.export } else { &world.store };
            links[which].set(Some(trouble));
            tokio::time::sleep(length).await;
            links[which].set(None);
            Ok(())
        }
        Kind::Swap => {
            world.swap(which).await;
            Ok(())
        }
        Kind::FullDisk => {
            let disk = world.disk.as_ref().context("there is no disk to fill")?;
            disk.fill()?;
            tokio::time::sleep(length).await;
            disk.relieve()
        }
    }
}
