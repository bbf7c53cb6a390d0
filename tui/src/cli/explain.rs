use std::io::Write;
use std::str::FromStr;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args};
use jiff::{Span, SpanRelativeTo};
use ordertrace_api::explain::ExplainQuery;
use ordertrace_api::finding::FindingKind;
use ordertrace_api::journey::JourneyState;
use ordertrace_api::keys::KeyPattern;

use super::{Exit, Failure, Options, Output};
use crate::client::ExplainReply;
use crate::report::{Format, explanation_lines, explanation_markdown};

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("symptom").required(true).multiple(true).args(["key", "finding", "state", "slower_than", "to"])),
    after_help = "Without --since: orders of the last day, or of the day before --until. What is over-represented need not \
                  be the cause: it is where to look first."
)]
pub struct ExplainArgs {
    /// Orders with the symptom of this one: its worst finding, else what failed last
    #[arg(value_name = "KEY", conflicts_with_all = ["finding", "state", "slower_than", "to"])]
    pub key: Option<String>,
    /// Orders with a finding of this kind
    #[arg(long, value_name = "KIND", conflicts_with_all = ["state", "slower_than", "to"],
        value_parser = PossibleValuesParser::new(FindingKind::ALL.map(FindingKind::name)))]
    pub finding: Option<String>,
    /// Orders that stand so
    #[arg(long, value_enum, conflicts_with_all = ["slower_than", "to"])]
    pub state: Option<StateChoice>,
    /// Orders that took longer (2s, 3h); with --to, orders of which such a handoff did
    #[arg(long, value_name = "DURATION")]
    pub slower_than: Option<Length>,
    /// Orders with a failed handoff to this system, against others that had it
    #[arg(long, value_name = "SYSTEM")]
    pub to: Option<String>,
    /// Only handoffs from this system
    #[arg(long, value_name = "SYSTEM", requires = "to")]
    pub from: Option<String>,
    /// Only handoffs in which this was asked
    #[arg(long, value_name = "TEXT", requires = "to")]
    pub operation: Option<String>,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum StateChoice {
    /// The last attempt of a handoff failed
    Failed,
    /// Under way
    Open,
    /// Nothing happens any more: the finding stuck_order
    Stuck,
    /// At its end
    Done,
}

/// A length of time, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length(u64);

/// A text that is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a length of time as 200ms, 2s, 15m or 3h")]
pub struct LengthError;

impl FromStr for Length {
    type Err = LengthError;

    fn from_str(text: &str) -> Result<Self, LengthError> {
        let span: Span = text.parse().map_err(|_| LengthError)?;
        let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| LengthError)?;
        u64::try_from(length.as_millis()).map(Self).map_err(|_| LengthError)
    }
}

impl ExplainArgs {
    fn query(self) -> ExplainQuery {
        let (state, stuck) = match self.state {
            Some(StateChoice::Failed) => (Some(JourneyState::Failed), None),
            Some(StateChoice::Open) => (Some(JourneyState::Open), None),
            Some(StateChoice::Done) => (Some(JourneyState::Done), None),
            Some(StateChoice::Stuck) => (None, Some(FindingKind::StuckOrder)),
            None => (None, None),
        };
        ExplainQuery {
            order: self.key,
            finding: self.finding.as_deref().and_then(FindingKind::of_name).or(stuck),
            state,
            slower_than_ms: self.slower_than.map(|length| length.0),
            from: self.from,
            to: self.to,
            operation: self.operation,
            since: None,
            until: None,
        }
    }
}

pub(super) async fn run<W: Write>(
    args: ExplainArgs,
    options: &Options,
    output: &mut Output<W>,
) -> Result<Exit, Failure> {
    if let Some(key) = &args.key {
        key.parse::<KeyPattern>()?;
    }
    let client = options.client()?;
    let query = ExplainQuery {
        since: options.range.since.map(|since| since.resolve(output.around.now)),
        until: options.range.until.map(|until| until.resolve(output.around.now)),
        ..args.query()
    };
    let explanation = match client.explain(&query).await? {
        ExplainReply::Found(explanation) => explanation,
        ExplainReply::Candidates(candidates) => {
            return Err(Failure::Ambiguous { key: query.order.unwrap_or_default(), candidates });
        }
        ExplainReply::NotFound => {
            let key = query.order.unwrap_or_default();
            eprintln!("nothing found: no order has the key {key} at {}", client.url());
            return Ok(Exit::NothingFound);
        }
    };
    let none = explanation.compared.set == 0;
    match options.format {
        Format::Json => output.json(&explanation)?,
        _ if none => eprintln!("nothing found: no such order at {}", client.url()),
        Format::Pretty => output.printer.print(&explanation_lines(&explanation, &output.around), &mut output.out)?,
        Format::Markdown => output.out.write_all(explanation_markdown(&explanation, &output.around).as_bytes())?,
    }
    Ok(if none { Exit::NothingFound } else { Exit::Answered })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Cli, Command, Task};
    use super::*;

    fn query(line: &str) -> Result<ExplainQuery, clap::Error> {
        let cli = Cli::try_parse_from(["ordertrace", "explain"].into_iter().chain(line.split_whitespace()))?;
        match cli.command {
            Some(Task::Ask(Command::Explain(args))) => Ok(args.query()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_symptom_is_asked_for() {
        let none = ExplainQuery::default();
        assert_eq!(query("A-1").unwrap(), ExplainQuery { order: Some("A-1".to_owned()), ..none.clone() });
        let stuck = ExplainQuery { finding: Some(FindingKind::StuckOrder), ..none.clone() };
        assert_eq!(query("--state stuck").unwrap(), stuck);
        assert_eq!(query("--finding stuck_order").unwrap(), stuck);
        assert_eq!(
            query("--slower-than 1m30s").unwrap(),
            ExplainQuery { slower_than_ms: Some(90_000), ..none.clone() }
        );
        let slow = ExplainQuery { slower_than_ms: Some(200), to: Some("erp".to_owned()), ..none };
        assert_eq!(query("--to erp --slower-than 200ms").unwrap(), slow);
        for line in
            ["", "--from oms", "A-1 --state open", "--finding none", "--slower-than -2s", "--state open --to erp"]
        {
            assert!(query(line).is_err(), "{line}");
        }
    }
}
