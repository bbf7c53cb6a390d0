/// What the rows of a list must say to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextFilter {
    /// As it was typed; empty for all.
    pub text: String,
    /// Whether it is being typed.
    pub typing: bool,
}

impl TextFilter {
    /// Whether rows are left out.
    pub fn is_set(&self) -> bool {
        !self.wanted().is_empty()
    }

    /// What to look for.
    pub fn wanted(&self) -> &str {
        self.text.trim()
    }

    /// Whether any of `texts` contains it, in whichever case.
    pub fn admits<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        let wanted = self.wanted().to_lowercase();
        texts.into_iter().any(|text| text.to_lowercase().contains(&wanted))
    }
}
