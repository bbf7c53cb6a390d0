/// Markdown, line by line.
#[derive(Debug, Default)]
pub(super) struct Markdown(String);

impl Markdown {
    pub(super) fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// A blank line and a heading.
    pub(super) fn heading(&mut self, level: usize, text: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.line(&format!("{} {}", "#".repeat(level), escape(text)));
        self.0.push('\n');
    }

    /// A table; cells are escaped already.
    pub(super) fn table(&mut self, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
        self.line(&format!("| {} |", head.join(" | ")));
        self.line(&format!("|{}", "---|".repeat(head.len())));
        for row in rows {
            self.line(&format!("| {} |", row.join(" | ")));
        }
    }

    pub(super) fn text(self) -> String {
        self.0
    }
}

/// `text` as plain text: nothing in it is markup, not even in a table.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in crate::text::plain(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '|' | '<' | '>' | '[' | ']' | '#' | '~') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// `text` as code: an id to copy, in a table too.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", crate::text::plain(text).replace('`', "'").replace('|', "\\|"))
}
