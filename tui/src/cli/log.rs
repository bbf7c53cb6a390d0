use std::fs::{File, OpenOptions};

use anyhow::Context;
use etcetera::BaseStrategy;
use ordertrace_telemetry::Guard;
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::fmt::writer::BoxMakeWriter;

/// Logs, and own spans if the environment asks for them, until it is dropped.
#[must_use = "own spans are flushed when it is dropped"]
pub struct Log {
    _telemetry: Guard,
    /// Export over gRPC runs on it.
    _exporting: Runtime,
}

/// Logs of a program that owns the terminal go to a file in the XDG state folder; where that
/// cannot be written they are lost, but the program runs.
///
/// # Errors
/// When the environment asks for logs or own spans that cannot be had.
pub fn log_to_file(service_name: &'static str) -> anyhow::Result<Log> {
    let writer = match file(service_name) {
        Ok(file) => BoxMakeWriter::new(std::sync::Arc::new(file)),
        Err(_) => BoxMakeWriter::new(std::io::sink),
    };
    let exporting = Builder::new_multi_thread().worker_threads(1).enable_all().build().context("cannot start")?;
    let telemetry = {
        let _entered = exporting.enter();
        ordertrace_telemetry::init_with_writer(service_name, writer)?
    };
    Ok(Log { _telemetry: telemetry, _exporting: exporting })
}

fn file(service_name: &str) -> anyhow::Result<File> {
    let strategy = etcetera::choose_base_strategy()?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.cache_dir()).join("ordertrace");
    std::fs::create_dir_all(&folder)?;
    Ok(OpenOptions::new().create(true).append(true).open(folder.join(format!("{service_name}.log")))?)
}
