use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::path::{DEEPEST, JsonPath, Step};

/// Elements of an array that are looked at.
const ELEMENTS: usize = 64;
/// Pattern hits and leaves that are kept, so that no body makes capture use much memory.
const FINDS: usize = 512;
/// Longest text kept as a leaf; no key is longer.
const LEAF_BYTES: usize = 128;

/// Something to look for.
#[derive(Clone, Debug)]
pub(in crate::capture) struct Pattern {
    /// Where.
    pub(in crate::capture) path: JsonPath,
    /// Depth of the object whose identity a hit reports, so that two hits can be told to
    /// stand in one and the same object.
    pub(in crate::capture) anchor_depth: usize,
}

/// A scalar that stands where a pattern points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::capture) struct Hit {
    /// Index of the pattern.
    pub(in crate::capture) pattern: usize,
    /// Which object it stands in, at the pattern's anchor depth.
    pub(in crate::capture) anchor: u32,
    /// Which scalar of the document it is.
    pub(in crate::capture) scalar: u32,
    /// The member it is the value of, or within whose array it stands.
    pub(in crate::capture) name: String,
    /// The scalar's text.
    pub(in crate::capture) text: String,
}

/// A short string or an integer anywhere in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::capture) struct Leaf {
    /// Which scalar of the document it is.
    pub(in crate::capture) scalar: u32,
    /// The member it is the value of, or within whose array it stands.
    pub(in crate::capture) name: String,
    /// Its text.
    pub(in crate::capture) text: String,
    /// Whether it is a JSON string.
    pub(in crate::capture) is_string: bool,
}

/// What a body held.
#[derive(Debug, Default)]
pub(in crate::capture) struct Walk {
    /// For the patterns.
    pub(in crate::capture) hits: Vec<Hit>,
    /// For the default rules.
    pub(in crate::capture) leaves: Vec<Leaf>,
}

/// Looks for `patterns` and, if `wants_leaf` says so of a member name and a text, for leaves.
/// A document that is malformed or cut off yields what stood before the fault.
pub(in crate::capture) fn walk(
    bytes: &[u8],
    patterns: &[Pattern],
    wants_leaf: impl Fn(&str, &str, bool) -> bool,
) -> Walk {
    let mut walker = Walker {
        patterns,
        wants_leaf,
        active: (0..patterns.len()).collect(),
        objects: Vec::new(),
        objects_seen: 0,
        scalars_seen: 0,
        unsure: None,
        found: Walk::default(),
    };
    let root = Node { active: 0..patterns.len(), name: "", walker: &mut walker };
    let whole = root.deserialize(&mut serde_json::Deserializer::from_slice(bytes)).is_ok();
    if let (false, Some((hits, leaves))) = (whole, walker.unsure) {
        walker.found.hits.truncate(hits);
        walker.found.leaves.truncate(leaves);
    }
    walker.found
}

struct Walker<'p, W> {
    patterns: &'p [Pattern],
    wants_leaf: W,
    /// Stack of pattern indices: each open container's share are those whose steps so far
    /// lead to it.
    active: Vec<usize>,
    /// The open containers, outermost first, each with a number of its own.
    objects: Vec<u32>,
    objects_seen: u32,
    scalars_seen: u32,
    /// How much had been found before the number that was read last: at a cut it may lack
    /// its last digits, and 12 is another order than 1234.
    unsure: Option<(usize, usize)>,
    found: Walk,
}

impl<W: Fn(&str, &str, bool) -> bool> Walker<'_, W> {
    fn open(&mut self) {
        self.unsure = None;
        self.objects.push(self.objects_seen);
        self.objects_seen = self.objects_seen.wrapping_add(1);
    }

    /// Puts the patterns that go on through `member` (or an element) on the stack.
    fn enter(&mut self, active: Range<usize>, member: Option<&str>) -> Range<usize> {
        let start = self.active.len();
        let depth = self.objects.len() - 1;
        for at in active {
            let index = self.active[at];
            let goes_on = match (self.patterns[index].path.0.get(depth), member) {
                (Some(Step::Member(name)), Some(member)) => name == member,
                (Some(Step::Any), _) | (Some(Step::Element), None) => true,
                _ => false,
            };
            if goes_on {
                self.active.push(index);
            }
        }
        start..self.active.len()
    }

    fn integer(&mut self, active: Range<usize>, name: &str, text: &str) {
        let before = self.found();
        self.scalar(active, name, text, false);
        self.unsure = Some(before);
    }

    /// Nobody takes it for an id.
    fn float(&mut self, active: Range<usize>, name: &str, number: f64) {
        let before = self.found();
        let text = if active.is_empty() { String::new() } else { number.to_string() };
        self.value(active, name, &text);
        self.unsure = Some(before);
    }

    fn found(&self) -> (usize, usize) {
        (self.found.hits.len(), self.found.leaves.len())
    }

    fn scalar(&mut self, active: Range<usize>, name: &str, text: &str, is_string: bool) {
        let Some(scalar) = self.value(active, name, text) else { return };
        let short = text.len() <= LEAF_BYTES && self.found.leaves.len() < FINDS;
        if short && (self.wants_leaf)(name, text, is_string) {
            self.found.leaves.push(Leaf { scalar, name: name.to_owned(), text: text.to_owned(), is_string });
        }
    }

    /// Keeps a value that a pattern leads to; the value's number.
    fn value(&mut self, active: Range<usize>, name: &str, text: &str) -> Option<u32> {
        self.unsure = None;
        if self.objects.is_empty() {
            return None; // A lone scalar is no body of a commerce system, and could be cut anywhere.
        }
        let scalar = self.scalars_seen;
        self.scalars_seen = scalar.wrapping_add(1);
        let depth = self.objects.len();
        for at in active {
            let index = self.active[at];
            let pattern = &self.patterns[index];
            if pattern.path.0.len() == depth && self.found.hits.len() < FINDS {
                let anchor = self.objects.get(pattern.anchor_depth).copied().unwrap_or(u32::MAX);
                let (name, text) = (name.to_owned(), text.to_owned());
                self.found.hits.push(Hit { pattern: index, anchor, scalar, name, text });
            }
        }
        Some(scalar)
    }
}

struct Node<'w, 'p, 'n, W> {
    walker: &'w mut Walker<'p, W>,
    active: Range<usize>,
    name: &'n str,
}

impl<'de, W: Fn(&str, &str, bool) -> bool> DeserializeSeed<'de> for Node<'_, '_, '_, W> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.walker.objects.len() > DEEPEST {
            return IgnoredAny::deserialize(deserializer).map(drop);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de, W: Fn(&str, &str, bool) -> bool> Visitor<'de> for Node<'_, '_, '_, W> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.walker.scalar(self.active, self.name, text, true);
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.walker.integer(self.active, self.name, &number.to_string());
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.walker.integer(self.active, self.name, &number.to_string());
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        // Only conditions ask for these: `true` is never a usable key.
        self.walker.scalar(self.active, self.name, if value { "true" } else { "false" }, false);
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.walker.float(self.active, self.name, number);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.walker.unsure = None;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.walker.open();
        while let Some(Name(member)) = map.next_key()? {
            self.walker.unsure = None;
            let active = self.walker.enter(self.active.clone(), Some(&member));
            let bottom = active.start;
            map.next_value_seed(Node { walker: &mut *self.walker, active, name: &member })?;
            self.walker.active.truncate(bottom);
        }
        self.walker.unsure = None;
        self.walker.objects.pop();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.walker.open();
        let active = self.walker.enter(self.active.clone(), None);
        let bottom = active.start;
        for _ in 0..ELEMENTS {
            let node = Node { walker: &mut *self.walker, active: active.clone(), name: self.name };
            if seq.next_element_seed(node)?.is_none() {
                self.walker.unsure = None;
                break;
            }
        }
        self.walker.active.truncate(bottom);
        self.walker.objects.pop();
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// A member's name, borrowed from the document where it has no escapes.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}
