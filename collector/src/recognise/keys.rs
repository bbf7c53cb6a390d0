use std::collections::BTreeMap;

use ordertrace_api::attributes::parse_key_attribute;
use ordertrace_api::keys::{Key, KindTable, PathTemplate, Strength, digest, kind_of_value};

use crate::record::KeyRecord;
use crate::settings::{RecogniseSettings, Scope};

use super::RecogniseError;
use super::fields::Fields;
use super::names::NameMemory;
use super::pattern::{Pattern, PatternMap};
use super::url::parameters;

/// Where keys stand, by configuration and by built-in rules.
#[derive(Debug)]
pub(super) struct KeyFinder {
    attributes: PatternMap<Rule>,
    ignored: Vec<Pattern>,
    templates: Vec<Template>,
    query: PatternMap<Rule>,
    batch_values: usize,
    limit: usize,
}

#[derive(Clone, Debug)]
struct Rule {
    kind: String,
    scope: Scope,
    hash: bool,
}

#[derive(Debug)]
struct Template {
    path: PathTemplate,
    system: Option<String>,
    scope: Scope,
}

/// The kind, when it can be written in a key's text form.
pub(super) fn checked_kind(kind: &str, setting: impl Fn() -> String) -> Result<String, RecogniseError> {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if kind.starts_with(|c: char| c.is_ascii_lowercase()) && kind.bytes().all(word) {
        Ok(kind.to_owned())
    } else {
        Err(RecogniseError::Kind { setting: setting(), kind: kind.to_owned() })
    }
}

impl KeyFinder {
    pub(super) fn new(settings: &RecogniseSettings) -> Result<Self, RecogniseError> {
        let rule = |list: &str, index: usize, name: &str, kind: &str, scope: &Scope, hash: bool| {
            let setting = || format!("recognise.{list}[{index}]");
            if name.is_empty() {
                return Err(RecogniseError::Empty { setting: setting() });
            }
            Ok(Rule { kind: checked_kind(kind, setting)?, scope: scope.clone(), hash })
        };
        let mut attributes = Vec::new();
        for (index, key) in settings.keys.iter().enumerate() {
            let name = key.attribute.as_str();
            attributes.push((name, rule("keys", index, name, &key.kind, &key.scope, key.hash)?));
        }
        let mut query = Vec::new();
        for (index, key) in settings.query.iter().enumerate() {
            let name = key.parameter.as_str();
            query.push((name, rule("query", index, name, &key.kind, &key.scope, key.hash)?));
        }
        let mut templates = Vec::new();
        for (index, template) in settings.templates.iter().enumerate() {
            let path = template.path.parse().map_err(|source| RecogniseError::Template { index, source })?;
            templates.push(Template { path, system: template.system.clone(), scope: template.scope.clone() });
        }
        Ok(Self {
            attributes: PatternMap::new(attributes),
            ignored: settings.ignore.iter().map(|name| Pattern::new(name)).collect(),
            templates,
            query: PatternMap::new(query),
            batch_values: settings.batch_values.max(2),
            limit: settings.keys_per_span,
        })
    }

    /// The configured template that the path of a request to `system` follows.
    pub(super) fn template(&self, path: &str, system: &str) -> Option<&PathTemplate> {
        self.matching(path, system).map(|template| &template.path)
    }

    fn matching(&self, path: &str, system: &str) -> Option<&Template> {
        self.templates.iter().find(|template| {
            template.system.as_deref().is_none_or(|wanted| wanted == system) && template.path.matches(path).is_some()
        })
    }

    /// Starts looking at one span or event, whose ids name things at `receiver`.
    pub(super) fn begin<'f>(&'f self, receiver: &'f str, names: &'f mut NameMemory) -> Found<'f> {
        Found { finder: self, receiver, names, keys: Vec::new() }
    }
}

/// The keys of one span or event, as they are found.
#[derive(Debug)]
pub(super) struct Found<'f> {
    finder: &'f KeyFinder,
    receiver: &'f str,
    names: &'f mut NameMemory,
    keys: Vec<Key>,
}

impl Found<'_> {
    /// Looks at attributes: `commerce.<kind>.id`, then configured names, then common names.
    pub(super) fn attributes(&mut self, attributes: &[(String, String)]) {
        for (name, text) in attributes {
            if let Some((kind, system)) = parse_key_attribute(name) {
                let scope = system.map_or(Scope::Auto, |system| Scope::Within(system.to_owned()));
                // What states its kind is taken at its word: a session's value is hashed already.
                self.each(text, |found, value| found.add(kind, value, &scope));
            } else if let Some(rule) = self.finder.attributes.get(name) {
                self.each(text, |found, value| found.by_rule(rule, value));
            } else if !self.finder.ignored.iter().any(|ignored| ignored.fits(name))
                && let Some(kind) = self.names.kind_of(name)
            {
                self.each(text, |found, value| found.by_name(kind, value));
            }
        }
    }

    /// Looks at the path and query of the URL.
    pub(super) fn url(&mut self, fields: &Fields<'_>) {
        let path = fields.url.path;
        if let Some(template) = self.finder.matching(path, self.receiver) {
            for (kind, value) in template.path.matches(path).unwrap_or_default() {
                self.add(kind, &value, &template.scope);
            }
        } else {
            for segment in path.split('/') {
                if let Some(kind) = kind_of_value(segment) {
                    self.add(kind, segment, &Scope::Auto);
                }
            }
        }
        for (name, value) in parameters(fields.url.query) {
            if let Some(rule) = self.finder.query.get(&name) {
                self.by_rule(rule, &value);
            } else if let Some(kind) = self.names.kind_of(&name) {
                self.by_name(kind, &value);
            } else if let Some(kind) = kind_of_value(&value) {
                self.add(kind, &value, &Scope::Auto);
            }
        }
    }

    /// The keys, each once, and what each says here.
    pub(super) fn finish(self, kinds: &KindTable) -> Vec<KeyRecord> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for key in &self.keys {
            *counts.entry(&key.kind).or_default() += 1;
        }
        let batch_values = self.finder.batch_values;
        let batches: Vec<String> =
            counts.into_iter().filter(|(_, count)| *count >= batch_values).map(|(kind, _)| kind.to_owned()).collect();
        let strength = |kind: &str| match kinds.strength(kind) {
            Strength::Strong if batches.iter().any(|batch| batch == kind) => Strength::Weak,
            strength => strength,
        };
        self.keys.into_iter().map(|key| KeyRecord { strength: strength(&key.kind), key }).collect()
    }

    /// Calls `with` for each element of an array of scalars in JSON, or for the text itself.
    fn each(&mut self, text: &str, mut with: impl FnMut(&mut Self, &str)) {
        if text.starts_with('[')
            && let Ok(serde_json::Value::Array(values)) = serde_json::from_str(text)
        {
            for value in &values {
                match value {
                    serde_json::Value::String(value) => with(self, value),
                    serde_json::Value::Number(value) => with(self, &value.to_string()),
                    _ => {}
                }
            }
        } else {
            with(self, text);
        }
    }

    fn by_rule(&mut self, rule: &Rule, value: &str) {
        if rule.hash {
            self.add(&rule.kind, &digest(value.trim()), &rule.scope);
        } else {
            self.add(&rule.kind, value, &rule.scope);
        }
    }

    fn by_name(&mut self, kind: &str, value: &str) {
        // A session's token is a credential.
        if kind == "session" {
            if ordertrace_api::keys::usable(value.trim()) {
                self.add(kind, &digest(value.trim()), &Scope::Global);
            }
        } else {
            self.add(kind, value, &Scope::Auto);
        }
    }

    fn add(&mut self, kind: &str, value: &str, scope: &Scope) {
        if self.keys.len() >= self.finder.limit || redacted(value) {
            return;
        }
        let key = match scope {
            Scope::Auto => Key::seen(kind, value, self.receiver),
            Scope::Global => Key::global(kind, value),
            Scope::Within(system) => Key::within(kind, value, system),
        };
        if let Some(key) = key
            && !self.keys.contains(&key)
        {
            self.keys.push(key);
        }
    }
}

/// What instrumentations write in place of a secret (semantic conventions, `url.full`).
fn redacted(value: &str) -> bool {
    value.trim_matches(['[', ']', '<', '>', '*']).eq_ignore_ascii_case("redacted") || value.bytes().all(|b| b == b'*')
}
