/// What an id is taken for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::sync) struct Verdict {
    /// Empty = nobody knows, as below.
    pub(in crate::sync) sku: String,
    /// The newest that was told otherwise, or, where nothing else was, nothing.
    pub(in crate::sync) other: String,
    /// Whether the configuration says so.
    pub(in crate::sync) is_configured: bool,
}

impl Verdict {
    /// Whether somebody must look at it.
    pub(in crate::sync) fn is_unclear(&self) -> bool {
        self.sku.is_empty() || !self.other.is_empty()
    }
}

/// The SKU that is configured, else the one that was told last; `told` is in the order of time, the newest first.
pub(super) fn decide(configured: Option<&str>, told: &[String]) -> Verdict {
    let sku = configured.or(told.first().map(String::as_str)).unwrap_or_default();
    let other = told.iter().find(|told| *told != sku).cloned().unwrap_or_default();
    Verdict { sku: sku.to_owned(), other, is_configured: configured.is_some() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_configured_goes_before_what_was_told_last() {
        let decided = |configured, told: &[&str]| {
            let told: Vec<String> = told.iter().map(|sku| (*sku).to_owned()).collect();
            let verdict = decide(configured, &told);
            (verdict.sku.clone(), verdict.other.clone(), verdict.is_unclear())
        };
        let of = |sku: &str, other: &str, is_unclear| (sku.to_owned(), other.to_owned(), is_unclear);
        assert_eq!(decided(None, &[]), of("", "", true));
        assert_eq!(decided(None, &["HAT"]), of("HAT", "", false));
        assert_eq!(decided(None, &["SCARF", "HAT"]), of("SCARF", "HAT", true));
        assert_eq!(decided(Some("HAT"), &["SCARF", "HAT"]), of("HAT", "SCARF", true));
        assert_eq!(decided(Some("HAT"), &["HAT"]), of("HAT", "", false));
        assert_eq!(decided(Some("HAT"), &[]), of("HAT", "", false));
    }
}
