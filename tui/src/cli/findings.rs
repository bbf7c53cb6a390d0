use std::io::Write;

use clap::Args;
use clap::builder::PossibleValuesParser;
use ordertrace_api::finding::{FindingKind, FindingState, FindingsQuery, Severity};

use super::{Exit, Failure, Options, Output};
use crate::findings_table::{behind, progress_text};
use crate::report::{Format, findings_lines, findings_markdown};

/// Arguments of `findings`.
#[derive(Debug, Args)]
pub struct FindingsArgs {
    /// Also those that ceased to hold, since --since or ever
    #[arg(long)]
    pub all: bool,
    /// Only findings of this kind
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(FindingKind::ALL.map(FindingKind::name)))]
    pub kind: Option<String>,
    /// Only findings so bad or worse
    #[arg(long, value_enum)]
    pub severity: Option<SeverityChoice>,
    /// At most that many, the worst first
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SeverityChoice {
    /// Good to know
    Info,
    /// Somebody should look at it today
    Warning,
    /// Money or goods are being lost
    Critical,
}

impl From<SeverityChoice> for Severity {
    fn from(choice: SeverityChoice) -> Self {
        match choice {
            SeverityChoice::Info => Self::Info,
            SeverityChoice::Warning => Self::Warning,
            SeverityChoice::Critical => Self::Critical,
        }
    }
}

pub(super) async fn run<W: Write>(
    args: FindingsArgs,
    options: &Options,
    output: &mut Output<W>,
) -> Result<Exit, Failure> {
    let client = options.client()?;
    let query = FindingsQuery {
        since: options.range.since.map(|since| since.resolve(output.around.now)),
        until: options.range.until.map(|until| until.resolve(output.around.now)),
        state: (!args.all).then_some(FindingState::Open),
        kind: args.kind.as_deref().and_then(FindingKind::of_name),
        severity: args.severity.map(Severity::from),
        limit: Some(args.limit),
    };
    let page = client.findings(&query).await?;
    match options.format {
        Format::Json => output.json(&page)?,
        _ if page.findings.is_empty() => eprintln!("nothing found: nothing of that kind is wrong at {}", client.url()),
        Format::Pretty => output.printer.print(&findings_lines(&page, &output.around), &mut output.out)?,
        Format::Markdown => output.out.write_all(findings_markdown(&page, &output.around).as_bytes())?,
    }
    if behind(&page.progress, output.around.now).is_some() {
        eprintln!("{}", progress_text(&page.progress, output.around.now, &output.around.zone));
    }
    Ok(if page.findings.is_empty() { Exit::NothingFound } else { Exit::Answered })
}
