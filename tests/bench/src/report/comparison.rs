use serde::Serialize;

use super::{Format, table};

/// One measured value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Figure {
    /// What it is, with its unit last.
    pub(crate) name: String,
    /// How much.
    pub(crate) value: f64,
}

impl Figure {
    /// One figure.
    pub(crate) fn new(name: impl Into<String>, value: f64) -> Self {
        Self { name: name.into(), value }
    }
}

/// What one contender showed in one round.
#[derive(Clone, Debug, Serialize)]
struct Round {
    contender: String,
    round: u32,
    figures: Vec<Figure>,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) figure: String,
    /// Medians, one for each contender; none when it has no such figure.
    pub(super) medians: Vec<Option<f64>>,
    /// The first contender's median divided by that of each other.
    pub(super) ratios: Vec<Option<f64>>,
}

/// One kind of work, done by several contenders in turn. The first of them is the product.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    name: &'static str,
    /// What was done, a sentence each.
    work: Vec<String>,
    versions: Vec<String>,
    contenders: Vec<String>,
    rounds: Vec<Round>,
    /// What else was seen, a line each.
    notes: Vec<String>,
}

impl Comparison {
    /// A comparison without rounds.
    pub(crate) fn new(name: &'static str, contenders: Vec<String>, versions: Vec<String>, work: Vec<String>) -> Self {
        Self { name, work, versions, contenders, rounds: Vec::new(), notes: Vec::new() }
    }

    /// Adds what one contender showed in one round.
    pub(crate) fn add(&mut self, contender: &str, round: u32, figures: Vec<Figure>) {
        self.rounds.push(Round { contender: contender.to_owned(), round, figures });
    }

    /// Adds a remark, unless it is there already.
    pub(crate) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The table's lines, in the order in which figures were first seen.
    fn rows(&self) -> Vec<Row> {
        let mut names: Vec<&str> = Vec::new();
        for figure in self.rounds.iter().flat_map(|round| &round.figures) {
            if !names.contains(&figure.name.as_str()) {
                names.push(&figure.name);
            }
        }
        names.into_iter().map(|name| self.row(name)).collect()
    }

    fn row(&self, name: &str) -> Row {
        let of = |contender: &str| {
            let rounds = self.rounds.iter().filter(|round| round.contender == contender);
            let figures = rounds.flat_map(|round| &round.figures).filter(|figure| figure.name == name);
            median(figures.map(|figure| figure.value).collect())
        };
        let medians: Vec<Option<f64>> = self.contenders.iter().map(|contender| of(contender)).collect();
        let ours = medians.first().copied().flatten();
        let ratios = medians.iter().skip(1).map(|theirs| Some(ours? / (*theirs)?).filter(|ratio| ratio.is_finite()));
        Row { figure: name.to_owned(), ratios: ratios.collect(), medians }
    }

    /// Heading, what was done, table and remarks.
    pub(super) fn text(&self, format: Format) -> String {
        let markdown = format == Format::Markdown;
        let heading = if markdown { format!("## {}", self.name) } else { self.name.to_uppercase() };
        let mut lines = vec![heading, String::new()];
        lines.extend(self.work.iter().cloned());
        lines.push(format!("Versions: {}.", self.versions.join("; ")));
        lines.push(format!("Medians of {} rounds, contenders in turn.", self.round_count()));
        lines.push(String::new());
        lines.push(table::render(&self.contenders, &self.rows(), markdown));
        if !self.notes.is_empty() {
            lines.push(String::new());
            lines.extend(self.notes.iter().map(|note| format!("- {note}")));
        }
        lines.join("\n")
    }

    fn round_count(&self) -> u32 {
        self.rounds.iter().map(|round| round.round).max().unwrap_or(0)
    }
}

/// The middle value; of an even number, the mean of the middle two.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied()?;
    let lower = values.get((values.len() - 1) / 2).copied()?;
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0]), Some(3.0));
        assert_eq!(median(vec![9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 100.0]), Some(3.0));
    }

    #[test]
    fn ratios_are_of_medians_and_missing_figures_have_none() {
        let mut comparison =
            Comparison::new("ingest", ["ours", "theirs", "others"].map(str::to_owned).to_vec(), vec![], vec![]);
        for (round, (ours, theirs)) in [(1.0, 8.0), (5.0, 2.0), (2.0, 4.0)].into_iter().enumerate() {
            let round = u32::try_from(round).unwrap() + 1;
            comparison.add("ours", round, vec![Figure::new("cost", ours), Figure::new("only ours", 1.0)]);
            comparison.add("theirs", round, vec![Figure::new("cost", theirs)]);
            comparison.add("others", round, vec![Figure::new("cost", 0.0)]);
        }
        let rows = comparison.rows();
        assert_eq!(rows[0].medians, [Some(2.0), Some(4.0), Some(0.0)]);
        assert_eq!(rows[0].ratios, [Some(0.5), None]);
        assert_eq!(rows[1].medians, [Some(1.0), None, None]);
        assert_eq!(rows[1].ratios, [None, None]);
        assert_eq!(comparison.round_count(), 3);
    }

    #[test]
    fn the_text_has_it_all() {
        let mut comparison = Comparison::new(
            "ingest",
            ["ours", "theirs"].map(str::to_owned).to_vec(),
            vec!["x 1".to_owned()],
            vec!["Much.".to_owned()],
        );
        comparison.add("ours", 1, vec![Figure::new("cost, s", 1.0)]);
        comparison.add("theirs", 1, vec![Figure::new("cost, s", 3.0)]);
        comparison.note("odd".to_owned());
        comparison.note("odd".to_owned());
        assert_eq!(
            comparison.text(Format::Markdown),
            "## ingest\n\nMuch.\nVersions: x 1.\nMedians of 1 rounds, contenders in turn.\n\n\
             | figure  | ours | theirs | ours ÷ theirs |\n\
             |---------|------|--------|---------------|\n\
             | cost, s | 1.00 | 3.00   | 0.33          |\n\n- odd"
        );
    }
}
