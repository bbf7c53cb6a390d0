//! How a server is connected to, and how a transaction begins there that only reads.

use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::poll::config::{SecretError, ServerConfig, Tls};

/// As database servers list their connections.
const APPLICATION: &str = "ordertrace-agent";

/// Nothing is written, no lock waited for longer than the poll may take, and times are in UTC.
pub(super) fn postgres_begin(timeout: Duration) -> String {
    let limit_ms = timeout.as_millis();
    format!(
        "BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = {limit_ms}; \
         SET LOCAL lock_timeout = {limit_ms}; SET LOCAL idle_in_transaction_session_timeout = {limit_ms}; \
         SET LOCAL TIME ZONE 'UTC'; SET LOCAL DateStyle = 'ISO'"
    )
}

/// The same for a server of this version.
pub(super) fn mysql_begin(version: &str, timeout: Duration) -> String {
    // MySQL counts in milliseconds, MariaDB in seconds with a fraction.
    let limit = match version.contains("MariaDB") {
        true => format!("max_statement_time = {:.3}", timeout.as_secs_f64()),
        false => format!("max_execution_time = {}", timeout.as_millis()),
    };
    let lock_s = timeout.as_secs().max(1);
    // Where SERIALIZABLE is the default, a plain SELECT would lock what it reads.
    format!(
        "SET SESSION {limit}; SET SESSION lock_wait_timeout = {lock_s}; \
         SET SESSION innodb_lock_wait_timeout = {lock_s}; \
         SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION READ ONLY"
    )
}

/// The encryption that is asked for, or that the way to the server needs.
fn tls(config: &ServerConfig) -> Tls {
    let is_local = config.socket.is_some()
        || config.host == "localhost"
        || config.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    config.tls.unwrap_or(if is_local { Tls::None } else { Tls::Verified })
}

pub(super) fn postgres_options(config: &ServerConfig) -> Result<PgConnectOptions, SecretError> {
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&config.host)
        .port(config.port.unwrap_or(5432))
        .username(&config.user)
        .database(&config.database)
        .application_name(APPLICATION)
        .ssl_mode(match tls(config) {
            Tls::None => PgSslMode::Disable,
            Tls::Required => PgSslMode::Require,
            Tls::Verified => PgSslMode::VerifyFull,
        });
    if let Some(socket) = &config.socket {
        options = options.socket(socket);
    }
    if let Some(password) = &config.password {
        options = options.password(password.read()?.reveal());
    }
    if let Some(file) = &config.ca_file {
        options = options.ssl_root_cert(file);
    }
    Ok(options)
}

pub(super) fn mysql_options(config: &ServerConfig) -> Result<MySqlConnectOptions, SecretError> {
    let mut options = MySqlConnectOptions::new()
        .host(&config.host)
        .port(config.port.unwrap_or(3306))
        .username(&config.user)
        .database(&config.database)
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .ssl_mode(match tls(config) {
            Tls::None => MySqlSslMode::Disabled,
            Tls::Required => MySqlSslMode::Required,
            Tls::Verified => MySqlSslMode::VerifyIdentity,
        });
    if let Some(socket) = &config.socket {
        options = options.socket(socket);
    }
    if let Some(password) = &config.password {
        options = options.password(password.read()?.reveal());
    }
    if let Some(file) = &config.ca_file {
        options = options.ssl_ca(file);
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::config::{SourceConfig, example_polls};

    fn server() -> ServerConfig {
        match example_polls().remove(0).source {
            SourceConfig::Postgres(server) => server,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_leaves_the_host_is_encrypted_unless_told_otherwise() {
        let tls_of = |host: &str, asked| tls(&ServerConfig { host: host.to_owned(), tls: asked, ..server() });
        for host in ["localhost", "127.0.0.1", "::1"] {
            assert_eq!(tls_of(host, None), Tls::None, "{host}");
        }
        for host in ["erp.example", "10.0.0.7", "127.0.0.1.example"] {
            assert_eq!(tls_of(host, None), Tls::Verified, "{host}");
        }
        assert_eq!(tls_of("10.0.0.7", Some(Tls::None)), Tls::None);
        assert_eq!(tls_of("127.0.0.1", Some(Tls::Verified)), Tls::Verified);
        let socket = ServerConfig { host: "x".to_owned(), socket: Some("/run/x".into()), ..server() };
        assert_eq!(tls(&socket), Tls::None);
    }

    #[test]
    fn each_server_is_told_its_limit_in_its_own_words() {
        let begin = |version| mysql_begin(version, Duration::from_millis(2500));
        assert!(begin("10.11.6-MariaDB-0+deb12u1").starts_with("SET SESSION max_statement_time = 2.500;"));
        assert!(begin("8.4.2").starts_with("SET SESSION max_execution_time = 2500;"));
        assert!(begin("8.4.2").ends_with("START TRANSACTION READ ONLY"));
    }
}
