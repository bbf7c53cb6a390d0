use ordertrace_api::agent::{AgentStatus, StreamStatus};
use ordertrace_api::status::Count;

use super::Surroundings;
use super::markdown::{Markdown, code, escape};
use super::status::{reasons, total};
use crate::text::{Line, Tone, fit, size};

/// What an agent says of itself, or why it says nothing.
pub fn agent_lines(url: &str, answer: &Result<AgentStatus, String>, around: &Surroundings) -> Vec<Line> {
    let status = match answer {
        Ok(status) => status,
        Err(error) => {
            let text = crate::text::wrap(error, around.columns.saturating_sub(2));
            let mut lines = vec![Line::of(Tone::Title, "agent     ").and(Tone::Plain, url)];
            lines.extend(text.into_iter().map(|text| Line::of(Tone::Error, format!("  {text}"))));
            return lines.into_iter().map(|line| line.cut(around.columns)).collect();
        }
    };
    let spool = &status.spool;
    let mut waits = format!("{} of {}, {} requests wait", size(spool.bytes), size(spool.limit_bytes), spool.records);
    if let Some(oldest) = spool.oldest_at {
        waits.push_str(&format!(", the oldest since {}", around.ago(oldest)));
    }
    let mut lines = vec![
        Line::of(Tone::Title, "agent     ")
            .and(Tone::Plain, format!("{}  {url}  version {}", status.name, status.version)),
        Line::of(
            Tone::Dim,
            format!("  up since {} ({})", around.date_clock(status.started_at), around.ago(status.started_at)),
        ),
        Line::of(Tone::Title, "spool     ").and(if spool.records > 0 { Tone::Warning } else { Tone::Plain }, waits),
    ];
    if spool.damaged_records > 0 {
        lines.push(Line::of(Tone::Error, format!("  {} damaged requests were left out", spool.damaged_records)));
    }
    let columns = ["ITEMS", "ACCEPTED", "SENT", "SPOOLED", "DROPPED"];
    let [name, accepted, sent, spooled, dropped] = columns;
    lines.push(Line::of(Tone::Title, format!("{name:<28} {accepted:>11} {sent:>11} {spooled:>9} {dropped:>9}")));
    lines.extend(status.streams.iter().map(stream));
    lines.into_iter().map(|line| line.cut(around.columns)).collect()
}

fn stream(stream: &StreamStatus) -> Line {
    let name = fit(&format!("{:<8}{}", stream.signal, stream.sender), 28);
    let text = format!("{name:<28} {:>11} {:>11} ", stream.accepted, stream.sent);
    let tone = |count: u64, tone: Tone| if count > 0 { tone } else { Tone::Plain };
    let dropped = total(&stream.dropped);
    Line::of(Tone::Plain, text)
        .and(tone(stream.spooled, Tone::Warning), format!("{:>9} ", stream.spooled))
        .and(tone(dropped, Tone::Error), format!("{dropped:>9}  {}", given_up(stream)))
}

/// Reasons for which items were dropped, or never taken.
fn given_up(stream: &StreamStatus) -> String {
    let refused: Vec<Count> = stream
        .refused
        .iter()
        .map(|refused| Count { name: format!("refused: {}", refused.name), count: refused.count })
        .collect();
    reasons(&[stream.dropped.as_slice(), refused.as_slice()].concat())
}

/// The same for a ticket.
pub fn agent_markdown(url: &str, answer: &Result<AgentStatus, String>, around: &Surroundings) -> String {
    let mut page = Markdown::default();
    page.line("");
    let status = match answer {
        Ok(status) => status,
        Err(error) => {
            page.line(&format!("- agent {}: **{}**", code(url), escape(error)));
            return page.text();
        }
    };
    let since = around.date_clock(status.started_at);
    let (name, version) = (escape(&status.name), escape(&status.version));
    page.line(&format!("- agent {name} at {}, version {version}, up since {since}", code(url)));
    let spool = &status.spool;
    page.line(&format!(
        "- spool {} of {}, {} requests wait",
        size(spool.bytes),
        size(spool.limit_bytes),
        spool.records
    ));
    page.line("");
    let rows = status.streams.iter().map(|stream| {
        let mut row = vec![escape(&stream.signal), escape(&stream.sender)];
        let counts = [stream.accepted, stream.sent, stream.spooled, total(&stream.dropped)];
        row.extend(counts.map(|count| count.to_string()));
        row.push(escape(&given_up(stream)));
        row
    });
    page.table(&["signal", "sender", "accepted", "sent", "spooled", "dropped", "reasons"], rows);
    page.text()
}
