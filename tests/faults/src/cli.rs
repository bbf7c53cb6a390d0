//! The command line.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use clap::Parser;
use ordertrace_tests::{Profile, build};

use crate::away;
use crate::cycle::Run;
use crate::load::Ledger;
use crate::plan::{Plan, Plans};
use crate::report::Report;
use crate::world::World;

/// After so many cycles everything begins anew, with empty tables.
const CYCLES_OF_A_WORLD: u32 = 10;

/// Puts agents, collectors and ClickHouse under load and faults, and counts everything afterwards.
#[derive(Debug, Parser)]
#[command(name = "ordertrace-faults", version)]
pub(crate) struct Cli {
    /// Cycles of load, faults and counting
    #[arg(long, default_value_t = 200, conflicts_with = "cycle", conflicts_with = "away")]
    cycles: u32,
    /// What the load and the plan of the faults are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this cycle of the seed
    #[arg(long, value_name = "N", conflicts_with = "away")]
    cycle: Option<u32>,
    /// Faults in each cycle [default: one or two]
    #[arg(long, value_name = "N")]
    faults: Option<usize>,
    /// Instead of cycles: load with ClickHouse away for so many minutes
    #[arg(long, value_name = "MINUTES")]
    away: Option<f64>,
    /// An ordertrace to take instead of building one
    #[arg(long, value_name = "FILE")]
    ordertrace: Option<PathBuf>,
    /// Where logs and data go; those of a cycle that failed stay [default: the system's temporary folder]
    #[arg(long, value_name = "FOLDER")]
    work_dir: Option<PathBuf>,
}

impl Cli {
    /// Runs what was asked for.
    ///
    /// # Errors
    /// When something is not as it should be afterwards.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let root = self.work_dir.clone().unwrap_or_else(std::env::temp_dir);
        std::fs::create_dir_all(&root).with_context(|| format!("cannot make {}", root.display()))?;
        let root = std::path::absolute(root)?;
        let ordertrace = match &self.ordertrace {
            Some(path) => std::path::absolute(path)?,
            None => tokio::task::spawn_blocking(|| build("ordertrace", Profile::of_this_program())).await??,
        };
        if let Some(minutes) = self.away {
            return away::run(&root, &ordertrace, self.seed, minutes).await;
        }
        let plans = Plans::new(self.seed, self.faults);
        let plans: Vec<Plan> = match self.cycle {
            Some(cycle) => plans.skip(cycle as usize).take(1).collect(),
            None => plans.take(self.cycles as usize).collect(),
        };
        self.cycles(&root, &ordertrace, plans).await
    }

    async fn cycles(&self, root: &Path, ordertrace: &Path, plans: Vec<Plan>) -> anyhow::Result<()> {
        let mut report = Report::new(plans.len());
        let mut run: Option<Run> = None;
        for plan in plans {
            let current = match run.take() {
                Some(run) => run,
                None => start(root, ordertrace).await?,
            };
            let started = Instant::now();
            let outcome = current.cycle(self.seed, &plan).await;
            report.cycle(&plan, started.elapsed(), &current.ledger.sums());
            if let Err(error) = outcome {
                report.print();
                let kept = end(current, World::keep).await?;
                let faults = self.faults.map_or_else(String::new, |faults| format!(" --faults {faults}"));
                return Err(error.context(format!(
                    "cycle {} of seed {} failed ({plan}); run it again with --seed {} --cycle {}{faults}; \
                     its logs and data are in {}",
                    plan.cycle,
                    self.seed,
                    self.seed,
                    plan.cycle,
                    kept.display()
                )));
            }
            if (plan.cycle + 1).is_multiple_of(CYCLES_OF_A_WORLD) {
                report.world(&current.ledger.sums());
                end(current, World::stop).await?;
            } else {
                run = Some(current);
            }
        }
        if let Some(current) = run {
            report.world(&current.ledger.sums());
            end(current, World::stop).await?;
        }
        report.print();
        Ok(())
    }
}

async fn start(root: &Path, ordertrace: &Path) -> anyhow::Result<Run> {
    let world = World::start(root, ordertrace, true).await?;
    Ok(Run { world: Arc::new(world), ledger: Arc::new(Ledger::default()) })
}

async fn end<T>(run: Run, how: impl AsyncFnOnce(World) -> T) -> anyhow::Result<T> {
    let world = Arc::into_inner(run.world).context("somebody still uses what should end")?;
    Ok(how(world).await)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
