//! What was measured: medians over the rounds, and ratios of the product to each peer.

mod comparison;
mod machine;
mod table;

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

pub(crate) use comparison::{Comparison, Figure};
pub(crate) use machine::Machine;

/// How to print a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Pretty,
    /// For scripts; has every round
    Json,
    /// For docs/performance.md
    Markdown,
}

/// All comparisons of one run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Where and when.
    pub(crate) machine: Machine,
    /// The command that gives these figures.
    pub(crate) command: String,
    /// In the order they ran.
    pub(crate) comparisons: Vec<Comparison>,
}

impl Report {
    /// Prints it to standard output.
    pub(crate) fn print(&self, format: Format) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match format {
            Format::Json => {
                serde_json::to_writer_pretty(&mut out, self)?;
                writeln!(out)?;
            }
            Format::Pretty | Format::Markdown => {
                let bullet = if format == Format::Markdown { "- " } else { "" };
                writeln!(out, "{bullet}{}", self.machine)?;
                let quote = if format == Format::Markdown { "`" } else { "" };
                writeln!(out, "{bullet}command: {quote}{}{quote}", self.command)?;
                for comparison in &self.comparisons {
                    writeln!(out, "\n{}", comparison.text(format))?;
                }
            }
        }
        Ok(())
    }
}
