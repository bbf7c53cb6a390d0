//! Which texts are the same on all spans of a kind, learned as spans come.
//!
//! Spans of one kind differ in few texts. A template knows in which: those are stored with each
//! span, the others once in its shape. A template only ever learns that a text differs, never
//! back, so it changes a few times and then stays; each change makes a new shape.

use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::shape::{Codes, FIELDS, Field, Shape, json};
use crate::native::{Dictionary, same};
use crate::record::{Mention, SpanRecord};
use crate::storage::codes::strength_code;

/// Spans that differ in nothing but their names (and what they ask of whom) are kinds of their
/// own up to so many; beyond, the name is no kind but a text like others.
const MOST_NAMES: u32 = 512;

/// Templates are forgotten when they take so many bytes.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// A text with so many digits in a row is expected to differ from span to span.
const ID_DIGITS: usize = 6;

/// Texts that a span may have of its own; one with more is a kind of its own instead.
const MOST_OWN: usize = 200;

/// Texts among which one is looked for that is the same: to look among all would take the square
/// of their number.
const MOST_COMPARED: usize = 64;

/// All templates, kept from group to group.
#[derive(Debug, Default)]
pub(super) struct Templates {
    templates: Vec<Template>,
    numbers: HashTable<u32>,
    /// How many templates differ in their names only.
    crowds: HashMap<u64, u32>,
    hasher: DefaultHashBuilder,
    bytes: usize,
    last: u32,
    /// Counts the groups; shapes have other numbers in each.
    group: u64,
}

/// Kind, system and [`strength_code`] of a key.
type KeyForm = (Box<str>, Box<str>, i8);

#[derive(Debug)]
struct Template {
    hash: u64,
    codes: Codes,
    names: Box<[Box<str>]>,
    keys: Box<[KeyForm]>,
    /// Name, operation and receiver, unless too many templates differ in nothing else.
    said: Option<[Box<str>; 3]>,
    rules: Vec<Rule>,
    shape: String,
    /// What it takes in all.
    bytes: usize,
    /// In which group the shape has which number.
    number: Option<(u64, u32)>,
    /// Which template came after this the last time.
    next: u32,
}

/// What is known of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    /// It has always been this.
    Fixed(Box<str>),
    /// It differs.
    Own,
    /// It differs, and has always been the same as an earlier one that does.
    Same(usize),
}

fn said<'r>(span: &SpanRecord<'r>) -> [&'r str; 3] {
    let side = span.side;
    [span.name, side.map_or("", |side| side.operation), side.map_or("", |side| side.to)]
}

fn is(one: &str, other: &str) -> bool {
    same(one.as_bytes(), other.as_bytes())
}

impl Template {
    fn new(hash: u64, codes: Codes, span: &SpanRecord<'_>, texts: &[&str], crowded: bool) -> Self {
        let attributes = span.attributes.len();
        let ids = [attributes + Field::Path as usize, attributes + Field::IdempotencyKey as usize];
        let mut rules: Vec<Rule> = Vec::with_capacity(texts.len());
        for (at, text) in texts.iter().enumerate() {
            let is_key = at >= attributes + FIELDS || span.keys.iter().any(|key| key.value == *text);
            let may_be_id = at < attributes || ids.contains(&at);
            let differs = is_key && !text.is_empty() || may_be_id && has_id(text);
            rules.push(if differs { differing(&rules, texts, text) } else { Rule::Fixed((*text).into()) });
        }
        let mut template = Self {
            hash,
            codes,
            names: span.attributes.iter().map(|(name, _)| (*name).into()).collect(),
            keys: span
                .keys
                .iter()
                .map(|key| (key.kind.into(), key.system.into(), strength_code(key.strength)))
                .collect(),
            said: (!crowded).then(|| said(span).map(Box::from)),
            rules,
            shape: String::new(),
            bytes: 0,
            number: None,
            next: 0,
        };
        template.shape = template.describe();
        template.bytes = template.bytes();
        template
    }

    fn fits(&self, codes: &Codes, span: &SpanRecord<'_>) -> bool {
        let is_key = |key: &Mention<'_>, known: &KeyForm| {
            is(key.kind, &known.0) && is(key.system, &known.1) && strength_code(key.strength) == known.2
        };
        self.codes == *codes
            && self.names.len() == span.attributes.len()
            && self.keys.len() == span.keys.len()
            && self.said.as_ref().is_none_or(|known| said(span).iter().zip(known).all(|(said, known)| is(said, known)))
            && span.attributes.iter().zip(&self.names).all(|((name, _), known)| is(name, known))
            && span.keys.iter().zip(&self.keys).all(|(key, known)| is_key(key, known))
    }

    /// The texts that the shape does not have; what differs for the first time is learned.
    /// Whether something was.
    fn own<'r>(&mut self, texts: &[&'r str], own: &mut Vec<&'r str>) -> bool {
        own.clear();
        let mut learned = false;
        for (at, text) in texts.iter().enumerate() {
            match &self.rules[at] {
                Rule::Fixed(fixed) if is(text, fixed) => {}
                Rule::Same(earlier) if is(text, texts[*earlier]) => {}
                Rule::Own => own.push(text),
                Rule::Fixed(_) | Rule::Same(_) => {
                    learned = true;
                    self.rules[at] = differing(&self.rules[..at], texts, text);
                    if self.rules[at] == Rule::Own {
                        own.push(text);
                    }
                }
            }
        }
        learned
    }

    /// What it takes.
    fn bytes(&self) -> usize {
        let of_rules = self.rules.iter().map(|rule| match rule {
            Rule::Fixed(text) => text.len(),
            Rule::Own | Rule::Same(_) => 0,
        });
        let of_names = self.names.iter().map(|name| name.len() + size_of::<Box<str>>());
        let of_keys = self.keys.iter().map(|(kind, system, _)| kind.len() + system.len() + size_of::<KeyForm>());
        let of_said = self.said.iter().flatten().map(|text| text.len());
        let texts: usize = of_rules.chain(of_names).chain(of_keys).chain(of_said).sum();
        size_of::<Self>() + self.rules.len() * size_of::<Rule>() + texts + self.shape.len()
    }

    fn describe(&self) -> String {
        let mut fixed: Vec<&str> = Vec::new();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut places: Vec<(bool, usize)> = Vec::with_capacity(self.rules.len());
        let mut own = 0;
        for rule in &self.rules {
            places.push(match rule {
                Rule::Fixed(text) => {
                    let number = *numbers.entry(text).or_insert(fixed.len());
                    if number == fixed.len() {
                        fixed.push(text);
                    }
                    (true, number)
                }
                Rule::Own => {
                    own += 1;
                    (false, own - 1)
                }
                Rule::Same(earlier) => places[*earlier],
            });
        }
        let count = fixed.len();
        let at = places.iter().map(|(is_fixed, place)| (place + 1 + if *is_fixed { 0 } else { count }) as u32);
        json(&Shape {
            kind: self.codes.kind,
            status: self.codes.status,
            observer: self.codes.observer,
            status_code: self.codes.status_code,
            resend_count: self.codes.resend_count,
            at: at.collect(),
            names: self.names.iter().map(|name| (**name).into()).collect(),
            keys: self
                .keys
                .iter()
                .map(|(kind, system, strength)| ((**kind).into(), (**system).into(), *strength))
                .collect(),
            fixed: fixed.into_iter().map(Into::into).collect(),
        })
    }
}

/// The rule of a text that differs, behind those of the texts before it.
fn differing(rules: &[Rule], texts: &[&str], text: &str) -> Rule {
    let earlier =
        rules.iter().take(MOST_COMPARED).zip(texts).position(|(rule, earlier)| *rule == Rule::Own && *earlier == text);
    earlier.map_or(Rule::Own, Rule::Same)
}

fn has_id(text: &str) -> bool {
    let mut run = 0;
    text.bytes().any(|byte| {
        run = if byte.is_ascii_digit() { run + 1 } else { 0 };
        run == ID_DIGITS
    })
}

impl Templates {
    /// Takes the templates along to the next group.
    pub(super) fn next_group(&mut self) -> Self {
        let mut next = std::mem::take(self);
        next.group += 1;
        next
    }

    /// The number in `shapes` of the span's shape. `texts` are the span's; `own` becomes those
    /// of them that the shape does not have.
    pub(super) fn shape<'r>(
        &mut self,
        span: &SpanRecord<'_>,
        texts: &[&'r str],
        own: &mut Vec<&'r str>,
        shapes: &mut Dictionary,
    ) -> u32 {
        let number = self.find(span, texts);
        let (group, Some(template)) = (self.group, self.templates.get_mut(number as usize)) else { return 0 };
        let bytes = template.bytes;
        if template.own(texts, own) {
            template.shape = template.describe();
            template.bytes = template.bytes();
            self.bytes = self.bytes - bytes + template.bytes;
            template.number = None;
        }
        if own.len() > MOST_OWN {
            own.clear();
            return shapes.number(&whole(template, texts));
        }
        match template.number {
            Some((of, number)) if of == group => number,
            _ => {
                let number = shapes.number(&template.shape);
                template.number = Some((group, number));
                number
            }
        }
    }

    /// The number of the template for a span, a new one if need be.
    fn find(&mut self, span: &SpanRecord<'_>, texts: &[&str]) -> u32 {
        let codes = Codes::of(span);
        let Self { templates, numbers, crowds, hasher, last, .. } = &*self;
        let fits = |number: u32| templates.get(number as usize).is_some_and(|template| template.fits(&codes, span));
        let guess = templates.get(*last as usize).map_or(0, |last| last.next);
        if fits(guess) {
            self.last = guess;
            return guess;
        }
        let mut state = hasher.build_hasher();
        codes.hash(&mut state);
        span.attributes.iter().for_each(|(name, _)| name.hash(&mut state));
        span.keys.iter().for_each(|key| (key.kind, key.system, strength_code(key.strength)).hash(&mut state));
        let coarse = state.finish();
        said(span).hash(&mut state);
        let fine = state.finish();
        let crowded = crowds.get(&coarse).is_some_and(|names| *names >= MOST_NAMES);
        let found = numbers.find(fine, |number| fits(*number)).copied();
        let found = found.or_else(|| crowded.then(|| numbers.find(coarse, |number| fits(*number)).copied())?);
        let number = found.unwrap_or_else(|| {
            *self.crowds.entry(coarse).or_default() += 1;
            self.add(Template::new(if crowded { coarse } else { fine }, codes, span, texts, crowded))
        });
        if let Some(last) = self.templates.get_mut(self.last as usize) {
            last.next = number;
        }
        self.last = number;
        number
    }

    fn add(&mut self, template: Template) -> u32 {
        if self.bytes > MOST_BYTES {
            let hasher = self.hasher.clone();
            *self = Self { group: self.group, hasher, ..Self::default() };
        }
        self.bytes += template.bytes;
        let number = self.templates.len() as u32;
        let hash = template.hash;
        self.templates.push(template);
        let Self { templates, numbers, .. } = self;
        numbers
            .insert_unique(hash, number, |number| templates.get(*number as usize).map_or(0, |template| template.hash));
        number
    }
}

/// A shape that leaves a span no texts of its own.
fn whole(template: &Template, texts: &[&str]) -> String {
    let rules = texts.iter().map(|text| Rule::Fixed((*text).into())).collect();
    let (codes, names, keys) = (template.codes, template.names.clone(), template.keys.clone());
    Template { hash: 0, codes, names, keys, said: None, rules, shape: String::new(), bytes: 0, number: None, next: 0 }
        .describe()
}

#[cfg(test)]
mod tests;
