use std::io::Write;

use clap::{Args, Subcommand};
use ordertrace_api::flow::LearnQuery;

use super::{Exit, Failure, Options, Output};
use crate::report::Format;

/// Arguments of `flow`.
#[derive(Debug, Subcommand)]
pub enum FlowCommand {
    /// Proposes milestones, order and deadlines from what orders did, as a configuration file
    Learn(LearnArgs),
}

/// Arguments of `flow learn`.
#[derive(Debug, Args)]
pub struct LearnArgs {
    /// The latest so many journeys
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub journeys: u32,
}

pub(super) async fn run<W: Write>(
    command: FlowCommand,
    options: &Options,
    output: &mut Output<W>,
) -> Result<Exit, Failure> {
    let FlowCommand::Learn(args) = command;
    let client = options.client()?;
    let query = LearnQuery {
        since: options.range.since.map(|since| since.resolve(output.around.now)),
        until: options.range.until.map(|until| until.resolve(output.around.now)),
        journeys: Some(args.journeys),
    };
    let learned = client.learned_flow(&query).await?;
    match options.format {
        Format::Json => output.json(&learned)?,
        _ if learned.journeys == 0 => eprintln!("nothing found: no journey reached a milestone at {}", client.url()),
        // A configuration file, whoever reads it.
        Format::Pretty | Format::Markdown => output.out.write_all(learned.yaml.as_bytes())?,
    }
    Ok(if learned.journeys == 0 { Exit::NothingFound } else { Exit::Answered })
}
