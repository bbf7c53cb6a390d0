use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use ordertrace_api::replay::ReplayQuery;
use ordertrace_collector::alert::Rules;
use ordertrace_collector::settings::{ReplaySettings, Settings};
use ordertrace_collector::sync::Pairs;
use ordertrace_config::Duration;

use super::{Exit, Failure, Options, Output};
use crate::report::{Format, replay_lines, replay_markdown};
use crate::text::plain;

/// Arguments of `rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Holds the rules of a file against what is recorded: what they would have told, and when
    Test(TestArgs),
}

/// Arguments of `rules test`.
#[derive(Debug, Args)]
#[command(
    after_help = "Of the last hour, or between --since and --until. No alert is written and nobody is told. What holds at \
                  the beginning already begins there."
)]
pub struct TestArgs {
    /// The collector's configuration file, of which sync and alerts are read
    #[arg(short, long, value_name = "FILE", env = "ORDERTRACE_COLLECTOR_CONFIG")]
    pub config: PathBuf,
    /// Only this rule
    #[arg(long, value_name = "NAME")]
    pub rule: Option<String>,
    /// From one look to the next [default: alerts.every of the file]
    #[arg(long, value_name = "DURATION", value_parser = step)]
    pub step: Option<Duration>,
}

pub(super) async fn run<W: Write>(
    command: RulesCommand,
    options: &Options,
    output: &mut Output<W>,
) -> Result<Exit, Failure> {
    let RulesCommand::Test(args) = command;
    let settings = settings(&args)?;
    let client = options.client()?;
    let (since, until) = options.range.resolve(output.around.now)?;
    let step_s = args.step.map(|step| u32::try_from(step.get().as_secs()).unwrap_or(u32::MAX));
    let reply = client.replay(&ReplayQuery { since, until, step_s, rule: args.rule }, &settings).await?;
    let Output { out, printer, around } = output;
    match options.format {
        Format::Json => output.json(&reply)?,
        _ if reply.alerts.is_empty() => {
            let (since, until) = (around.date_clock(reply.since), around.date_clock(reply.until));
            eprintln!("nothing found: of {} rules none would have fired from {since} to {until}", reply.rules);
        }
        Format::Pretty => printer.print(&replay_lines(&reply, around), out)?,
        Format::Markdown => out.write_all(replay_markdown(&reply, around).as_bytes())?,
    }
    for note in &reply.notes {
        eprintln!("{}", plain(note));
    }
    Ok(if reply.alerts.is_empty() { Exit::NothingFound } else { Exit::Answered })
}

/// Those of the file, checked as when a collector starts with it.
fn settings(args: &TestArgs) -> Result<ReplaySettings, Failure> {
    let unusable = |reason: String| Failure::File { path: args.config.clone(), reason };
    let settings = Settings::load(&args.config).map_err(|error| Failure::Settings(Box::new(error)))?;
    Pairs::new(&settings.sync).map_err(|error| unusable(error.to_string()))?;
    let rules = Rules::new(&settings.alerts, &settings.sync).map_err(|error| unusable(error.to_string()))?;
    if rules.is_empty() {
        return Err(unusable("there are no rules in it; write some under alerts.rules".to_owned()));
    }
    if let Some(name) = &args.rule {
        rules.only(name).map_err(|error| unusable(error.to_string()))?;
    }
    Ok(settings.into())
}

fn step(text: &str) -> Result<Duration, String> {
    let step: Duration = text.parse().map_err(|error: ordertrace_config::DurationError| error.to_string())?;
    let is_whole = step.get().subsec_nanos() == 0;
    if is_whole && (Duration::from_secs(1)..=Duration::from_secs(3_600)).contains(&step) {
        return Ok(step);
    }
    Err("a step is 1s to 1h, in whole seconds".to_owned())
}
