use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};

use ordertrace_api::keys::{Key, SKU_IDS, usable_only_within_a_system};

use super::foreign::ForeignId;
use crate::settings::AliasSettings;

/// Longest file, in bytes.
const FILE_BYTES: u64 = 256 << 20;

/// The SKUs that the configuration gives ids.
#[derive(Clone, Debug, Default)]
pub struct Aliases(HashMap<ForeignId, String>);

/// Aliases that cannot be meant.
#[derive(Debug, thiserror::Error)]
pub enum AliasError {
    /// A setting.
    #[error("aliases[{at}].{key}: {reason}")]
    Setting {
        /// Which of the entries.
        at: usize,
        /// The key.
        key: &'static str,
        /// What is wrong and what to write instead.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("aliases[{at}].file: {}", path.display())]
    File {
        /// Which of the entries.
        at: usize,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: csv::Error,
    },
    /// A file whose content cannot be meant.
    #[error("aliases[{at}].file: {}:{line}: {reason}", path.display())]
    Line {
        /// Which of the entries.
        at: usize,
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// What is wrong and what to write instead.
        reason: String,
    },
}

impl Aliases {
    /// Those of the configuration, files included.
    ///
    /// # Errors
    /// [`AliasError`] names the setting or the line.
    pub fn load(settings: &[AliasSettings]) -> Result<Self, AliasError> {
        let mut all = Self::default();
        for (at, entry) in settings.iter().enumerate() {
            let wrong = |key, reason: String| AliasError::Setting { at, key, reason };
            if entry.system.is_empty() {
                return Err(wrong("system", "is empty; name the system whose ids these are".to_owned()));
            }
            if !SKU_IDS.contains(&entry.kind.as_str()) {
                let reason = format!("is {:?}; write one of {}", entry.kind, SKU_IDS.join(", "));
                return Err(wrong("kind", reason));
            }
            for (id, sku) in &entry.skus {
                all.add(entry, id, sku).map_err(|reason| wrong("skus", reason))?;
            }
            if let Some(path) = &entry.file {
                all.read(at, entry, path)?;
            }
        }
        Ok(all)
    }

    fn read(&mut self, at: usize, entry: &AliasSettings, path: &Path) -> Result<(), AliasError> {
        let failed = |source| AliasError::File { at, path: path.to_owned(), source };
        let wrong = |line, reason: String| AliasError::Line { at, path: path.to_owned(), line, reason };
        let size = std::fs::metadata(path).map_err(|error| failed(error.into()))?.len();
        if size > FILE_BYTES {
            return Err(wrong(1, format!("it has {size} bytes; {FILE_BYTES} at most")));
        }
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(failed)?;
        let header = reader.headers().map_err(failed)?.clone();
        let column = |name: &str| {
            let found = header.iter().position(|column| column.trim_start_matches('\u{feff}') == name);
            found.ok_or_else(|| wrong(1, format!("there is no column {name:?}: write the header id,sku")))
        };
        let (ids, skus) = (column("id")?, column("sku")?);
        for record in reader.records() {
            let record = record.map_err(failed)?;
            let line = record.position().map_or(0, csv::Position::line);
            let (id, sku) = (record.get(ids).unwrap_or_default(), record.get(skus).unwrap_or_default());
            self.add(entry, id, sku).map_err(|reason| wrong(line, reason))?;
        }
        Ok(())
    }

    fn add(&mut self, entry: &AliasSettings, id: &str, sku: &str) -> Result<(), String> {
        if sku.is_empty() {
            return Err(format!("{id:?} has no SKU"));
        }
        if Key::global(&entry.kind, id).is_none() {
            return Err(format!("{id:?} is no id"));
        }
        let system = if usable_only_within_a_system(id) { entry.system.as_str() } else { "" };
        let id = ForeignId { kind: entry.kind.clone(), system: system.to_owned(), value: id.to_owned() };
        match self.0.entry(id) {
            Entry::Occupied(known) if known.get() != sku => {
                Err(format!("{:?} is {:?} and {sku:?}; leave one of them away", known.key().value, known.get()))
            }
            Entry::Occupied(_) => Ok(()),
            Entry::Vacant(vacant) => {
                vacant.insert(sku.to_owned());
                Ok(())
            }
        }
    }

    /// The SKU of an id.
    pub(super) fn sku(&self, id: &ForeignId) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::error::Error;

    use super::*;

    fn entry(kind: &str, skus: &[(&str, &str)]) -> AliasSettings {
        let skus: BTreeMap<String, String> =
            skus.iter().map(|(id, sku)| ((*id).to_owned(), (*sku).to_owned())).collect();
        AliasSettings { system: "shop".to_owned(), kind: kind.to_owned(), skus, file: None }
    }

    fn id(system: &str, value: &str) -> ForeignId {
        ForeignId { kind: "variant".to_owned(), system: system.to_owned(), value: value.to_owned() }
    }

    fn loaded(csv: &str) -> Result<Aliases, AliasError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), csv).unwrap();
        Aliases::load(&[AliasSettings { file: Some(file.path().to_owned()), ..entry("variant", &[("7", "HAT")]) }])
    }

    #[test]
    fn ids_are_numbers_within_their_system_and_texts_everywhere() {
        let aliases =
            loaded("\u{feff}name, sku ,id\nScarf,SCARF,8\n\"a, b\",\"GLOVES, L\",gid://9\nHat,HAT,7\n").unwrap();
        let sku = |system: &str, value: &str| aliases.sku(&id(system, value)).map(str::to_owned);
        assert_eq!(sku("shop", "7").as_deref(), Some("HAT"));
        assert_eq!(sku("shop", "8").as_deref(), Some("SCARF"));
        assert_eq!(sku("", "gid://9").as_deref(), Some("GLOVES, L"));
        assert_eq!((sku("", "7"), sku("other", "7")), (None, None));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let told = |result: Result<Aliases, AliasError>| result.unwrap_err().to_string();
        let of = |entry: AliasSettings| told(Aliases::load(&[entry]));
        assert!(of(entry("order", &[])).starts_with("aliases[0].kind: is \"order\"; write one of inventory_item"));
        assert!(of(entry("variant", &[("7", "")])).starts_with("aliases[0].skus: \"7\" has no SKU"));
        assert!(of(entry("variant", &[("", "HAT")])).starts_with("aliases[0].skus: \"\" is no id"));
        let twice = told(Aliases::load(&[entry("variant", &[("7", "HAT")]), entry("variant", &[("7", "CAP")])]));
        assert!(twice.starts_with("aliases[1].skus: \"7\" is \"HAT\" and \"CAP\""), "{twice}");
        assert!(told(loaded("id;sku\n")).contains(":1: there is no column \"id\""));
        assert!(told(loaded("id,sku\n9,A\n9,B\n")).contains(":3: \"9\" is \"A\" and \"B\""));
        assert!(loaded("id,sku\n9\n").unwrap_err().source().is_some(), "a line of another length");
        let gone = AliasSettings { file: Some("/nowhere.csv".into()), ..entry("variant", &[]) };
        assert_eq!(of(gone), "aliases[0].file: /nowhere.csv");
    }
}
