use super::columns::{Column, Measured};
use crate::text::Tone;

/// Growth from which something is worse, and worse by a lot.
const WORSE: f64 = 0.25;
const MUCH_WORSE: f64 = 1.0;

/// With fewer attempts than these on either side, figures jump for no reason.
const ENOUGH_ATTEMPTS: u64 = 20;

/// How bad a change is; that must be seen without colours too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Better, the same, or too little to be told from chance.
    Harmless,
    /// At least a quarter worse.
    Worse,
    /// At least twice as bad.
    MuchWorse,
}

impl Change {
    /// How it looks.
    pub fn tone(self) -> Tone {
        match self {
            Self::Harmless => Tone::Dim,
            Self::Worse => Tone::Warning,
            Self::MuchWorse => Tone::Error,
        }
    }

    /// What stands before it.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Harmless => "",
            Self::Worse => "▲",
            Self::MuchWorse => "▲▲",
        }
    }
}

/// How a figure changed: `+12 %`, `−3 %`, `×14`, `=` for not at all, `new` from nothing.
pub fn change(column: Column, now: Measured<'_>, before: Measured<'_>) -> (Change, String) {
    let (figure, then) = (column.compared(now), column.compared(before));
    if figure == then {
        return (Change::Harmless, "=".to_owned());
    }
    let growth = if then > 0.0 { figure / then - 1.0 } else { f64::INFINITY };
    let enough = now.figures.attempts.min(before.figures.attempts) >= ENOUGH_ATTEMPTS;
    let matters = column.matters_from().is_some_and(|least| enough && figure - then >= least);
    let change = match growth {
        growth if matters && growth >= MUCH_WORSE => Change::MuchWorse,
        growth if matters && growth >= WORSE => Change::Worse,
        _ => Change::Harmless,
    };
    (change, text(growth))
}

fn text(growth: f64) -> String {
    let percent = (growth * 100.0).round();
    match percent {
        f64::INFINITY => "new".to_owned(),
        percent if percent >= 99_900.0 => "×999".to_owned(),
        percent if percent >= 1_000.0 => format!("×{:.0}", growth + 1.0),
        percent if percent >= 1.0 => format!("+{percent} %"),
        percent if percent <= -1.0 => format!("−{} %", -percent),
        _ => "=".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use ordertrace_api::hotspot::{Figures, OrderFigures};

    use super::*;
    use crate::sample::figures;

    #[test]
    fn growth_in_few_columns() {
        for (growth, expected) in [
            (0.123, "+12 %"),
            (0.004, "="),
            (-0.004, "="),
            (-0.5, "−50 %"),
            (-1.0, "−100 %"),
            (9.994, "+999 %"),
            (9.996, "×11"),
            (12.7, "×14"),
            (1e9, "×999"),
            (f64::INFINITY, "new"),
        ] {
            assert_eq!(text(growth), expected, "{growth}");
        }
    }

    #[test]
    fn only_what_is_worse_by_a_lot_alarms() {
        let orders = OrderFigures::default();
        let tone = |column, now: &Figures, then: &Figures| {
            let (now, then) = (Measured { figures: now, orders: &orders }, Measured { figures: then, orders: &orders });
            change(column, now, then).0.tone()
        };
        let (then, slow) = (figures(100, 10_000_000), figures(100, 13_000_000));
        assert_eq!(tone(Column::P99, &slow, &then), Tone::Warning);
        assert_eq!(tone(Column::P99, &then, &slow), Tone::Dim, "better");
        assert_eq!(tone(Column::P99, &figures(100, 20_000_000), &then), Tone::Error);
        assert_eq!(tone(Column::P99, &figures(100, 11_000_000), &then), Tone::Dim, "little");
        assert_eq!(tone(Column::P99, &figures(19, 20_000_000), &then), Tone::Dim, "few attempts");
        assert_eq!(tone(Column::P99, &figures(100, 500_000), &figures(100, 100_000)), Tone::Dim, "a fast one");
        assert_eq!(tone(Column::Rate, &figures(1_000, 10_000_000), &then), Tone::Dim, "more work is not worse");
        let failing = Figures { error_share: 0.004, ..then };
        assert_eq!(tone(Column::Errors, &failing, &then), Tone::Dim, "a few errors");
        assert_eq!(tone(Column::Errors, &Figures { error_share: 0.02, ..then }, &failing), Tone::Error);
        assert_eq!(tone(Column::Errors, &Figures { error_share: 0.02, ..then }, &then), Tone::Error, "from none");
        assert_eq!(tone(Column::Tries, &Figures { amplification: 1.5, ..then }, &then), Tone::Warning);
    }
}
