use std::collections::HashSet;
use std::io::Write;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use ordertrace_api::tail::{TailEntry, TailKind, TailPage, TailQuery};

use super::{Exit, Failure, Options, Output};
use crate::client::ClientError;
use crate::report::{Format, tail_line, tail_markdown};

/// Time between questions.
const INTERVAL: Duration = Duration::from_secs(1);

/// Entries remembered, twice: those of an order with news come again.
const REMEMBERED: usize = 50_000;

/// Arguments of `tail`.
#[derive(Debug, Args)]
pub struct TailArgs {
    /// Only this; may be given several times
    #[arg(long, value_enum, value_name = "WHAT")]
    pub only: Vec<Only>,
    /// Only of this system; may be given several times
    #[arg(long, value_name = "NAME")]
    pub system: Vec<String>,
}

/// What to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Only {
    /// Milestones that orders reach
    Milestones,
    /// Attempts of handoffs that failed
    Failures,
    /// Findings, made and ended
    Findings,
}

impl TailArgs {
    fn wants(&self, entry: &TailEntry) -> bool {
        let kind = match entry.kind {
            TailKind::Milestone => Only::Milestones,
            TailKind::Failure => Only::Failures,
            TailKind::Finding | TailKind::FindingEnded => Only::Findings,
        };
        (self.only.is_empty() || self.only.contains(&kind))
            && (self.system.is_empty() || self.system.contains(&entry.system))
    }
}

/// Which entries were shown before.
#[derive(Debug, Default)]
struct Shown {
    lately: HashSet<String>,
    before: HashSet<String>,
}

impl Shown {
    /// Whether it is the first time, as far as is remembered.
    fn is_new(&mut self, id: &str) -> bool {
        if self.lately.contains(id) {
            return false;
        }
        if self.lately.len() >= REMEMBERED {
            self.before = std::mem::take(&mut self.lately);
        }
        self.lately.insert(id.to_owned());
        !self.before.contains(id)
    }
}

/// Follows what happens until it is interrupted.
pub(super) async fn run<W: Write>(args: TailArgs, options: &Options, output: &mut Output<W>) -> Result<Exit, Failure> {
    if options.range.until.is_some() {
        return Err(Failure::Until);
    }
    let client = options.client()?;
    let now = output.around.now;
    // What happened before the oldest possible time did not happen.
    let since =
        options.range.since.map(|since| since.resolve(now).max(Timestamp::UNIX_EPOCH).as_millisecond().to_string());
    let mut query = TailQuery { after: since };
    let mut page = client.tail(&query).await?;
    let mut shown = Shown::default();
    loop {
        show(&page, &args, options.format, &mut shown, output)?;
        query.after = Some(page.cursor.clone());
        if !page.more {
            tokio::time::sleep(INTERVAL).await;
        }
        let mut away = false;
        page = loop {
            match client.tail(&query).await {
                Ok(page) => break page,
                Err(error @ (ClientError::Unreachable { .. } | ClientError::Refused { status: 503, .. })) => {
                    if !std::mem::replace(&mut away, true) {
                        eprintln!("{}: {}; trying again", client.url(), error.reason());
                    }
                }
                Err(error) => return Err(error.into()),
            }
            tokio::time::sleep(INTERVAL).await;
        };
    }
}

fn show<W: Write>(
    page: &TailPage,
    args: &TailArgs,
    format: Format,
    shown: &mut Shown,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    for entry in page.entries.iter().filter(|entry| args.wants(entry)) {
        if !shown.is_new(&entry.id) {
            continue;
        }
        match format {
            Format::Json => {
                let text = serde_json::to_string(entry)?;
                writeln!(output.out, "{text}")?;
            }
            Format::Pretty => {
                let line = tail_line(entry, &output.around);
                // A file has room for all of it.
                let line = if output.printer.theme.is_some() { line.cut(output.around.columns) } else { line };
                output.printer.print(&[line], &mut output.out)?;
            }
            Format::Markdown => {
                output.out.write_all(tail_markdown(entry, &output.around).as_bytes())?;
            }
        }
    }
    output.out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shown_is_not_shown_again() {
        let mut shown = Shown::default();
        assert!(shown.is_new("a"));
        assert!(!shown.is_new("a"));
        // Two generations are remembered, no more.
        for number in 0..REMEMBERED {
            assert!(shown.is_new(&number.to_string()));
        }
        assert!(!shown.is_new("a"));
        for number in 0..2 * REMEMBERED {
            assert!(shown.is_new(&format!("later {number}")));
        }
        assert!(shown.is_new("a"));
    }
}
