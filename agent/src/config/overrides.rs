//! Environment variables that go before the file.

use super::Config;

/// A variable that cannot be what it stands for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is {value:?}; write {wanted}")]
pub struct OverrideError {
    /// Its name.
    pub variable: &'static str,
    /// What was given.
    pub value: String,
    /// What to write.
    pub wanted: &'static str,
}

/// Puts the variables that `lookup` knows into `config`:
/// `ORDERTRACE_AGENT_NAME`, `ORDERTRACE_AGENT_EXPORT_ENDPOINT`, `ORDERTRACE_AGENT_SPOOL_DIR`,
/// `ORDERTRACE_AGENT_RECEIVER_GRPC`, `ORDERTRACE_AGENT_RECEIVER_HTTP`,
/// `ORDERTRACE_AGENT_METRICS`. Empty ones count as unset.
///
/// # Errors
/// [`OverrideError`] for an address that is none.
pub fn apply_overrides(config: &mut Config, lookup: impl Fn(&str) -> Option<String>) -> Result<(), OverrideError> {
    let get = |variable| lookup(variable).filter(|value| !value.is_empty());
    if let Some(name) = get("ORDERTRACE_AGENT_NAME") {
        config.name = name;
    }
    if let Some(endpoint) = get("ORDERTRACE_AGENT_EXPORT_ENDPOINT") {
        config.export.endpoint = endpoint;
    }
    if let Some(dir) = get("ORDERTRACE_AGENT_SPOOL_DIR") {
        config.spool.dir = dir.into();
    }
    for (variable, address) in [
        ("ORDERTRACE_AGENT_RECEIVER_GRPC", &mut config.receiver.grpc),
        ("ORDERTRACE_AGENT_RECEIVER_HTTP", &mut config.receiver.http),
        ("ORDERTRACE_AGENT_METRICS", &mut config.metrics),
    ] {
        if let Some(value) = get(variable) {
            let wanted = "an address and port, such as 127.0.0.1:14317";
            *address = Some(value.parse().map_err(|_| OverrideError { variable, value, wanted })?);
        }
    }
    Ok(())
}
