use std::io::Write;

use clap::Args;
use ordertrace_api::surface::SurfaceQuery;

use super::{Exit, Failure, Options, Output};
use crate::report::{Format, surface_lines, surface_markdown};

/// Arguments of `surface`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without --since: the last week, or the week before --until. Ranges are widened to whole hours. \
                  \"?\" is what no observer tells: the agent's proxy tells most."
)]
pub struct SurfaceArgs {
    /// At most that many lines
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=2000))]
    pub limit: u32,
}

pub(super) async fn run<W: Write>(
    args: SurfaceArgs,
    options: &Options,
    output: &mut Output<W>,
) -> Result<Exit, Failure> {
    let client = options.client()?;
    let query = SurfaceQuery {
        since: options.range.since.map(|since| since.resolve(output.around.now)),
        until: options.range.until.map(|until| until.resolve(output.around.now)),
    };
    let mut reply = client.surface(&query).await?;
    reply.more |= reply.rows.len() > args.limit as usize;
    reply.rows.truncate(args.limit as usize);
    let Output { out, printer, around } = output;
    match options.format {
        Format::Json => output.json(&reply)?,
        _ if reply.rows.is_empty() => {
            let range = reply.range;
            eprintln!("nothing found: no handoff between {} and {} at {}", range.since, range.until, client.url());
        }
        Format::Pretty => printer.print(&surface_lines(&reply, around), out)?,
        Format::Markdown => out.write_all(surface_markdown(&reply, around).as_bytes())?,
    }
    Ok(if reply.rows.is_empty() { Exit::NothingFound } else { Exit::Answered })
}
