use std::io::Write;

use clap::Args;

use super::{Exit, Failure, Options, Output};
use crate::report::{Format, status_lines, status_markdown};

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {}

pub(super) async fn run<W: Write>(
    StatusArgs {}: StatusArgs,
    options: &Options,
    output: &mut Output<W>,
) -> Result<Exit, Failure> {
    options.range.refuse("status")?;
    let client = options.client()?;
    let status = client.status().await?;
    match options.format {
        Format::Pretty => {
            output.printer.print(&status_lines(&status, client.url(), &output.around), &mut output.out)?;
        }
        Format::Json => output.json(&status)?,
        Format::Markdown => {
            output.out.write_all(status_markdown(&status, client.url(), &output.around).as_bytes())?;
        }
    }
    Ok(Exit::Answered)
}
