//! Secrets, which no configuration file holds.

use std::fmt;
use std::io::Read;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Longest secret that is read from a file.
const LONGEST_BYTES: u64 = 16 * 1024;

/// Where a secret stands: `{env: NAME}` or `{file: PATH}`. A file is read anew with every
/// use, so that it may change; white space at its end is no part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// An environment variable.
    Env(String),
    /// A file.
    File(PathBuf),
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Places)
    }
}

/// As derived; but a secret that somebody wrote in its place is not repeated in an error.
struct Places;

impl<'de> Visitor<'de> for Places {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{env: NAME} or {file: PATH}")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Secret, M::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Place {
            Env(String),
            File(PathBuf),
        }
        Ok(match Place::deserialize(MapAccessDeserializer::new(map))? {
            Place::Env(name) => Secret::Env(name),
            Place::File(path) => Secret::File(path),
        })
    }
}

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not there.
    #[error("the environment variable {name} is not set or is empty; set it for this process")]
    Env {
        /// Its name.
        name: String,
    },
    /// The file cannot be read.
    #[error("cannot read the secret in {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file holds none.
    #[error("{path} holds no secret: it is no file, empty or longer than 16 KiB")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It cannot stand in a header.
    #[error("the secret in {secret} has characters that no HTTP header may have")]
    NoHeader {
        /// Where it stands.
        secret: Secret,
    },
}

/// A secret's value, which no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// For whom it is meant.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Secret {
    /// The value.
    ///
    /// # Errors
    /// [`SecretError`] names the variable or the file, never what is in it.
    pub fn read(&self) -> Result<SecretText, SecretError> {
        self.read_from(|name| std::env::var(name).ok())
    }

    fn read_from(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<SecretText, SecretError> {
        match self {
            Self::Env(name) => lookup(name)
                .filter(|value| !value.is_empty())
                .map(SecretText)
                .ok_or_else(|| SecretError::Env { name: name.clone() }),
            Self::File(path) => {
                let unreadable = |source| SecretError::File { path: path.clone(), source };
                // Opening a pipe would wait for who writes to it.
                if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
                    return Err(SecretError::Empty { path: path.clone() });
                }
                let file = std::fs::File::open(path).map_err(unreadable)?;
                let mut text = String::new();
                let length = file.take(LONGEST_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
                text.truncate(text.trim_end().len());
                if text.is_empty() || length as u64 > LONGEST_BYTES {
                    return Err(SecretError::Empty { path: path.clone() });
                }
                Ok(SecretText(text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_the_environment_and_from_files() {
        let lookup = |name: &str| (name == "ERP_PASSWORD").then(|| "s3cret".to_owned());
        let read = |secret: &Secret| secret.read_from(lookup).map(|text| text.reveal().to_owned());
        assert_eq!(read(&Secret::Env("ERP_PASSWORD".into())).unwrap(), "s3cret");
        let error = read(&Secret::Env("ERP_PASWORD".into())).unwrap_err().to_string();
        assert!(error.contains("ERP_PASWORD"), "{error}");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        assert!(matches!(read(&Secret::File(path.clone())), Err(SecretError::File { .. })));
        std::fs::write(&path, "s3cret \n").unwrap();
        assert_eq!(read(&Secret::File(path.clone())).unwrap(), "s3cret");
        for text in ["\n", &"x".repeat(20_000)] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(read(&Secret::File(path.clone())), Err(SecretError::Empty { .. })));
        }
    }

    #[test]
    fn no_log_shows_one() {
        assert_eq!(format!("{:?}", Some(SecretText("s3cret".into()))), "Some([redacted])");
    }

    #[test]
    fn as_yaml() {
        let parse = |text| crate::parse::<Secret>(text, "a.yaml");
        assert_eq!(parse("{env: X}").unwrap(), Secret::Env("X".into()));
        assert_eq!(parse("{file: /run/x}").unwrap(), Secret::File("/run/x".into()));
        let told = parse("s3cret").unwrap_err().to_string();
        assert!(!told.contains("s3cret"), "{told}");
        let told = parse("{environment: X}").unwrap_err().to_string();
        assert!(told.contains("`env`"), "{told}");
    }
}
