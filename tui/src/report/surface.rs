use ordertrace_api::surface::Surface;

use super::Surroundings;
use super::markdown::{Markdown, code};
use crate::surface_table::{SurfaceColumns, handoff, summary_texts};
use crate::text::{Line, Tone, wrap};

/// How handoffs are done, as a table.
pub fn surface_lines(reply: &Surface, around: &Surroundings) -> Vec<Line> {
    let columns = SurfaceColumns::of(around.columns);
    let texts = summary_texts(&reply.summary).into_iter().chain([range(reply, around)]);
    let head = texts.flat_map(|text| wrap(&text, around.columns)).map(|text| Line::of(Tone::Dim, text));
    let rows = reply.rows.iter().map(|way| columns.row(way, around.now));
    let mut lines: Vec<Line> = head.chain([columns.heading(None)]).chain(rows).collect();
    if reply.more {
        let hint = "there are more: narrow with --since and --until";
        lines.extend(wrap(hint, around.columns).into_iter().map(|text| Line::of(Tone::Warning, text)));
    }
    lines.into_iter().map(|line| line.cut(around.columns)).collect()
}

/// The same for a ticket.
pub fn surface_markdown(reply: &Surface, around: &Surroundings) -> String {
    let mut text = Markdown::default();
    for sentence in summary_texts(&reply.summary) {
        text.line(&format!("{sentence}."));
    }
    text.line(&format!("{}.", range(reply, around)));
    text.line("");
    let said = |text: &Option<String>| text.as_deref().map(code).unwrap_or_default();
    let rows = reply.rows.iter().map(|way| {
        vec![
            code(&handoff(way)),
            said(&way.auth),
            said(&way.tls),
            said(&way.endpoint),
            way.calls.to_string(),
            around.date_clock(way.last_seen),
        ]
    });
    text.table(&["handoff", "authentication", "TLS", "endpoint", "calls", "last"], rows);
    if reply.more {
        text.line("\nThere are more.");
    }
    text.text()
}

fn range(reply: &Surface, around: &Surroundings) -> String {
    let (since, until) = (around.date_clock(reply.range.since), around.date_clock(reply.range.until));
    format!("{since} until {until}, the least protected first")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::sample;

    fn around(columns: usize) -> Surroundings {
        Surroundings { now: sample::now(), zone: TimeZone::UTC, columns }
    }

    #[test]
    fn the_surface() {
        let text = |columns| {
            let lines = surface_lines(&sample::surface(), &around(columns));
            assert!(lines.iter().all(|line| line.width() <= columns));
            lines.iter().map(|line| line.text().trim_end().to_owned()).collect::<Vec<_>>().join("\n")
        };
        assert_snapshot!("surface_80", text(80));
        assert_snapshot!("surface_140", text(140));
        assert_snapshot!("surface_markdown", surface_markdown(&sample::surface(), &around(80)));
        text(20);
    }
}
