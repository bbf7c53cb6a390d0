//! The command line. Scripts depend on it: names, formats and exit codes are a contract.

mod alerts;
mod completions;
mod config;
mod exit;
mod explain;
mod findings;
mod flow;
mod hotspots;
mod log;
mod order;
mod orders;
mod rules;
mod serve;
mod status;
mod surface;
mod sync;
mod tail;
#[cfg(test)]
mod tests;
mod when;

use std::io::{IsTerminal, Write};

use clap::{Parser, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::app::TuiSettings;
use crate::client::Client;
use crate::report::{Format, Printer, Surroundings};
use crate::settings::Settings;
use crate::theme::ThemeChoice;

pub use exit::{Exit, Failure};
pub use log::log_to_file;
pub use serve::Serve;
pub use when::{Range, When};

/// Where a collector listens unless told otherwise.
pub const DEFAULT_COLLECTOR: &str = "http://127.0.0.1:4320";

/// Columns of a report that goes to no terminal.
const COLUMNS: usize = 120;

/// Trace one order through all of a shop's systems.
///
/// Without a command: the terminal UI.
#[derive(Debug, Parser)]
#[command(name = "ordertrace", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Task>,
    /// Options of all commands.
    #[command(flatten)]
    pub options: Options,
}

const EXIT_CODES: &str = "\
Exit codes: 0 answered, 1 nothing found, 2 wrong usage or a key of several orders, \
3 collector unreachable or refused.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Asks a collector.
    #[command(flatten)]
    Ask(Command),
    /// Runs a part.
    #[command(flatten)]
    Serve(Serve),
}

/// One-shot commands; each in a file of its own.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One order end to end, by any of its keys
    Order(order::OrderArgs),
    /// The orders list
    Orders(orders::OrdersArgs),
    /// What is wrong: missed deadlines, double charges, stuck orders, ...
    Findings(findings::FindingsArgs),
    /// What somebody must know: rules over findings, drifts and lags
    Alerts(alerts::AlertsArgs),
    /// When somebody is told
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// What orders must reach
    #[command(subcommand)]
    Flow(flow::FlowCommand),
    /// Which handoffs cost most: by time, latency, errors or retries
    Hotspots(hotspots::HotspotsArgs),
    /// What orders with one fault have in common, and who else is hit
    Explain(explain::ExplainArgs),
    /// How handoffs are authenticated and encrypted, and at which endpoints
    Surface(surface::SurfaceArgs),
    /// Whether copies of stock and prices agree, and how long changes take to arrive
    Sync(sync::SyncArgs),
    /// What happens, as it happens: milestones, failed handoffs, findings
    Tail(tail::TailArgs),
    /// What the collector accepted, stored and refused
    Status(status::StatusArgs),
    /// A completion script for a shell
    Completions(completions::CompletionsArgs),
}

/// Options of all commands.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// URL of the collector [default: http://127.0.0.1:4320]
    #[arg(long, global = true, value_name = "URL", env = "ORDERTRACE_COLLECTOR", hide_env_values = true)]
    pub collector: Option<String>,
    /// How to print an answer
    #[arg(long, global = true, value_enum, default_value_t)]
    pub format: Format,
    /// Which orders
    #[command(flatten)]
    pub range: Range,
    /// Colours [default: auto]
    #[arg(long, global = true, value_enum)]
    pub theme: Option<ThemeChoice>,
    /// Draw with ASCII only, as where the locale is not UTF-8
    #[arg(long, global = true)]
    pub ascii: bool,
}

impl Options {
    /// The options with the configuration file's settings where nothing else is given.
    #[must_use]
    pub fn over(mut self, settings: Settings) -> Self {
        self.collector = self.collector.or(settings.collector);
        self.theme = self.theme.or(settings.theme);
        self.ascii |= settings.ascii.unwrap_or(false);
        self
    }

    /// The collector's URL.
    pub fn collector(&self) -> &str {
        self.collector.as_deref().unwrap_or(DEFAULT_COLLECTOR)
    }

    /// What the terminal UI is started with.
    pub fn tui(&self) -> TuiSettings {
        TuiSettings {
            collector: self.collector().to_owned(),
            range: self.range,
            theme: self.theme.unwrap_or_default().from_environment(),
            ascii: self.ascii(),
        }
    }

    /// Whether to draw with ASCII only.
    pub fn ascii(&self) -> bool {
        self.ascii || !locale_is_utf8(|name| std::env::var(name).ok())
    }

    fn client(&self) -> Result<Client, Failure> {
        Ok(Client::new(self.collector())?)
    }
}

/// What a command prints to, and what its report depends on.
#[derive(Debug)]
pub struct Output<W> {
    /// Where answers go.
    pub out: W,
    /// How lines are printed.
    pub printer: Printer,
    /// Time, zone and width.
    pub around: Surroundings,
}

impl Output<std::io::StdoutLock<'static>> {
    /// Standard output. Colours only for a terminal.
    pub fn stdout(options: &Options) -> Self {
        let out = std::io::stdout().lock();
        let theme = out.is_terminal().then(|| options.theme.unwrap_or_default().from_environment());
        let columns = match crossterm::terminal::size() {
            Ok((columns, _)) if theme.is_some() && columns > 0 => usize::from(columns),
            _ => COLUMNS,
        };
        Self {
            out,
            printer: Printer { theme, ascii: options.ascii() },
            around: Surroundings { now: Timestamp::now(), zone: TimeZone::system(), columns },
        }
    }
}

impl<W: Write> Output<W> {
    /// The API's own JSON, indented.
    fn json(&mut self, answer: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(answer)?;
        writeln!(self.out, "{text}")?;
        Ok(())
    }
}

/// Runs a one-shot command.
///
/// # Errors
/// Everything but an answer or an empty one; see [`Failure::code`] for its exit code.
pub async fn run<W: Write>(command: Command, options: &Options, output: &mut Output<W>) -> Result<Exit, Failure> {
    match command {
        Command::Order(args) => order::run(args, options, output).await,
        Command::Orders(args) => orders::run(args, options, output).await,
        Command::Findings(args) => findings::run(args, options, output).await,
        Command::Alerts(args) => alerts::run(args, options, output).await,
        Command::Rules(command) => rules::run(command, options, output).await,
        Command::Flow(command) => flow::run(command, options, output).await,
        Command::Hotspots(args) => hotspots::run(args, options, output).await,
        Command::Explain(args) => explain::run(args, options, output).await,
        Command::Surface(args) => surface::run(args, options, output).await,
        Command::Sync(args) => sync::run(args, options, output).await,
        Command::Tail(args) => tail::run(args, options, output).await,
        Command::Status(args) => status::run(args, options, output).await,
        Command::Completions(args) => completions::run(args, options, output),
    }
}

/// The first of these that is set decides (POSIX 8.2); none set means the "C" locale.
fn locale_is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    // Containers rarely set any, and their terminals are UTF-8 nearly always.
    set.is_none_or(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    })
}
