//! What somebody does about one alert.

use std::io::Write;

use clap::{Args, Subcommand};
use ordertrace_api::alert::{AcknowledgeRequest, Alert, AlertsQuery, SilenceRequest};
use ordertrace_config::Duration;

use super::super::{Exit, Failure, Options, Output};
use crate::client::Client;
use crate::report::Format;
use crate::text::plain;

/// What to do about an alert.
#[derive(Debug, Subcommand)]
pub enum AlertAction {
    /// Says that you take care of an alert; it goes on to fire
    Ack(AckArgs),
    /// Has every Alertmanager among the receivers tell nobody of an alert for a time
    Silence(SilenceArgs),
}

/// Which alert, and who cares.
#[derive(Debug, Args)]
pub struct ByArgs {
    /// The alert's id, or its beginning, as the list shows it
    #[arg(value_parser = id)]
    pub id: String,
    /// Who you are
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true)]
    pub who: String,
}

/// Arguments of `alerts ack`.
#[derive(Debug, Args)]
pub struct AckArgs {
    /// Which alert, and who cares.
    #[command(flatten)]
    pub by: ByArgs,
    /// What others should know
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub note: String,
}

/// Arguments of `alerts silence`.
#[derive(Debug, Args)]
pub struct SilenceArgs {
    /// Which alert, and who cares.
    #[command(flatten)]
    pub by: ByArgs,
    /// For how long: 30m, 1h, 2d; at most 30d
    #[arg(long = "for", value_name = "DURATION", value_parser = silence)]
    pub duration: Duration,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub comment: String,
}

/// Ids that are listed where a beginning is of several.
const MOST_CANDIDATES: u32 = 10;

/// The longest silence.
const LONGEST: Duration = Duration::from_days(30);

pub(super) async fn run<W: Write>(
    action: AlertAction,
    options: &Options,
    output: &mut Output<W>,
) -> Result<Exit, Failure> {
    options.range.refuse("what is done about an alert")?;
    let client = options.client()?;
    let (AlertAction::Ack(AckArgs { by, .. }) | AlertAction::Silence(SilenceArgs { by, .. })) = &action;
    let Some(alert) = active(&client, &by.id, output).await? else {
        eprintln!("nothing found: no alert that is pending or firing at {} has an id that begins so", client.url());
        return Ok(Exit::NothingFound);
    };
    match action {
        AlertAction::Ack(AckArgs { by, note }) => {
            let reply = client.acknowledge(&alert.id, &AcknowledgeRequest { who: by.who, note }).await?;
            match options.format {
                Format::Json => output.json(&reply)?,
                _ => writeln!(output.out, "{} takes care of {}", plain(&reply.who), named(&alert))?,
            }
        }
        AlertAction::Silence(SilenceArgs { by, duration, comment }) => {
            let duration_s = u32::try_from(duration.get().as_secs()).unwrap_or(u32::MAX);
            let reply = client.silence(&alert.id, &SilenceRequest { duration_s, who: by.who, comment }).await?;
            match options.format {
                Format::Json => output.json(&reply)?,
                _ => {
                    let receivers: Vec<&str> = reply.silences.iter().map(|silence| silence.receiver.as_str()).collect();
                    let until = output.around.date_clock(reply.until);
                    let receivers = plain(&receivers.join(", ")).into_owned();
                    writeln!(output.out, "{receivers}: silent until {until} about {}", named(&alert))?;
                }
            }
        }
    }
    Ok(Exit::Answered)
}

/// The alert that is not over and whose id begins so.
async fn active<W: Write>(client: &Client, prefix: &str, output: &Output<W>) -> Result<Option<Alert>, Failure> {
    let query = AlertsQuery {
        // What is over since now is none.
        since: Some(output.around.now),
        id: Some(prefix.to_owned()),
        limit: Some(MOST_CANDIDATES),
        ..AlertsQuery::default()
    };
    let mut alerts = client.alerts(&query).await?.alerts;
    if alerts.len() > 1 {
        let candidates = alerts.iter().map(|alert| format!("{}  {}", alert.id, named(alert))).collect();
        return Err(Failure::Alerts { prefix: prefix.to_owned(), candidates });
    }
    Ok(alerts.pop())
}

fn named(alert: &Alert) -> String {
    plain(&format!("{}: {}", alert.rule, alert.says)).into_owned()
}

fn id(text: &str) -> Result<String, String> {
    if (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("it is no id: write 1 to 32 hexadecimal digits, as `ordertrace alerts` shows them".to_owned())
}

fn silence(text: &str) -> Result<Duration, String> {
    let duration: Duration = text.parse().map_err(|error: ordertrace_config::DurationError| error.to_string())?;
    if (Duration::from_secs(1)..=LONGEST).contains(&duration) {
        return Ok(duration);
    }
    Err(format!("a silence lasts 1s to {LONGEST}"))
}
