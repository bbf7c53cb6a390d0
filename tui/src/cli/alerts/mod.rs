mod action;

use std::io::Write;

use clap::Args;
use clap::builder::PossibleValuesParser;
use ordertrace_api::alert::{AlertState, AlertsQuery};

use action::AlertAction;

use super::{Exit, Failure, Options, Output};
use crate::report::{Format, alerts_lines, alerts_markdown};
use crate::text::plain;

/// Arguments of `alerts`.
#[derive(Debug, Args)]
#[command(
    after_help = "Rules, and who is told, stand in the collector's configuration under alerts. With --since: also those \
                        that were resolved since then.",
    args_conflicts_with_subcommands = true
)]
pub struct AlertsArgs {
    /// What to do about one of them, instead of listing them.
    #[command(subcommand)]
    pub action: Option<AlertAction>,
    /// Only alerts of this state [default: pending and firing, with --since all]
    #[arg(long, value_name = "STATE", value_parser = PossibleValuesParser::new(AlertState::ALL.map(AlertState::name)))]
    pub state: Option<String>,
    /// Only alerts of this rule
    #[arg(long, value_name = "NAME")]
    pub rule: Option<String>,
    /// At most that many, the worst first
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
}

pub(super) async fn run<W: Write>(
    args: AlertsArgs,
    options: &Options,
    output: &mut Output<W>,
) -> Result<Exit, Failure> {
    if let Some(action) = args.action {
        return action::run(action, options, output).await;
    }
    let client = options.client()?;
    let (since, until) = options.range.resolve(output.around.now)?;
    let state = args.state.as_deref().and_then(AlertState::parse);
    let query = AlertsQuery {
        // What is over since now is none: those that are active remain.
        since: since.or_else(|| state.is_none().then_some(output.around.now)),
        until,
        state,
        rule: args.rule,
        id: None,
        limit: Some(args.limit),
    };
    let reply = client.alerts(&query).await?;
    match options.format {
        Format::Json => output.json(&reply)?,
        _ if reply.alerts.is_empty() && reply.rules == 0 => {
            eprintln!("nothing found: {} has no rules; write some under alerts in its configuration", client.url());
        }
        _ if reply.alerts.is_empty() => eprintln!("nothing found: no such alert at {}", client.url()),
        Format::Pretty => output.printer.print(&alerts_lines(&reply, &output.around), &mut output.out)?,
        Format::Markdown => output.out.write_all(alerts_markdown(&reply, &output.around).as_bytes())?,
    }
    for failure in &reply.failures {
        let since = output.around.date_clock(failure.since);
        let (rule, error) = (plain(&failure.rule), plain(&failure.error));
        eprintln!("{rule} cannot be evaluated since {since}, and its alerts stay as they are: {error}");
    }
    for receiver in reply.receivers.iter().filter(|receiver| receiver.error.is_some()) {
        let error = receiver.error.as_deref().unwrap_or_default();
        eprintln!("{} cannot be told: {}; {} messages wait", receiver.name, plain(error), receiver.waiting);
    }
    Ok(if reply.alerts.is_empty() { Exit::NothingFound } else { Exit::Answered })
}
