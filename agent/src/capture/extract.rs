//! Applying compiled rules to one exchange.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use http::HeaderMap;
use ordertrace_api::finding::Money;
use ordertrace_api::keys::{KindTable, Strength, generalise, kind_of_name, kind_of_value, may_be_card_number};

use super::amount::{Amount, CurrencySource, currency};
use super::body::{Format, decoded, format};
use super::exchange::{BodyCopy, Exchange};
use super::finds::{Finds, Scope};
use super::json::{Hit, Leaf, Walk, walk};
use super::rule::SourceConfig;
use super::rules::{
    BodyRules, Condition, GRAPHQL_DOCUMENT, GRAPHQL_NAME, Kind, Mark, MilestoneRule, Part, Rules, Take,
};
use super::{Captured, auth, form, graphql};

/// Longest operation and idempotency key that are kept, in bytes.
const NAME_BYTES: usize = 128;
const IDEMPOTENCY_BYTES: usize = 255;

pub(super) struct Extraction<'e> {
    exchange: &'e Exchange,
    rules: &'e Rules,
    finds: Finds<'e>,
    idempotency_key: Option<String>,
    milestone: Option<String>,
    money: Option<Money>,
}

impl<'e> Extraction<'e> {
    pub(super) fn new(exchange: &'e Exchange, rules: &'e Rules) -> Self {
        let finds = Finds::new(&exchange.from, &exchange.to);
        Self { exchange, rules, finds, idempotency_key: None, milestone: None, money: None }
    }

    pub(super) fn run(mut self) -> Captured {
        let exchange = self.exchange;
        let template = self.path();
        self.headers(&exchange.request_headers, SourceConfig::RequestHeader);
        self.fields(exchange.query.as_deref().unwrap_or_default().as_bytes(), SourceConfig::RequestQuery);
        let request = self.request_body();
        self.headers(&exchange.response_headers, SourceConfig::ResponseHeader);
        self.response_body();
        let graphql = self.graphql(&request);
        let operation = self
            .configured_operation(&request)
            .or_else(|| graphql.as_ref()?.name.clone().filter(|name| is_name(name)))
            .unwrap_or_else(|| match &template {
                Some(template) => format!("{} {template}", exchange.method),
                None => format!("{} {}", exchange.method, generalise(&exchange.path)),
            });
        if self.idempotency_key.is_none() {
            let header = exchange.request_headers.get("idempotency-key").and_then(|value| value.to_str().ok());
            header.into_iter().for_each(|value| self.idempotency(value));
        }
        Captured {
            operation,
            url_template: template,
            idempotency_key: self.idempotency_key,
            auth_scheme: auth::scheme(&exchange.request_headers),
            graphql,
            milestone: self.milestone,
            money: self.money,
            keys: self.finds.into_keys(),
        }
    }

    /// Keys in the path; returns the template that it matches.
    fn path(&mut self) -> Option<String> {
        let path = &self.exchange.path;
        for (template, mark) in &self.rules.paths {
            for (kind, value) in template.matches(path).into_iter().flatten() {
                self.marked(kind, &value, mark);
            }
        }
        let matching = self.rules.templates.iter().find_map(|template| Some((template, template.matches(path)?)));
        for (kind, value) in matching.iter().flat_map(|(_, values)| values) {
            self.finds.add(kind, value, &Scope::To, false);
        }
        if self.rules.defaults {
            for segment in path.split('/').take(32) {
                let segment = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
                if let Some(kind) = kind_of_value(&segment) {
                    self.finds.add(kind, &segment, &Scope::To, false);
                }
            }
        }
        matching.map(|(template, _)| template.to_string())
    }

    fn headers(&mut self, headers: &HeaderMap, source: SourceConfig) {
        let texts = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        texts.for_each(|(name, value)| self.field(source, name, value));
    }

    fn fields(&mut self, bytes: &[u8], source: SourceConfig) {
        form::fields(bytes).for_each(|(name, value)| self.field(source, &name, &value));
    }

    /// A rule that names a field says what it is; only other fields are left to the defaults.
    fn field(&mut self, source: SourceConfig, name: &str, value: &str) {
        let rules = self.rules;
        let naming = rules.fields.iter().filter(|rule| rule.source == source && form::is_named(name, &rule.name));
        let mut is_named = false;
        for rule in naming {
            is_named = true;
            self.take(&rule.take, form::innermost(name), value);
        }
        if !is_named && rules.defaults {
            self.default_value(form::innermost(name), value, true);
        }
    }

    fn request_body(&mut self) -> Walk {
        let exchange = self.exchange;
        let Some(plain) = decoded(&exchange.request_headers, &exchange.request_body) else { return Walk::default() };
        match format(&exchange.request_headers, &plain) {
            Format::Json => self.json(&plain, &self.rules.request),
            Format::Form => {
                let whole = whole_fields(&plain, &exchange.request_body);
                self.fields(whole, SourceConfig::RequestForm);
                Walk::default()
            }
            Format::Other => Walk::default(),
        }
    }

    fn response_body(&mut self) {
        let exchange = self.exchange;
        let Some(plain) = decoded(&exchange.response_headers, &exchange.response_body) else { return };
        if format(&exchange.response_headers, &plain) == Format::Json {
            self.json(&plain, &self.rules.response);
        }
    }

    fn json(&mut self, plain: &[u8], body: &BodyRules) -> Walk {
        let defaults = self.rules.defaults;
        let found = walk(plain, &body.patterns, |name, text, is_string| {
            defaults && default_kind(name, text, is_string).is_some()
        });
        let mut named = BTreeSet::new();
        for rule in &body.values {
            let is_met = |hit: &Hit| rule.when.as_ref().is_none_or(|when| is_met(when, &found.hits, Some(hit.anchor)));
            for hit in found.hits.iter().filter(|hit| hit.pattern == rule.value && is_met(hit)) {
                named.insert(hit.scalar);
                self.take(&rule.take, &hit.name, &hit.text);
            }
        }
        for rule in body.milestones.iter().filter(|rule| is_met(&rule.when, &found.hits, None)) {
            self.reach(rule, &found);
        }
        let leaves: Vec<&Leaf> = found.leaves.iter().filter(|leaf| !named.contains(&leaf.scalar)).collect();
        let listed = listed_kinds(&leaves);
        for leaf in leaves {
            if default_kind(&leaf.name, &leaf.text, leaf.is_string).is_some_and(|kind| !listed.contains(kind)) {
                self.default_value(&leaf.name, &leaf.text, leaf.is_string);
            }
        }
        found
    }

    fn default_value(&mut self, name: &str, text: &str, is_string: bool) {
        if let Some(kind) = default_kind(name, text, is_string) {
            self.finds.add(kind, text, &Scope::To, is_capability(name));
        }
    }

    fn take(&mut self, take: &Take, name: &str, value: &str) {
        match take {
            Take::Key { kind: Kind::Fixed(kind), mark } => self.marked(kind, value, mark),
            Take::Key { kind: Kind::ByName, mark } => {
                if let Some(kind) = default_kind(name, value, true) {
                    let hash = mark.hash || is_capability(name);
                    self.marked(kind, value, &Mark { hash, ..mark.clone() });
                }
            }
            Take::Idempotency { prefix } => {
                value.strip_prefix(prefix.as_str()).into_iter().for_each(|value| self.idempotency(value));
            }
        }
    }

    /// The milestone of a rule whose condition is met, and what its body says that it is about.
    fn reach(&mut self, rule: &MilestoneRule, body: &Walk) {
        // A later rule for the same milestone may know where another version has the amount.
        if self.milestone.get_or_insert_with(|| rule.name.clone()) == &rule.name && self.money.is_none() {
            self.money = rule.amount.as_ref().and_then(|amount| money(amount, body));
        }
    }

    fn marked(&mut self, kind: &str, value: &str, mark: &Mark) {
        if let Some(value) = value.strip_prefix(mark.prefix.as_str()) {
            self.finds.add(kind, value, &mark.scope, mark.hash);
        }
    }

    fn idempotency(&mut self, value: &str) {
        let value = value.trim();
        if (1..=IDEMPOTENCY_BYTES).contains(&value.len()) && !may_be_card_number(value) {
            self.idempotency_key.get_or_insert_with(|| value.to_owned());
        }
    }

    fn configured_operation(&self, request: &Walk) -> Option<String> {
        let rules = self.rules.operations.iter();
        let holding = rules.filter(|rule| rule.when.as_ref().is_none_or(|when| is_met(when, &request.hits, None)));
        holding
            .filter_map(|rule| rule.parts.iter().map(|part| self.part(part, request)).collect::<Option<String>>())
            .find(|operation| is_name(operation))
    }

    fn part<'s>(&'s self, part: &'s Part, request: &'s Walk) -> Option<Cow<'s, str>> {
        match part {
            Part::Literal(text) => Some(Cow::Borrowed(text)),
            Part::Method => Some(Cow::Borrowed(&self.exchange.method)),
            Part::Header(name) => self.exchange.request_headers.get(name)?.to_str().ok().map(Cow::Borrowed),
            Part::Query(wanted) => form::fields(self.exchange.query.as_deref()?.as_bytes())
                .find_map(|(name, value)| (name == wanted.as_str()).then_some(value)),
            Part::Body(pattern) => text_at(request, *pattern).map(Cow::Borrowed),
        }
    }

    fn graphql(&self, request: &Walk) -> Option<graphql::GraphqlOperation> {
        let query: BTreeMap<_, _> =
            form::fields(self.exchange.query.as_deref().unwrap_or_default().as_bytes()).collect();
        let document = text_at(request, GRAPHQL_DOCUMENT).or_else(|| query.get("query").map(Cow::as_ref));
        let name = text_at(request, GRAPHQL_NAME).or_else(|| query.get("operationName").map(Cow::as_ref));
        graphql::operation(document?, name)
    }
}

fn money(amount: &Amount, body: &Walk) -> Option<Money> {
    let currency = match amount.currency {
        CurrencySource::Fixed(currency) => currency,
        CurrencySource::At(pattern) => currency(text_at(body, pattern)?)?,
    };
    amount.unit.money(text_at(body, amount.value)?, currency)
}

fn text_at(found: &Walk, pattern: usize) -> Option<&str> {
    found.hits.iter().find(|hit| hit.pattern == pattern).map(|hit| hit.text.as_str())
}

fn is_met(when: &Condition, hits: &[Hit], anchor: Option<u32>) -> bool {
    hits.iter().any(|hit| {
        hit.pattern == when.pattern && hit.text == when.expected && anchor.is_none_or(|anchor| anchor == hit.anchor)
    })
}

/// A cut form yields only the fields before the one that the cut went through.
fn whole_fields<'b>(plain: &'b [u8], body: &BodyCopy) -> &'b [u8] {
    if !body.is_truncated() {
        return plain;
    }
    let end = plain.iter().rposition(|b| *b == b'&').unwrap_or(0);
    &plain[..end]
}

/// What the default rules see in a value: its form says more than its name.
fn default_kind(name: &str, text: &str, is_string: bool) -> Option<&'static str> {
    let by_value = if is_string { kind_of_value(text) } else { None };
    by_value.or_else(|| kind_of_name(name))
}

/// Whoever holds such a value may act or look with it, so it is kept hashed: WooCommerce's
/// `order_key`, Shopify's `cart_token`.
fn is_capability(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "key", "secret"].iter().any(|word| name.ends_with(word))
}

/// Strong kinds of which one name has several values: the body is a list of orders, say, and
/// a list must not become a link between those on it.
fn listed_kinds(leaves: &[&Leaf]) -> BTreeSet<&'static str> {
    let kinds = KindTable::default();
    let mut first: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    let mut listed = BTreeSet::new();
    for leaf in leaves {
        let Some(kind) = default_kind(&leaf.name, &leaf.text, leaf.is_string) else { continue };
        let value = first.entry((kind, &leaf.name)).or_insert(&leaf.text);
        if *value != leaf.text && kinds.strength(kind) == Strength::Strong {
            listed.insert(kind);
        }
    }
    listed
}

fn is_name(text: &str) -> bool {
    (1..=NAME_BYTES).contains(&text.len()) && !text.chars().any(char::is_control) && !may_be_card_number(text)
}
