use std::io::Write;

use clap::Args;
use futures::future::join_all;
use ordertrace_api::agent::AgentStatus;
use ordertrace_api::status::Status;
use serde::Serialize;

use super::{Exit, Failure, Options, Output};
use crate::client::{Client, ClientError};
use crate::report::{Format, agent_lines, agent_markdown, status_lines, status_markdown};
use crate::text::Line;

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// URL of an agent's metrics address, to be asked as well; may be given many times
    #[arg(
        long = "agent",
        value_name = "URL",
        env = "ORDERTRACE_AGENTS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    agents: Vec<String>,
}

/// The collector's reply and, if agents are asked, theirs.
#[derive(Serialize)]
struct Reply {
    #[serde(flatten)]
    collector: Status,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    agents: Vec<AgentReply>,
}

#[derive(Serialize)]
struct AgentReply {
    url: String,
    #[serde(flatten)]
    status: Option<AgentStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) async fn run<W: Write>(
    StatusArgs { agents }: StatusArgs,
    options: &Options,
    output: &mut Output<W>,
) -> Result<Exit, Failure> {
    options.range.refuse("status")?;
    let agents = agents.iter().map(|url| Client::new(url)).collect::<Result<Vec<Client>, ClientError>>()?;
    let client = options.client()?;
    let status = client.status().await?;
    // One that does not answer is worth knowing of and no reason to hide the others.
    let agents = join_all(agents.iter().map(async |agent| {
        let answer = agent.agent_status().await.map_err(|error| format!("{:#}", anyhow::Error::from(error)));
        (agent.url(), answer)
    }))
    .await;
    match options.format {
        Format::Pretty => {
            output.printer.print(&status_lines(&status, client.url(), &output.around), &mut output.out)?;
            for (url, answer) in &agents {
                output.printer.print(&[Line::default()], &mut output.out)?;
                output.printer.print(&agent_lines(url, answer, &output.around), &mut output.out)?;
            }
        }
        Format::Json => {
            let agent = |(url, answer): (&str, Result<AgentStatus, String>)| {
                let (status, error) = match answer {
                    Ok(status) => (Some(status), None),
                    Err(error) => (None, Some(error)),
                };
                AgentReply { url: url.to_owned(), status, error }
            };
            output.json(&Reply { collector: status, agents: agents.into_iter().map(agent).collect() })?;
        }
        Format::Markdown => {
            output.out.write_all(status_markdown(&status, client.url(), &output.around).as_bytes())?;
            for (url, answer) in &agents {
                output.out.write_all(agent_markdown(url, answer, &output.around).as_bytes())?;
            }
        }
    }
    Ok(Exit::Answered)
}
