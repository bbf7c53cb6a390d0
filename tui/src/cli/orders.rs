use std::io::Write;

use clap::Args;
use ordertrace_api::keys::KeyPattern;
use ordertrace_api::order::OrdersQuery;

use super::{Exit, Failure, Options, Output};
use crate::report::{Format, orders_lines, orders_markdown};

/// Arguments of `orders`.
#[derive(Debug, Args)]
pub struct OrdersArgs {
    /// Only orders with a key that starts with this, as VALUE or KIND:VALUE
    #[arg(long, value_name = "KEY")]
    pub search: Option<String>,
    /// At most that many, newest activity first
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
}

pub(super) async fn run<W: Write>(
    args: OrdersArgs,
    options: &Options,
    output: &mut Output<W>,
) -> Result<Exit, Failure> {
    if let Some(search) = &args.search {
        search.parse::<KeyPattern>()?;
    }
    let client = options.client()?;
    let query = OrdersQuery {
        since: options.range.since.map(|since| since.resolve(output.around.now)),
        until: options.range.until.map(|until| until.resolve(output.around.now)),
        search: args.search,
        limit: Some(args.limit),
    };
    let page = client.orders(&query).await?;
    match options.format {
        Format::Json => output.json(&page)?,
        _ if page.orders.is_empty() => eprintln!("nothing found: no such orders at {}", client.url()),
        Format::Pretty => output.printer.print(&orders_lines(&page, &output.around), &mut output.out)?,
        Format::Markdown => output.out.write_all(orders_markdown(&page, &output.around).as_bytes())?,
    }
    Ok(if page.orders.is_empty() { Exit::NothingFound } else { Exit::Answered })
}
