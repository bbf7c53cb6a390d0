use std::io::Write;

use clap::Args;
use ordertrace_api::hotspot::{Against, HotspotsQuery};

use super::{Exit, Failure, Options, Output};
use crate::hotspot_table::{HotspotBy, HotspotSort, ranked};
use crate::report::{Format, hotspots_lines, hotspots_markdown};

/// Arguments of `hotspots`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without --since: the last hour, or the hour before --until. Ranges are widened to whole minutes."
)]
pub struct HotspotsArgs {
    /// What a line is; JSON has both
    #[arg(long, value_enum, default_value_t)]
    pub by: HotspotBy,
    /// What comes first
    #[arg(long, value_enum, default_value_t)]
    pub sort: HotspotSort,
    /// Compare with the same time earlier
    #[arg(long, value_enum)]
    pub against: Option<AgainstChoice>,
    /// At most that many
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=2000))]
    pub limit: u32,
}

/// What to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum AgainstChoice {
    /// A day earlier
    Day,
    /// A week earlier
    Week,
}

impl From<AgainstChoice> for Against {
    fn from(choice: AgainstChoice) -> Self {
        match choice {
            AgainstChoice::Day => Self::Day,
            AgainstChoice::Week => Self::Week,
        }
    }
}

pub(super) async fn run<W: Write>(
    args: HotspotsArgs,
    options: &Options,
    output: &mut Output<W>,
) -> Result<Exit, Failure> {
    let client = options.client()?;
    let (since, until) = options.range.resolve(output.around.now)?;
    let query = HotspotsQuery { since, until, against: args.against.map(Against::from), slices: None };
    let reply = ranked(client.hotspots(&query).await?, args.sort, args.limit as usize);
    let Output { out, printer, around } = output;
    match options.format {
        Format::Json => output.json(&reply)?,
        _ if reply.handoffs.is_empty() => {
            eprintln!(
                "nothing found: no handoff between {} and {} at {}",
                reply.range.since,
                reply.range.until,
                client.url()
            );
        }
        Format::Pretty => printer.print(&hotspots_lines(&reply, args.by, args.sort, around), out)?,
        Format::Markdown => out.write_all(hotspots_markdown(&reply, args.by, args.sort, around).as_bytes())?,
    }
    Ok(if reply.handoffs.is_empty() { Exit::NothingFound } else { Exit::Answered })
}
