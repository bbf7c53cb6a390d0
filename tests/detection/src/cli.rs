//! The command line.

use clap::{Parser, Subcommand};

use crate::findings::FindingsRun;
use crate::sync::SyncRun;

/// Lets days of a simulated shop pass through a collector and compares what it says with the truth.
#[derive(Debug, Parser)]
#[command(name = "ordertrace-detection", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Orders: findings beside the truth
    Findings(FindingsRun),
    /// Stock and prices: what drifts, lags and alerts, beside the truth
    Sync(SyncRun),
}

impl Cli {
    /// Runs all seeds; whether everything agreed.
    ///
    /// # Errors
    /// When something does not work.
    pub(crate) async fn run(&self) -> anyhow::Result<bool> {
        match &self.what {
            What::Findings(run) => run.run().await,
            What::Sync(run) => run.run().await,
        }
    }
}
