//! The two configuration files of the server: its limits, and who may log in.
//!
//! Every setting was seen as changed in `system.server_settings` of the pinned version; `tests/engine.rs` keeps it so.
//! This build cannot reload configuration, so both files are written before each start and never changed under it.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::settings::USER;
use super::{EngineError, password};

/// The query that keeps the child's own session, and with it the server, alive: one row every half second, for a century.
pub(super) const KEEP_ALIVE: &str = "SELECT sleepEachRow(0.5) FROM system.numbers LIMIT 10000000000 \
     SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null";

/// Ends the server gracefully: its own session is over once its query is cancelled, and buffers are flushed.
pub(super) const END_KEEP_ALIVE: &str =
    "KILL QUERY WHERE query LIKE 'SELECT sleepEachRow(0.5) FROM system.numbers%' ASYNC";

/// The server's limits, for a machine of two cores that runs other things as well.
const LIMITS: &[(&str, &str)] = &[
    // The defaults of these three caches are 5 GiB each, more than the whole server may use.
    ("mark_cache_size", "67108864"),
    ("index_mark_cache_size", "67108864"),
    ("primary_index_cache_size", "67108864"),
    // With the default of 2 the server pauses the scheduling of merges and says so every second.
    ("background_schedule_pool_size", "8"),
    // In seconds. A stopping server waits for idle connections; the official client gives its own up after 2 seconds.
    ("keep_alive_timeout", "3"),
    ("max_connections", "256"),
    ("max_concurrent_queries", "128"),
];

/// What holds for every table. ClickHouse leaves it to the operating system when a new part reaches the disk, and
/// therefore keeps the parts it was merged from for eight minutes; in this build it would remove them at once.
const TABLES: &[(&str, &str)] = &[("old_parts_lifetime", "480")];

/// Files of an engine in its data directory.
#[derive(Clone, Debug)]
pub(super) struct Files {
    /// ClickHouse's own folder.
    pub(super) store: PathBuf,
    /// The server's configuration.
    pub(super) server: PathBuf,
    /// Users and their rights.
    pub(super) users: PathBuf,
    /// Held by the child as long as it uses the store.
    pub(super) lock: PathBuf,
}

impl Files {
    pub(super) fn of(data_dir: &Path) -> Self {
        Self {
            store: data_dir.join("store"),
            server: data_dir.join("server.xml"),
            users: data_dir.join("users.xml"),
            lock: data_dir.join("child.lock"),
        }
    }
}

/// Writes both files into the data directory, readable by their owner only.
pub(super) fn write(data_dir: &Path, password: &str, max_memory_bytes: u64) -> Result<Files, EngineError> {
    let files = Files::of(data_dir);
    let contents = [(&files.server, server(&files.users, max_memory_bytes)?), (&files.users, users(password))];
    for (path, text) in contents {
        let failed = |source| EngineError::DataDir { action: "written", path: path.clone(), source };
        password::keep(data_dir, path, &text).map_err(failed)?;
    }
    Ok(files)
}

fn server(users: &Path, max_memory_bytes: u64) -> Result<String, EngineError> {
    let lines = |settings: &[(&str, &str)], indent: &str| -> String {
        settings.iter().map(|(name, value)| format!("{indent}<{name}>{value}</{name}>\n")).collect()
    };
    let (limits, tables) = (lines(LIMITS, "    "), lines(TABLES, "        "));
    Ok(format!(
        "<clickhouse>\n    <users_config>{}</users_config>\n\
         \x20   <max_server_memory_usage>{max_memory_bytes}</max_server_memory_usage>\n{limits}\
         \x20   <merge_tree>\n{tables}    </merge_tree>\n</clickhouse>\n",
        escape(users)?
    ))
}

/// The child's own session logs in as `default` with an empty password, so that user cannot have one. It may do what
/// that session does and nothing else, and it may have one session, which is that one: nobody can log in as `default`.
fn users(password: &str) -> String {
    let hash = hex::encode(Sha256::digest(password.as_bytes()));
    format!(
        "<clickhouse>
    <profiles><default/><launcher><max_sessions_for_user>1</max_sessions_for_user></launcher></profiles>
    <quotas><default/></quotas>
    <users>
        <default>
            <no_password/>
            <networks><ip>127.0.0.1</ip></networks>
            <profile>launcher</profile>
            <quota>default</quota>
            <grants>
                <query>GRANT SYSTEM LISTEN ON *.*</query>
                <query>GRANT SELECT ON system.numbers</query>
            </grants>
        </default>
        <{USER}>
            <password_sha256_hex>{hash}</password_sha256_hex>
            <networks><ip>127.0.0.1</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
            <access_management>1</access_management>
        </{USER}>
    </users>
</clickhouse>
"
    )
}

/// A path as XML text.
fn escape(path: &Path) -> Result<String, EngineError> {
    let reason = "it must be UTF-8 without control characters";
    let refused = || EngineError::Path { path: path.to_owned(), reason };
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control)).ok_or_else(refused)?;
    Ok(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn paths_are_escaped_and_unspeakable_ones_refused() {
        let text = server(Path::new("/a&b/<c>/users.xml"), 1).unwrap();
        assert!(text.contains("<users_config>/a&amp;b/&lt;c&gt;/users.xml</users_config>"), "{text}");
        assert!(matches!(server(Path::new("/a\nb"), 1), Err(EngineError::Path { .. })));
    }

    #[test]
    fn the_password_itself_is_in_no_file_and_files_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(folder.path(), "open sesame", 123).unwrap();
        for path in [files.server, files.users] {
            assert!(!std::fs::read_to_string(&path).unwrap().contains("open sesame"));
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
