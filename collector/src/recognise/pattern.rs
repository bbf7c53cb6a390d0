use std::collections::{BTreeMap, HashMap};

/// A text in which `*` stands for any text, also none.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Vec<String>);

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self(text.split('*').map(str::to_owned).collect())
    }

    /// Whether nothing in it stands for any text.
    pub(super) fn is_exact(&self) -> bool {
        self.0.len() == 1
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.0.as_slice() else {
            return self.0.first().is_some_and(|whole| whole == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            match rest.find(part.as_str()) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

/// A table by patterns: exact texts first, then the longest pattern that fits.
#[derive(Clone, Debug)]
pub(super) struct PatternMap<V> {
    exact: HashMap<String, V>,
    patterns: Vec<(Pattern, V)>,
}

impl<V: Clone> PatternMap<V> {
    pub(super) fn new<'t>(entries: impl IntoIterator<Item = (&'t str, V)>) -> Self {
        let mut exact = HashMap::new();
        let mut patterns = BTreeMap::new();
        for (text, value) in entries {
            let pattern = Pattern::new(text);
            if pattern.is_exact() {
                exact.insert(text.to_owned(), value);
            } else {
                patterns.insert((std::cmp::Reverse(text.len()), text.to_owned()), (pattern, value));
            }
        }
        Self { exact, patterns: patterns.into_values().collect() }
    }

    pub(super) fn get(&self, text: &str) -> Option<&V> {
        self.exact
            .get(text)
            .or_else(|| self.patterns.iter().find(|(pattern, _)| pattern.fits(text)).map(|(_, value)| value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, fitting, other) in [
            ("oms", vec!["oms"], vec!["oms2", "", "om"]),
            ("erp-*", vec!["erp-", "erp-eu"], vec!["erp", "xerp-"]),
            ("*.stripe.com", vec!["api.stripe.com", ".stripe.com"], vec!["stripe.com", "api.stripe.com.x"]),
            ("a*b*c", vec!["abc", "a--b--c", "abbc"], vec!["ac", "acb", "ab"]),
            ("aa*aa", vec!["aaaa", "aaxaa"], vec!["aaa", "aa"]),
            ("*", vec!["", "x"], vec![]),
        ] {
            let compiled = Pattern::new(pattern);
            for text in fitting {
                assert!(compiled.fits(text), "{pattern} should fit {text:?}");
            }
            for text in other {
                assert!(!compiled.fits(text), "{pattern} should not fit {text:?}");
            }
        }
    }

    #[test]
    fn the_closest_pattern_wins() {
        let map = PatternMap::new([("*", 1), ("erp-*", 2), ("erp-eu-*", 3), ("erp-eu-1", 4)]);
        for (text, value) in [("x", 1), ("erp-us", 2), ("erp-eu-2", 3), ("erp-eu-1", 4)] {
            assert_eq!(map.get(text), Some(&value), "{text}");
        }
        assert_eq!(PatternMap::new([("erp", 1)]).get("oms"), None);
    }
}
