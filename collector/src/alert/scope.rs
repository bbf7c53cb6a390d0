//! Which items a rule is about.

use clickhouse::query::Query;
use glob::Pattern;

use crate::settings::ItemSettings;

/// Items; an empty list means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) targets: Vec<String>,
    pub(super) locations: Vec<String>,
    pub(super) channels: Vec<String>,
    /// Patterns of SQL's `LIKE`.
    pub(super) subjects: Vec<String>,
}

impl Scope {
    /// Of the configuration; else what cannot be meant, as the key and why.
    pub(super) fn new(settings: &ItemSettings) -> Result<Self, (String, String)> {
        let lists = [
            ("targets", &settings.targets),
            ("locations", &settings.locations),
            ("channels", &settings.channels),
            ("subjects", &settings.subjects),
        ];
        for (name, list) in lists {
            if let Some(at) = list.iter().position(String::is_empty) {
                return Err((format!("{name}[{at}]"), "is empty; name one, or leave it out".to_owned()));
            }
        }
        for (at, subject) in settings.subjects.iter().enumerate() {
            if subject.contains('[') || Pattern::new(subject).is_err() {
                let reason = format!("{subject:?} is no pattern: only * and ? stand for anything else than themselves");
                return Err((format!("subjects[{at}]"), reason));
            }
        }
        Ok(Self {
            targets: settings.targets.clone(),
            locations: settings.locations.clone(),
            channels: settings.channels.clone(),
            subjects: settings.subjects.iter().map(|glob| like(glob)).collect(),
        })
    }
}

impl Scope {
    /// Binds each list twice, as a condition needs it that is true where the list is empty.
    pub(super) fn bind(&self, query: Query) -> Query {
        let lists = [&self.targets, &self.locations, &self.channels, &self.subjects];
        lists.into_iter().fold(query, |query, list| query.bind(list).bind(list))
    }
}

/// The same pattern for SQL's `LIKE`.
fn like(glob: &str) -> String {
    let mut like = String::with_capacity(glob.len());
    for c in glob.chars() {
        match c {
            '*' => like.push('%'),
            '?' => like.push('_'),
            '%' | '_' | '\\' => like.extend(['\\', c]),
            c => like.push(c),
        }
    }
    like
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_as_sql_has_them() {
        assert_eq!(like("HAT-*"), "HAT-%");
        assert_eq!(like(r"100%_?\"), r"100\%\__\\");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let subjects = |glob: &str| ItemSettings { subjects: vec![glob.to_owned()], ..ItemSettings::default() };
        assert!(Scope::new(&subjects("HAT-?-*")).is_ok());
        assert_eq!(Scope::new(&subjects("[a-z]")).unwrap_err().0, "subjects[0]");
        assert_eq!(Scope::new(&subjects("a***")).unwrap_err().0, "subjects[0]");
        let targets = ItemSettings { targets: vec!["erp".to_owned(), String::new()], ..ItemSettings::default() };
        assert_eq!(Scope::new(&targets).unwrap_err().0, "targets[1]");
    }
}
