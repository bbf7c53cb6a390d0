use std::borrow::Cow;

use bumpalo::Bump;
use ordertrace_api::attributes::parse_key_attribute;
use ordertrace_api::keys::{
    KindTable, PathTemplate, Strength, digest, kind_of_value, usable, usable_only_within_a_system,
};

use crate::record::Mention;
use crate::settings::{RecogniseSettings, Scope};

use super::RecogniseError;
use super::fields::Fields;
use super::names::announced;
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

/// The keys that the values of an attribute are.
#[derive(Clone, Debug)]
pub(super) struct KeySource {
    kind: String,
    scope: Scope,
    hashing: Hashing,
    strength: Strength,
}

/// Whether a value becomes a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hashing {
    Never,
    Always,
    /// When it could be an id at all.
    Usable,
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

impl KeySource {
    /// Of which kind the keys are.
    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    /// A value as it stands in a key; `None` when it could be none.
    pub(super) fn value<'a>(&self, value: &'a str, arena: &'a Bump) -> Option<&'a str> {
        match self.hashing {
            Hashing::Never => Some(value),
            Hashing::Usable if !usable(value.trim()) => None,
            Hashing::Usable | Hashing::Always => Some(arena.alloc_str(&digest(value.trim()))),
        }
    }
}

/// Each value of an attribute: those of an array, empty where one is no text or number; else the text itself.
pub(super) fn each_value<'a>(text: &'a str, arena: &'a Bump, mut take: impl FnMut(&'a str)) {
    if text.starts_with('[')
        && let Ok(serde_json::Value::Array(values)) = serde_json::from_str(text)
    {
        for value in &values {
            match value {
                serde_json::Value::String(value) => take(arena.alloc_str(value)),
                serde_json::Value::Number(value) => take(arena.alloc_str(&value.to_string())),
                _ => take(""),
            }
        }
    } else {
        take(text);
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

    /// The keys that the values of an attribute of that name are: `commerce.<kind>.id`, then
    /// configured names, then common names.
    pub(super) fn source(&self, name: &str, kinds: &KindTable) -> Option<KeySource> {
        let source = |kind: &str, scope: Scope, hashing| KeySource {
            kind: kind.to_owned(),
            scope,
            hashing,
            strength: kinds.strength(kind),
        };
        if let Some((kind, system)) = parse_key_attribute(name) {
            let scope = system.map_or(Scope::Auto, |system| Scope::Within(system.to_owned()));
            // What states its kind is taken at its word: a session's value is hashed already.
            return Some(source(kind, scope, Hashing::Never));
        }
        if let Some(Rule { kind, scope, hash }) = self.attributes.get(name) {
            return Some(source(kind, scope.clone(), if *hash { Hashing::Always } else { Hashing::Never }));
        }
        if self.ignored.iter().any(|ignored| ignored.fits(name)) {
            return None;
        }
        match announced(name)? {
            // A session's token is a credential.
            kind @ "session" => Some(source(kind, Scope::Global, Hashing::Usable)),
            kind => Some(source(kind, Scope::Auto, Hashing::Never)),
        }
    }

    /// Starts looking at one span or event, whose ids name things at `receiver`.
    pub(super) fn begin<'f, 'a>(
        &'f self,
        receiver: &'a str,
        kinds: &'f KindTable,
        arena: &'a Bump,
        keys: &'f mut Vec<Mention<'a>>,
    ) -> Found<'f, 'a> {
        keys.clear();
        Found { finder: self, kinds, receiver, arena, keys }
    }
}

/// The keys of one span or event, as they are found.
#[derive(Debug)]
pub(super) struct Found<'f, 'a> {
    finder: &'f KeyFinder,
    kinds: &'f KindTable,
    receiver: &'a str,
    arena: &'a Bump,
    keys: &'f mut Vec<Mention<'a>>,
}

impl<'a> Found<'_, 'a> {
    /// Looks at the value of an attribute.
    pub(super) fn attribute(&mut self, source: &KeySource, text: &'a str) {
        each_value(text, self.arena, |value| self.by_source(source, value));
    }

    /// Looks at the path and query of the URL.
    pub(super) fn url(&mut self, fields: &Fields<'a>, announced: impl FnMut(&str) -> Option<&'static str>) {
        let path = fields.url.path;
        if path.is_empty() && fields.url.query.is_empty() {
            return;
        }
        if let Some(template) = self.finder.matching(path, self.receiver) {
            for (kind, value) in template.path.matches(path).unwrap_or_default() {
                let value = self.kept(value);
                self.add(kind, value, &template.scope, self.kinds.strength(kind));
            }
        } else {
            for segment in path.split('/') {
                if let Some(kind) = kind_of_value(segment) {
                    self.add(kind, segment, &Scope::Auto, self.kinds.strength(kind));
                }
            }
        }
        if !fields.url.query.is_empty() {
            self.query(fields.url.query, announced);
        }
    }

    fn query(&mut self, query: &'a str, mut announced: impl FnMut(&str) -> Option<&'static str>) {
        for (name, value) in parameters(query) {
            let value = self.kept(value);
            if let Some(Rule { kind, scope, hash }) = self.finder.query.get(&name) {
                let value = if *hash { self.arena.alloc_str(&digest(value.trim())) } else { value };
                self.add(kind, value, scope, self.kinds.strength(kind));
            } else if let Some(kind) = announced(&name) {
                let strength = self.kinds.strength(kind);
                if kind != "session" {
                    self.add(kind, value, &Scope::Auto, strength);
                } else if usable(value.trim()) {
                    self.add(kind, self.arena.alloc_str(&digest(value.trim())), &Scope::Global, strength);
                }
            } else if let Some(kind) = kind_of_value(value) {
                self.add(kind, value, &Scope::Auto, self.kinds.strength(kind));
            }
        }
    }

    /// The keys, each once, and what each says here.
    pub(super) fn finish(self) -> &'a [Mention<'a>] {
        let batch_values = self.finder.batch_values;
        if self.keys.len() >= batch_values {
            let kinds: Vec<&str> = self.keys.iter().map(|key| key.kind).collect();
            for key in self.keys.iter_mut().filter(|key| key.is_strong()) {
                if kinds.iter().filter(|kind| **kind == key.kind).count() >= batch_values {
                    key.strength = Strength::Weak;
                }
            }
        }
        if self.keys.is_empty() { &[] } else { self.arena.alloc_slice_copy(self.keys) }
    }

    fn kept(&self, text: Cow<'a, str>) -> &'a str {
        match text {
            Cow::Borrowed(text) => text,
            Cow::Owned(text) => self.arena.alloc_str(&text),
        }
    }

    fn by_source(&mut self, source: &KeySource, value: &'a str) {
        if let Some(value) = source.value(value, self.arena) {
            self.add(&source.kind, value, &source.scope, source.strength);
        }
    }

    fn add(&mut self, kind: &str, value: &'a str, scope: &Scope, strength: Strength) {
        if self.keys.len() >= self.finder.limit || redacted(value) {
            return;
        }
        let value = value.trim();
        if !usable(value) {
            return;
        }
        let system = match scope {
            Scope::Auto if usable_only_within_a_system(value) => self.receiver,
            Scope::Auto | Scope::Global => "",
            Scope::Within(system) => system,
        };
        if self.keys.iter().any(|key| key.value == value && key.kind == kind && key.system == system) {
            return;
        }
        let system = if system.is_empty() { "" } else { self.arena.alloc_str(system) };
        self.keys.push(Mention { kind: self.arena.alloc_str(kind), system, value, strength });
    }
}

/// What instrumentations write in place of a secret (semantic conventions, `url.full`).
fn redacted(value: &str) -> bool {
    value.trim_matches(['[', ']', '<', '>', '*']).eq_ignore_ascii_case("redacted") || value.bytes().all(|b| b == b'*')
}
