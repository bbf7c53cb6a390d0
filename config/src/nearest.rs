/// Names this alike (Jaro-Winkler; 1 = equal) are taken for misspelt.
const ALIKE: f64 = 0.8;

/// The known name that a typing error may have come from.
pub fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_and_something_else() {
        let known = ["payment.captured", "order.placed"];
        assert_eq!(nearest("payment.capturd", known), Some("payment.captured".to_owned()));
        assert_eq!(nearest("xyz", known), None);
    }
}
