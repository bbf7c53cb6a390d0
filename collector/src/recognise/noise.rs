use std::collections::HashMap;

use bumpalo::Bump;
use ordertrace_api::span::SpanKind;

use crate::record::{Mention, SpanRecord};
use crate::settings::RecogniseSettings;

use super::RecogniseError;
use super::fields::Fields;
use super::pattern::Pattern;

/// The rules by which spans say nothing of any order.
#[derive(Debug)]
pub(super) struct NoiseRules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    name: String,
    root: bool,
    kinds: Vec<SpanKind>,
    attribute: Option<Pattern>,
    names: Vec<Pattern>,
    paths: Vec<Pattern>,
}

impl NoiseRules {
    pub(super) fn new(settings: &RecogniseSettings) -> Result<Self, RecogniseError> {
        let patterns = |texts: &[String]| texts.iter().map(|text| Pattern::new(text)).collect::<Vec<_>>();
        let mut rules = Vec::new();
        for (index, rule) in settings.noise.iter().enumerate() {
            let unconditional =
                rule.kinds.is_empty() && rule.attribute.is_none() && rule.names.is_empty() && rule.paths.is_empty();
            if rule.name.is_empty() || unconditional {
                let what = if unconditional { "conditions" } else { "name" };
                return Err(RecogniseError::Empty { setting: format!("recognise.noise[{index}].{what}") });
            }
            rules.push(Rule {
                name: rule.name.clone(),
                root: rule.root,
                kinds: rule.kinds.iter().map(|kind| (*kind).into()).collect(),
                attribute: rule.attribute.as_deref().map(Pattern::new),
                names: patterns(&rule.names),
                paths: patterns(&rule.paths),
            });
        }
        Ok(Self(rules))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|rule| rule.name.as_str())
    }

    /// The rule that the span falls under; empty = none.
    pub(super) fn of_span<'a>(
        &self,
        span: &SpanRecord<'a>,
        fields: &Fields<'_>,
        keys: &[Mention<'_>],
        arena: &'a Bump,
    ) -> &'a str {
        if names_an_order(keys) {
            return "";
        }
        let any = |patterns: &[Pattern], text: &str| patterns.is_empty() || patterns.iter().any(|p| p.fits(text));
        let holds = |rule: &&Rule| {
            (!rule.root || span.parent_span_id == [0; 8])
                && (rule.kinds.is_empty() || rule.kinds.contains(&span.kind))
                && any(&rule.names, span.name)
                && any(&rule.paths, fields.url.path)
                && rule
                    .attribute
                    .as_ref()
                    .is_none_or(|wanted| span.attributes.iter().any(|(name, _)| wanted.fits(name)))
        };
        self.0.iter().find(holds).map_or("", |rule| arena.alloc_str(&rule.name))
    }
}

fn names_an_order(keys: &[Mention<'_>]) -> bool {
    keys.iter().any(Mention::is_strong)
}

/// What noise caused is noise as well, as far as it came in the same request. Ends whatever
/// the parents say, also when they form a circle.
pub(super) fn spread(spans: &mut [SpanRecord<'_>]) {
    if spans.iter().all(|span| span.noise.is_empty()) {
        return;
    }
    let mut children: HashMap<([u8; 16], [u8; 8]), Vec<usize>> = HashMap::new();
    let mut noisy = Vec::new();
    for (at, span) in spans.iter().enumerate() {
        if span.noise.is_empty() {
            children.entry((span.trace_id, span.parent_span_id)).or_default().push(at);
        } else {
            noisy.push(at);
        }
    }
    while let Some(parent) = noisy.pop() {
        // Taken out of the map, so that each span is looked at once.
        let found = children.remove(&(spans[parent].trace_id, spans[parent].span_id));
        for child in found.unwrap_or_default() {
            if !names_an_order(spans[child].keys) {
                spans[child].noise = spans[parent].noise;
                noisy.push(child);
            }
        }
    }
}
