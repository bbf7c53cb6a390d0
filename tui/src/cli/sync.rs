use std::io::Write;

use clap::Args;
use ordertrace_api::history::HistoryQuery;
use ordertrace_api::sync::SyncQuery;

use super::{Exit, Failure, Options, Output};
use crate::report::{Format, history_lines, sync_lines, sync_markdown};

/// Arguments of `sync`.
#[derive(Debug, Args)]
#[command(
    after_help = "Lags are of changes that arrived in the last hour, or between --since and --until; drifts are those of \
                  now, and so are ages of feeds and search indexes. What is compared stands in the collector's configuration under sync."
)]
pub struct SyncArgs {
    /// Only drifts of this SKU, or the age of this feed or index, and what each system said of it: in the last day, or
    /// between --since and --until
    #[arg(long, visible_alias = "feed")]
    pub sku: Option<String>,
    /// At most that many drifts
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
}

pub(super) async fn run<W: Write>(args: SyncArgs, options: &Options, output: &mut Output<W>) -> Result<Exit, Failure> {
    let client = options.client()?;
    let query = SyncQuery {
        since: options.range.since.map(|since| since.resolve(output.around.now)),
        until: options.range.until.map(|until| until.resolve(output.around.now)),
        subject: args.sku.clone(),
        limit: Some(args.limit),
    };
    let reply = client.sync(&query).await?;
    let is_empty = reply.lags.is_empty() && reply.ages.is_empty() && reply.ids.examples.is_empty();
    let Output { out, printer, around } = output;
    match options.format {
        Format::Json => output.json(&reply)?,
        _ if is_empty => {
            eprintln!(
                "nothing found: {} compares nothing, and knows of no feed or search index; say what must agree under \
                 sync in its configuration",
                client.url()
            );
        }
        Format::Pretty => {
            printer.print(&sync_lines(&reply, around), out)?;
            if let Some(subject) = args.sku {
                let SyncQuery { since, until, .. } = query;
                let history = client.history(&HistoryQuery { subject, since, until, ..Default::default() }).await?;
                writeln!(out)?;
                printer.print(&history_lines(&history, &reply.drifts, around), out)?;
            }
        }
        Format::Markdown => out.write_all(sync_markdown(&reply, around).as_bytes())?,
    }
    Ok(if is_empty { Exit::NothingFound } else { Exit::Answered })
}
