//! What a person sets once: `ordertrace/config.yaml` in the XDG configuration folder.

use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};
use ordertrace_config::ConfigError;
use serde::Deserialize;

use crate::theme::ThemeChoice;

/// The file's contents; flags and environment variables come before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// URL of the collector.
    pub collector: Option<String>,
    /// Colours.
    pub theme: Option<ThemeChoice>,
    /// Whether to draw with ASCII only.
    pub ascii: Option<bool>,
}

impl Settings {
    /// Reads `path`; a file that does not exist says nothing.
    ///
    /// # Errors
    /// When the file cannot be read or says something unknown.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        if path.exists() { ordertrace_config::load(path) } else { Ok(Self::default()) }
    }

    /// The file's place: `$XDG_CONFIG_HOME/ordertrace/config.yaml`, or the system's own
    /// equivalent. `None` for a user without a home.
    pub fn path() -> Option<PathBuf> {
        let strategy = choose_base_strategy().ok()?;
        Some(strategy.config_dir().join("ordertrace").join("config.yaml"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> Result<Settings, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, text).unwrap();
        Settings::load(&path)
    }

    #[test]
    fn every_setting_is_optional() {
        assert_eq!(loaded("").unwrap(), Settings::default());
        let settings = loaded("collector: http://shop:4320\ntheme: light\nascii: true\n").unwrap();
        assert_eq!(settings.collector.as_deref(), Some("http://shop:4320"));
        assert_eq!((settings.theme, settings.ascii), (Some(ThemeChoice::Light), Some(true)));
        assert_eq!(Settings::load(Path::new("/nonexistent/config.yaml")).unwrap(), Settings::default());
    }

    #[test]
    fn a_typing_error_is_said() {
        let error = loaded("collecter: http://shop:4320\n").unwrap_err();
        assert!(error.to_string().contains("unknown key `collecter`"), "{error}");
    }
}
