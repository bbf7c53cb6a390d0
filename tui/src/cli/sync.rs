use std::io::Write;

use clap::Args;
use ordertrace_api::history::HistoryQuery;
use ordertrace_api::lines::{SkuOrders, SkuOrdersQuery};
use ordertrace_api::sync::{SyncQuery, SyncReply};
use serde::Serialize;

use super::{Exit, Failure, Options, Output};
use crate::report::{Format, history_lines, sku_orders_lines, sku_orders_markdown, sync_lines, sync_markdown};
use crate::sync_table::is_sku;

/// The collector tells of so many orders at once.
const ORDERS: u32 = 500;

/// Arguments of `sync`.
#[derive(Debug, Args)]
#[command(
    after_help = "Lags are of changes that arrived in the last hour, or between --since and --until; drifts are those of \
                  now, and so are ages of feeds and search indexes. What is compared stands in the collector's configuration under sync."
)]
pub struct SyncArgs {
    /// Only drifts of this SKU, or the age of this feed or index, what each system said of it, and the orders that
    /// touched it: in the last day, or between --since and --until
    #[arg(long, visible_alias = "feed")]
    pub sku: Option<String>,
    /// At most that many drifts; as many orders, but 500 of them at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
}

/// What is said of one SKU, for scripts: the API's own answers.
#[derive(Debug, Serialize)]
struct OfSku<'r> {
    #[serde(flatten)]
    reply: &'r SyncReply,
    /// The orders that touched it.
    orders: SkuOrders,
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
    let SyncQuery { since, until, .. } = query;
    let orders_of =
        |sku: &String| SkuOrdersQuery { sku: sku.clone(), since, until, limit: Some(args.limit.min(ORDERS)) };
    let Output { out, printer, around } = output;
    match (options.format, &args.sku) {
        (Format::Json, None) => output.json(&reply)?,
        (Format::Json, Some(sku)) => {
            let orders = client.sku_orders(&orders_of(sku)).await?;
            output.json(&OfSku { reply: &reply, orders })?;
        }
        _ if is_empty => {
            eprintln!(
                "nothing found: {} compares nothing, and knows of no feed or search index; say what must agree under \
                 sync in its configuration",
                client.url()
            );
        }
        (Format::Pretty, sku) => {
            printer.print(&sync_lines(&reply, around), out)?;
            if let Some(subject) = sku {
                let asked = HistoryQuery { subject: subject.clone(), since, until, ..Default::default() };
                let history = client.history(&asked).await?;
                let orders = match is_sku(&history) {
                    true => Some(client.sku_orders(&orders_of(subject)).await?),
                    false => None,
                };
                let touched = orders.as_ref().map_or_else(<_>::default, |orders| orders.orders.as_slice());
                writeln!(out)?;
                printer.print(&history_lines(&history, touched, &reply.drifts, around), out)?;
                if let Some(orders) = &orders {
                    writeln!(out)?;
                    printer.print(&sku_orders_lines(orders, around), out)?;
                }
            }
        }
        (Format::Markdown, sku) => {
            out.write_all(sync_markdown(&reply, around).as_bytes())?;
            if let Some(sku) = sku {
                let orders = client.sku_orders(&orders_of(sku)).await?;
                out.write_all(sku_orders_markdown(&orders, around).as_bytes())?;
            }
        }
    }
    Ok(if is_empty { Exit::NothingFound } else { Exit::Answered })
}
