//! `ordertrace config`: the services' configuration files.

use std::io::Write;
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use ordertrace_agent::config::Config as AgentConfig;
use ordertrace_collector::alert::{Receivers, Rules};
use ordertrace_collector::flow::Flows;
use ordertrace_collector::recognise::Recogniser;
use ordertrace_collector::settings::Settings;
use ordertrace_collector::sync::{Aliases, Pairs};

/// What to do with a configuration file.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Says whether a file can be used, and if not, where and why
    Check {
        /// Whose configuration it is
        service: Service,
        /// The file
        file: PathBuf,
    },
    /// Prints a file of all settings with their defaults and what they mean
    Print {
        /// Whose configuration
        service: Service,
    },
    /// Prints the JSON schema, for editors
    Schema {
        /// Whose configuration
        service: Service,
    },
}

/// A part with a configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Service {
    /// The collector
    Collector,
    /// The agent
    Agent,
}

/// Exit code for a file that cannot be used.
const UNUSABLE: u8 = 2;

pub(super) fn run(command: ConfigCommand) -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    match command {
        ConfigCommand::Check { service, file } => {
            let checked = match service {
                Service::Collector => check_collector(&file),
                Service::Agent => check_agent(&file),
            };
            if let Err(error) = checked {
                eprintln!("ordertrace: {error:#}");
                return Ok(UNUSABLE);
            }
            writeln!(out, "{} can be used", file.display())?;
        }
        ConfigCommand::Print { service } => {
            let text = match service {
                Service::Collector => Settings::example()?,
                Service::Agent => AgentConfig::example()?,
            };
            out.write_all(text.as_bytes())?;
        }
        ConfigCommand::Schema { service } => {
            let schema = match service {
                Service::Collector => Settings::json_schema(),
                Service::Agent => AgentConfig::json_schema(),
            };
            serde_json::to_writer_pretty(&mut out, &schema)?;
            writeln!(out)?;
        }
    }
    Ok(0)
}

fn check_collector(file: &std::path::Path) -> anyhow::Result<()> {
    let settings = Settings::load(file)?;
    let recogniser = Recogniser::new(&settings.recognise)?;
    Aliases::load(&settings.aliases)?;
    let flows = Flows::new(&settings.flows, &recogniser)?;
    Pairs::new(&settings.sync)?.check(|milestone| recogniser.shows(milestone) || flows.state(milestone))?;
    Rules::new(&settings.alerts, &settings.sync)?;
    Receivers::new(&settings.alerts)?;
    Ok(())
}

fn check_agent(file: &std::path::Path) -> anyhow::Result<()> {
    let config: AgentConfig = ordertrace_config::load(file)?;
    config.check()?;
    Ok(())
}
