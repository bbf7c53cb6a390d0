use ordertrace_api::history::History;
use ordertrace_api::lines::SkuOrder;
use ordertrace_api::sync::{AgeNow, DriftNow, SyncLag, SyncReply, UnclearId, UnclearIds};

use super::Surroundings;
use super::markdown::{Markdown, code, escape};
use crate::sync_table::{HistoryColumns, age_text, doubt_text, item_text, orders_texts, past_text, values_text};
use crate::text::{Line, Tone, fit, fit_end, human, ns_between, pad, wrap};

/// Before what belongs to the line above.
const INDENT: &str = "    ";

/// The columns of lags behind the names, and their widths.
const LAG_COLUMNS: [(&str, usize); 7] =
    [("WAITING", 8), ("LATE", 6), ("OLDEST", 8), ("ARRIVED", 8), ("P50", 8), ("P95", 8), ("P99", 8)];

/// Those of them for which there is room when the names are to be read.
const NARROW: [usize; 4] = [0, 1, 2, 5];

/// Which of the columns of lags are shown.
fn shown(columns: usize) -> Vec<usize> {
    if columns >= 100 { (0..LAG_COLUMNS.len()).collect() } else { NARROW.to_vec() }
}

/// Lags and drifts as two tables, and how old feeds are.
pub fn sync_lines(reply: &SyncReply, around: &Surroundings) -> Vec<Line> {
    let mut lines = if reply.lags.is_empty() { Vec::new() } else { compared_lines(reply, around) };
    if !lines.is_empty() && !reply.ages.is_empty() {
        lines.push(Line::default());
    }
    lines.extend(reply.ages.iter().map(|age| age_line(age, around)));
    let unclear = unclear_texts(&reply.ids).into_iter().flat_map(|text| wrap(&text, around.columns));
    lines.extend(unclear.map(|text| Line::of(Tone::Warning, text)));
    lines.into_iter().map(|line| line.cut(around.columns)).collect()
}

/// What is compared.
fn compared_lines(reply: &SyncReply, around: &Surroundings) -> Vec<Line> {
    let shown = shown(around.columns);
    let taken: usize = shown.iter().map(|column| LAG_COLUMNS[*column].1 + 1).sum();
    let names = around.columns.saturating_sub(taken).max(16);
    let mut heading = Line::of(Tone::Dim, pad("WHAT", names));
    for (name, width) in shown.iter().map(|column| LAG_COLUMNS[*column]) {
        heading.push(Tone::Dim, format!(" {name:>width$}"));
    }
    let mut lines = vec![heading];
    for lag in &reply.lags {
        lines.push(lag_line(lag, (names, &shown), around));
        lines.extend(
            lag.doubts.iter().map(|doubt| Line::of(Tone::Warning, format!("  ? {}", doubt_text(doubt, around.now)))),
        );
    }
    lines.push(Line::default());
    let is_doubtful = reply.lags.iter().any(|lag| !lag.doubts.is_empty());
    if reply.drifts.is_empty() && !is_doubtful {
        lines.push(Line::of(Tone::Good, "all targets show what their sources do"));
    }
    if is_doubtful {
        let known = if reply.drifts.is_empty() { "no drift is known, but " } else { "" };
        let hint = format!("{known}what is marked ? rests on old data: ordertrace status says why");
        lines.extend(wrap(&hint, around.columns).into_iter().map(|text| Line::of(Tone::Warning, text)));
    }
    lines.extend(reply.drifts.iter().flat_map(|drift| drift_lines(drift, around)));
    if reply.more {
        let hint = "there are more: narrow with --sku, or raise --limit";
        lines.extend(wrap(hint, around.columns).into_iter().map(|text| Line::of(Tone::Warning, text)));
    }
    lines
}

/// Ids of which somebody must say the SKU that are shown.
const IDS_SHOWN: usize = 5;

/// `! 2 ids without a SKU, such as variant 7 of shop`, and each that has several.
fn unclear_texts(ids: &UnclearIds) -> Vec<String> {
    let name = |id: &UnclearId| format!("{} {} of {}", id.kind, id.value, id.system);
    let mut texts = Vec::new();
    if ids.unresolved > 0 {
        let example = ids.examples.iter().find(|id| id.sku.is_none());
        let example = example.map(|id| format!(", such as {}", name(id))).unwrap_or_default();
        texts.push(format!("! {} ids without a SKU are not compared{example}", ids.unresolved));
    }
    let several = ids.examples.iter().filter_map(|id| {
        let (sku, other) = (id.sku.as_ref()?, id.other.as_ref()?);
        let why = if id.configured { "configured" } else { "told last" };
        Some(format!("! {} is {sku} ({why}), and was told to be {other}", name(id)))
    });
    texts.extend(several.take(IDS_SHOWN));
    if ids.contradicting > IDS_SHOWN as u64 {
        texts.push(format!("! {} ids have several SKUs", ids.contradicting));
    }
    texts
}

/// `feed shopping of pim: 2h05m old, made 2026-11-21 10:27:03 UTC`.
fn age_line(age: &AgeNow, around: &Surroundings) -> Line {
    let old = human(age.age_ms.saturating_mul(1_000_000));
    let made = format!(", made {}", around.date_clock(age.made_at));
    Line::of(Tone::Strong, age_text(age)).and(Tone::Plain, format!(": {old} old")).and(Tone::Dim, made)
}

/// What each system said of one SKU, on one time axis, and when these orders touched it.
pub fn history_lines(history: &History, orders: &[SkuOrder], drifts: &[DriftNow], around: &Surroundings) -> Vec<Line> {
    if history.copies.is_empty() {
        return vec![Line::of(Tone::Dim, format!("no system has said anything of {}", history.subject))];
    }
    let columns = HistoryColumns::of(around.columns, history, drifts);
    let rows = history.copies.iter().map(|copy| columns.row(history, copy, drifts, around.now));
    let marks = columns.marks(history, orders, None).filter(|_| !orders.is_empty());
    let lines = std::iter::once(columns.heading(history, &around.zone)).chain(marks).chain(rows);
    let mut lines: Vec<Line> = lines.map(|line| line.cut(around.columns)).collect();
    if history.more {
        lines.push(Line::of(Tone::Warning, "there is more: narrow with --since and --until").cut(around.columns));
    }
    lines
}

fn lag_line(lag: &SyncLag, (names, shown): (usize, &[usize]), around: &Surroundings) -> Line {
    let tone = if lag.late > 0 { Tone::Error } else { Tone::Plain };
    let mut line = Line::of(tone, pad(&fit(&name(lag), names), names));
    let cells = lag_cells(lag, around);
    for column in shown {
        let (cell, width) = (&cells[*column], LAG_COLUMNS[*column].1);
        let tone = if *column < 3 { tone } else { Tone::Plain };
        line.push(tone, format!(" {text:>width$}", text = fit_end(cell, width)));
    }
    line
}

/// As the columns name them.
fn lag_cells(lag: &SyncLag, around: &Surroundings) -> [String; 7] {
    let oldest = lag.oldest.map_or_else(|| "-".to_owned(), |oldest| human(ns_between(oldest, around.now)));
    let milliseconds =
        |lag_ms: Option<f64>| lag_ms.map_or_else(|| "-".to_owned(), |lag_ms| human((lag_ms * 1e6) as u64));
    [
        lag.waiting.to_string(),
        lag.late.to_string(),
        oldest,
        lag.arrived.to_string(),
        milliseconds(lag.p50_ms),
        milliseconds(lag.p95_ms),
        milliseconds(lag.p99_ms),
    ]
}

/// `stock wms→storefront ±30s`.
fn name(lag: &SyncLag) -> String {
    let uncertain = match lag.uncertain_ms {
        0 => String::new(),
        ms => format!(" ±{}", human(u64::from(ms) * 1_000_000)),
    };
    format!("{} {}→{}{uncertain}", lag.sync, lag.source, lag.target)
}

/// What differs, and below it what orders have to do with it.
fn drift_lines(drift: &DriftNow, around: &Surroundings) -> impl Iterator<Item = Line> {
    let columns = around.columns.saturating_sub(INDENT.len());
    let orders = orders_texts(drift).into_iter().flat_map(move |text| wrap(&text, columns));
    let orders = orders.map(|text| Line::of(Tone::Dim, format!("{INDENT}{text}")));
    std::iter::once(drift_line(drift, around)).chain(orders)
}

fn drift_line(drift: &DriftNow, around: &Surroundings) -> Line {
    let mark = if drift.late { (Tone::Error, "! ") } else { (Tone::Plain, "  ") };
    let text = values_text(drift);
    let since = format!("for {}", human(ns_between(drift.since, around.now)));
    let past = past_text(drift).map(|past| format!(", {past}")).unwrap_or_default();
    let line = Line::of(mark.0, mark.1).and(Tone::Strong, item_text(drift)).and(Tone::Plain, format!(": {text} "));
    line.and(Tone::Dim, since).and(Tone::Plain, past).and(Tone::Warning, if drift.doubtful { " ?" } else { "" })
}

/// The same for a ticket.
pub fn sync_markdown(reply: &SyncReply, around: &Surroundings) -> String {
    let mut text = Markdown::default();
    if !reply.lags.is_empty() {
        compared_markdown(&mut text, reply, around);
    }
    if !reply.ages.is_empty() {
        text.line("");
        let rows = reply.ages.iter().map(|age| {
            let old = human(age.age_ms.saturating_mul(1_000_000));
            vec![code(&age_text(age)), old, around.date_clock(age.made_at)]
        });
        text.table(&["what", "age", "made"], rows);
    }
    unclear_texts(&reply.ids).iter().for_each(|line| text.line(&format!("\n{line}")));
    text.text()
}

fn compared_markdown(text: &mut Markdown, reply: &SyncReply, around: &Surroundings) {
    let heads: Vec<String> = LAG_COLUMNS.iter().map(|(name, _)| name.to_lowercase()).collect();
    let heads: Vec<&str> = std::iter::once("what").chain(heads.iter().map(String::as_str)).chain(["doubts"]).collect();
    let doubts = |lag: &SyncLag| {
        let doubts = lag.doubts.iter().map(|doubt| escape(&doubt_text(doubt, around.now)));
        doubts.collect::<Vec<_>>().join("; ")
    };
    text.table(
        &heads,
        reply
            .lags
            .iter()
            .map(|lag| std::iter::once(code(&name(lag))).chain(lag_cells(lag, around)).chain([doubts(lag)]).collect()),
    );
    text.line("");
    let rows = reply.drifts.iter().map(|drift| {
        let (past, doubtful) = (past_text(drift).unwrap_or_default(), if drift.doubtful { "?" } else { "" });
        let (item, values, since) = (code(&item_text(drift)), values_text(drift), around.date_clock(drift.since));
        let orders = orders_texts(drift).join("; ");
        vec![drift.sync.clone(), item, values, since, past, doubtful.to_owned(), orders]
    });
    text.table(&["what", "item", "values", "since", "before", "doubtful", "orders"], rows);
    if reply.more {
        text.line("\nThere are more.");
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::sample;

    #[test]
    fn lags_and_drifts() {
        let around = |columns| Surroundings { now: sample::now(), zone: TimeZone::UTC, columns };
        let text = |columns| {
            let lines = sync_lines(&sample::sync(), &around(columns));
            assert!(lines.iter().all(|line| line.width() <= columns));
            lines.iter().map(|line| line.text().trim_end().to_owned()).collect::<Vec<_>>().join("\n")
        };
        assert_snapshot!("sync_80", text(80));
        assert_snapshot!("sync_140", text(140));
        let history = |columns| {
            let (orders, drifts) = (sample::sku_orders().orders, sample::sync().drifts);
            let lines = history_lines(&sample::history(), &orders, &drifts, &around(columns));
            lines.iter().map(|line| line.text().trim_end().to_owned()).collect::<Vec<_>>().join("\n")
        };
        assert_snapshot!("sync_history_80", history(80));
        assert_snapshot!("sync_history_140", history(140));
        assert_snapshot!("sync_markdown", sync_markdown(&sample::sync(), &around(80)));
        let mut reply = sample::sync();
        reply.drifts.clear();
        let lines = sync_lines(&reply, &around(140));
        let said: Vec<String> = lines.iter().map(Line::text).collect();
        assert!(!said.iter().any(|line| line.contains("all targets show")), "not from old data: {said:?}");
        reply.lags.iter_mut().for_each(|lag| lag.doubts.clear());
        assert!(sync_lines(&reply, &around(140)).iter().any(|line| line.text().contains("all targets show")));
        text(20);
    }
}
