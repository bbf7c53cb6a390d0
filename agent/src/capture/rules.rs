//! Compiling configured rules, so that what is wrong with them is said at start.

use http::HeaderName;
use http::header::InvalidHeaderName;
use ordertrace_api::keys::{PathTemplate, TemplateError};

use super::amount::{Amount, CurrencySource, Unit, currency};
use super::finds::Scope;
use super::json::{JsonPath, JsonPathError, Pattern};
use super::preset::{Preset, PresetFile};
use super::rule::{RuleConfig, SourceConfig};
use crate::minor::MinorUnits;

/// What to look for in the exchanges of one route.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(super) defaults: bool,
    pub(super) templates: Vec<PathTemplate>,
    pub(super) paths: Vec<(PathTemplate, Mark)>,
    pub(super) fields: Vec<FieldRule>,
    pub(super) request: BodyRules,
    pub(super) response: BodyRules,
    pub(super) operations: Vec<OperationRule>,
}

/// What a rule makes of a value.
#[derive(Clone, Debug)]
pub(super) enum Take {
    Key { kind: Kind, mark: Mark },
    Idempotency { prefix: String },
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Fixed(String),
    /// As the field's name says.
    ByName,
}

/// How a key is kept.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) scope: Scope,
    pub(super) hash: bool,
    pub(super) prefix: String,
}

/// A header, query parameter or form field.
#[derive(Clone, Debug)]
pub(super) struct FieldRule {
    pub(super) source: SourceConfig,
    pub(super) name: String,
    pub(super) take: Take,
}

/// Everything to look for in the JSON bodies of one direction.
#[derive(Clone, Debug, Default)]
pub(super) struct BodyRules {
    pub(super) patterns: Vec<Pattern>,
    pub(super) values: Vec<ValueRule>,
    pub(super) milestones: Vec<MilestoneRule>,
}

#[derive(Clone, Debug)]
pub(super) struct ValueRule {
    pub(super) take: Take,
    /// Index of the value's pattern.
    pub(super) value: usize,
    pub(super) when: Option<Condition>,
}

#[derive(Clone, Debug)]
pub(super) struct MilestoneRule {
    pub(super) name: String,
    pub(super) when: Condition,
    pub(super) amount: Option<Amount>,
}

#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) pattern: usize,
    pub(super) expected: String,
}

#[derive(Clone, Debug)]
pub(super) struct OperationRule {
    pub(super) parts: Vec<Part>,
    pub(super) when: Option<Condition>,
}

#[derive(Clone, Debug)]
pub(super) enum Part {
    Literal(String),
    Method,
    Header(HeaderName),
    Query(String),
    /// Index of a pattern of the request body.
    Body(usize),
}

/// A rule that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// Not one thing to find, or a needed part is missing.
    #[error("rule {rule}: {reason}")]
    Shape {
        /// The rule, as YAML in one line.
        rule: String,
        /// What is wrong and what to write.
        reason: &'static str,
    },
    /// A header that HTTP does not allow.
    #[error("{name:?} is no header name")]
    Header {
        /// What was given.
        name: String,
        /// Why not.
        source: InvalidHeaderName,
    },
    /// A path into a body that cannot be read.
    #[error(transparent)]
    JsonPath(#[from] JsonPathError),
    /// A URL path template that cannot be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A preset shipped with this program is broken; its tests rule that out.
    #[error("preset {name} cannot be read")]
    Preset {
        /// The preset.
        name: &'static str,
        /// Why not.
        source: Box<ordertrace_config::ConfigError>,
    },
}

/// Index of the pattern for a GraphQL request's `operationName`.
pub(super) const GRAPHQL_NAME: usize = 0;
/// Index of the pattern for a GraphQL request's `query`.
pub(super) const GRAPHQL_DOCUMENT: usize = 1;

impl Rules {
    /// Compiles the presets' rules and one's own, which come first.
    ///
    /// # Errors
    /// [`RuleError`] names the rule.
    pub fn compile(
        presets: &[Preset],
        templates: &[String],
        rules: &[RuleConfig],
        defaults: bool,
    ) -> Result<Self, RuleError> {
        let mut compiled = Self {
            defaults,
            templates: Vec::new(),
            paths: Vec::new(),
            fields: Vec::new(),
            request: BodyRules::default(),
            response: BodyRules::default(),
            operations: Vec::new(),
        };
        compiled.request.pattern(JsonPath::of_members(&["operationName"]), 0);
        compiled.request.pattern(JsonPath::of_members(&["query"]), 0);
        compiled.extend(templates, rules)?;
        for preset in presets {
            let name = preset.name();
            let file: PresetFile = ordertrace_config::parse(preset.yaml(), name)
                .map_err(|source| RuleError::Preset { name, source: Box::new(source) })?;
            compiled.extend(&file.templates, &file.rules)?;
        }
        Ok(compiled)
    }

    fn extend(&mut self, templates: &[String], rules: &[RuleConfig]) -> Result<(), RuleError> {
        for template in templates {
            self.templates.push(template.parse()?);
        }
        rules.iter().try_for_each(|rule| self.add(rule))
    }

    fn add(&mut self, rule: &RuleConfig) -> Result<(), RuleError> {
        let shape = |reason| RuleError::Shape { rule: describe(rule), reason };
        let mark = Mark { scope: Scope::parse(&rule.scope), hash: rule.hash, prefix: rule.prefix.clone() };
        if rule.from == Some(SourceConfig::RequestPath) {
            let template = rule.path.as_deref().ok_or_else(|| shape("from: request.path needs a path template"))?;
            if rule.kind.is_some() || rule.operation.is_some() || rule.idempotency || rule.milestone.is_some() {
                return Err(shape("with from: request.path the template's holes are what is found; drop the rest"));
            }
            self.paths.push((template.parse()?, mark));
            return Ok(());
        }
        let is_about_money = rule.amount.is_some() || rule.currency.is_some() || rule.minor_units;
        if is_about_money && (rule.milestone.is_none() || rule.amount.is_none() || rule.currency.is_none()) {
            return Err(shape("amount and currency stand together, on a rule with a milestone"));
        }
        if !rule.minor_digits.is_empty() && !rule.minor_units {
            return Err(shape("minor_digits needs minor_units: true"));
        }
        let take = match (&rule.kind, &rule.operation, &rule.milestone, rule.idempotency) {
            (Some(kind), None, None, false) if kind == "auto" => Take::Key { kind: Kind::ByName, mark },
            (Some(kind), None, None, false) => Take::Key { kind: Kind::Fixed(kind.clone()), mark },
            (None, Some(operation), None, false) => return self.add_operation(operation, rule),
            (None, None, Some(milestone), false) => return self.add_milestone(milestone, rule),
            (None, None, None, true) => Take::Idempotency { prefix: rule.prefix.clone() },
            _ => return Err(shape("exactly one of kind, operation, milestone and idempotency: true is to be found")),
        };
        let source = rule.from.ok_or_else(|| shape("from is missing: say which part of the exchange to read"))?;
        let Some((body, below)) = self.body(source) else {
            let name = rule.name.clone().ok_or_else(|| shape("name is missing: which header or field?"))?;
            if rule.path.is_some() || rule.when.is_some() {
                return Err(shape("path and when are for bodies; a header or field has a name"));
            }
            let is_header = matches!(source, SourceConfig::RequestHeader | SourceConfig::ResponseHeader);
            let name = if is_header { header_name(&name)?.as_str().to_owned() } else { name };
            self.fields.push(FieldRule { source, name, take });
            return Ok(());
        };
        if rule.name.is_some() {
            return Err(shape("a value in a body has a path, not a name"));
        }
        let path = rule.path.as_deref().ok_or_else(|| shape("a value in a body needs a path"))?;
        let value = json_path(path, below)?;
        let when = rule.when.as_deref().map(|when| condition(when, below, &shape)).transpose()?;
        body.add_value(take, value, when);
        Ok(())
    }

    fn add_milestone(&mut self, milestone: &str, rule: &RuleConfig) -> Result<(), RuleError> {
        let shape = |reason| RuleError::Shape { rule: describe(rule), reason };
        let source = rule.from.ok_or_else(|| shape("from is missing: say which part of the exchange to read"))?;
        let (body, below) = self.body(source).ok_or_else(|| shape("a milestone is reached by what a body says"))?;
        if rule.name.is_some() || rule.path.is_some() {
            return Err(shape("a milestone has no name or path of a value; it needs only a when"));
        }
        let when = rule.when.as_deref().ok_or_else(|| shape("a milestone needs a when: PATH = VALUE"))?;
        let (path, expected) = condition(when, below, &shape)?;
        let amount = body.amount(rule, below, &shape)?;
        let when = Condition { pattern: body.pattern(path, 0), expected };
        body.milestones.push(MilestoneRule { name: milestone.to_owned(), when, amount });
        Ok(())
    }

    /// The body that a source is, and the member of it below which its paths begin.
    fn body(&mut self, source: SourceConfig) -> Option<(&mut BodyRules, Option<&'static str>)> {
        match source {
            SourceConfig::RequestBody => Some((&mut self.request, None)),
            SourceConfig::RequestGraphql => Some((&mut self.request, Some("variables"))),
            SourceConfig::ResponseBody => Some((&mut self.response, None)),
            _ => None,
        }
    }

    fn add_operation(&mut self, operation: &str, rule: &RuleConfig) -> Result<(), RuleError> {
        let shape = |reason| RuleError::Shape { rule: describe(rule), reason };
        if rule.name.is_some() || rule.path.is_some() {
            return Err(shape("an operation's values stand in its holes: {body.PATH}, {header.NAME}, {query.NAME}"));
        }
        if rule.from.is_some_and(|from| from != SourceConfig::RequestBody) {
            return Err(shape("the condition of an operation is about the request's body"));
        }
        let mut parts = Vec::new();
        let mut rest = operation;
        while let Some((literal, hole)) = rest.split_once('{') {
            let (hole, after) = hole.split_once('}').ok_or_else(|| shape("a hole is not closed: write }"))?;
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            parts.push(match hole.split_once('.') {
                Some(("body", path)) => Part::Body(self.request.pattern(path.parse()?, 0)),
                Some(("header", name)) => Part::Header(header_name(name)?),
                Some(("query", name)) => Part::Query(name.to_owned()),
                None if hole == "method" => Part::Method,
                _ => return Err(shape("a hole is {body.PATH}, {header.NAME}, {query.NAME} or {method}")),
            });
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        let when = rule.when.as_deref().map(|when| condition(when, None, &shape)).transpose()?;
        let when = when.map(|(path, expected)| Condition { pattern: self.request.pattern(path, usize::MAX), expected });
        self.operations.push(OperationRule { parts, when });
        Ok(())
    }
}

impl BodyRules {
    fn pattern(&mut self, path: JsonPath, anchor_depth: usize) -> usize {
        self.patterns.push(Pattern { path, anchor_depth });
        self.patterns.len() - 1
    }

    /// Where the milestone of a rule has its amount.
    fn amount(
        &mut self,
        rule: &RuleConfig,
        below: Option<&str>,
        shape: &impl Fn(&'static str) -> RuleError,
    ) -> Result<Option<Amount>, RuleError> {
        let (Some(path), Some(named)) = (&rule.amount, &rule.currency) else { return Ok(None) };
        let is_code = named.len() == 3 && named.chars().all(|letter| letter.is_ascii_uppercase());
        let currency = if is_code {
            CurrencySource::Fixed(currency(named).ok_or_else(|| shape("currency is no code of ISO 4217"))?)
        } else {
            CurrencySource::At(self.pattern(json_path(named, below)?, 0))
        };
        let unit = if rule.minor_units {
            Unit::Minor(MinorUnits::new(&rule.minor_digits).map_err(shape)?)
        } else {
            Unit::Major
        };
        Ok(Some(Amount { value: self.pattern(json_path(path, below)?, 0), currency, unit }))
    }

    fn add_value(&mut self, take: Take, value: JsonPath, when: Option<(JsonPath, String)>) {
        let depth = when.as_ref().map_or(0, |(when, _)| value.shared_depth(when));
        let value = self.pattern(value, depth);
        let when = when.map(|(path, expected)| Condition { pattern: self.pattern(path, depth), expected });
        self.values.push(ValueRule { take, value, when });
    }
}

fn header_name(name: &str) -> Result<HeaderName, RuleError> {
    HeaderName::try_from(name).map_err(|source| RuleError::Header { name: name.to_owned(), source })
}

fn json_path(text: &str, below: Option<&str>) -> Result<JsonPath, RuleError> {
    let path: JsonPath = text.parse()?;
    Ok(match below {
        Some(outer) => path.below(outer),
        None => path,
    })
}

fn condition(
    text: &str,
    below: Option<&str>,
    shape: &impl Fn(&'static str) -> RuleError,
) -> Result<(JsonPath, String), RuleError> {
    let (path, expected) = text.split_once('=').ok_or_else(|| shape("a condition is written PATH = VALUE"))?;
    Ok((json_path(path.trim(), below)?, expected.trim().to_owned()))
}

/// The rule's set fields, for messages.
fn describe(rule: &RuleConfig) -> String {
    serde_json::to_string(rule).unwrap_or_else(|_| format!("{rule:?}"))
}
