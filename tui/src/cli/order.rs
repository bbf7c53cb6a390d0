use std::io::Write;

use clap::Args;
use ordertrace_api::journey::JourneyQuery;
use ordertrace_api::keys::KeyPattern;

use super::{Exit, Failure, Options, Output};
use crate::client::JourneyReply;
use crate::report::{Format, journey_lines, journey_markdown};

/// Arguments of `order`.
#[derive(Debug, Args)]
pub struct OrderArgs {
    /// VALUE, KIND:VALUE or KIND@SYSTEM:VALUE, such as A-10042, payment:pi_3Qx or order@erp:4711
    pub key: String,
    /// Tell all times by one clock, as far as calls that both sides reported tell how far clocks are apart
    #[arg(long)]
    pub aligned: bool,
}

pub(super) async fn run<W: Write>(args: OrderArgs, options: &Options, output: &mut Output<W>) -> Result<Exit, Failure> {
    options.range.refuse("order")?;
    args.key.parse::<KeyPattern>()?;
    let client = options.client()?;
    let journey = match client.journey(&args.key, JourneyQuery { aligned: args.aligned }).await? {
        JourneyReply::Found(journey) => journey,
        JourneyReply::Candidates(candidates) => return Err(Failure::Ambiguous { key: args.key, candidates }),
        JourneyReply::NotFound => {
            eprintln!("nothing found: no order at {} has the key {:?}", client.url(), args.key);
            return Ok(Exit::NothingFound);
        }
    };
    match options.format {
        Format::Pretty => output.printer.print(&journey_lines(&journey, &output.around), &mut output.out)?,
        Format::Json => output.json(&journey)?,
        Format::Markdown => output.out.write_all(journey_markdown(&journey, &output.around).as_bytes())?,
    }
    Ok(Exit::Answered)
}
