//! Which attempt of a handoff repeats which, and what tells so.

use ordertrace_api::attributes;
use ordertrace_api::journey::{Attempt, Handoff, Outcome, Repeat};

use crate::text::{Line, Tone, human, ns_between};

const RESEND_COUNT: &str = "http.request.resend_count";

/// Attempts told of around the chosen one; a storm has hundreds.
const SHOWN: usize = 4;

/// A line for each attempt around the chosen one that repeats another.
pub(super) fn repeat_lines(handoff: &Handoff, chosen: usize) -> Vec<Line> {
    let repeats: Vec<(usize, &Attempt, Repeat)> = handoff
        .attempts
        .iter()
        .enumerate()
        .filter_map(|(at, attempt)| attempt.repeats.map(|repeat| (at, attempt, repeat)))
        .collect();
    let here = repeats.partition_point(|(at, ..)| *at < chosen);
    let first = here.saturating_sub(SHOWN / 2).min(repeats.len().saturating_sub(SHOWN));
    let shown = repeats.iter().skip(first).take(SHOWN);
    let mut lines: Vec<Line> =
        shown.map(|(at, attempt, repeat)| line(handoff, *at, attempt, *repeat, *at == chosen)).collect();
    let rest = repeats.len().saturating_sub(lines.len());
    if rest > 0 {
        lines.push(Line::of(Tone::Dim, format!("{rest} more attempts repeat one before them")));
    }
    lines
}

/// `3 repeats 2: idempotency key co-9921; 5m00s later, another trace`.
fn line(handoff: &Handoff, at: usize, attempt: &Attempt, repeat: Repeat, chosen: bool) -> Line {
    let of = repeated(handoff, at, repeat);
    let which = of.map_or_else(|| "one before it".to_owned(), |(of, _)| (of + 1).to_string());
    let mark = if chosen { "▸" } else { "" };
    let mut line = Line::of(Tone::Strong, format!("{mark}{} repeats {which}", at + 1));
    line.push(Tone::Warning, format!(": {}", why(attempt, repeat)));
    let Some((_, before)) = of else { return line };
    let waited_ns = ns_between(before.started_at, attempt.started_at).saturating_sub(before.duration_ns);
    let place = match (trace(before), trace(attempt)) {
        (Some(one), Some(other)) if one == other => ", same trace",
        (Some(_), Some(_)) => ", another trace",
        _ => "",
    };
    line.push(Tone::Dim, format!("; {} later{place}", human(waited_ns)));
    line
}

fn why(attempt: &Attempt, repeat: Repeat) -> String {
    match repeat {
        Repeat::SameKey => match value(attempt, attributes::IDEMPOTENCY_KEY) {
            Some(key) => format!("idempotency key {key}"),
            None => "the same idempotency key".to_owned(),
        },
        Repeat::Declared => match value(attempt, RESEND_COUNT) {
            Some(count) => format!("declared, {RESEND_COUNT} = {count}"),
            None => "declared".to_owned(),
        },
        Repeat::AfterFailure => "the same request for the order, after it failed".to_owned(),
    }
}

/// The attempt that the one at `at` goes on with: of those before it the latest that bears its key, or that
/// failed, or the latest.
fn repeated(handoff: &Handoff, at: usize, repeat: Repeat) -> Option<(usize, &Attempt)> {
    let key = handoff.attempts.get(at).and_then(|attempt| value(attempt, attributes::IDEMPOTENCY_KEY));
    let is_meant = |attempt: &Attempt| match repeat {
        Repeat::SameKey => value(attempt, attributes::IDEMPOTENCY_KEY) == key,
        Repeat::Declared => true,
        Repeat::AfterFailure => attempt.outcome == Outcome::Error,
    };
    let before = || handoff.attempts.iter().enumerate().take(at).rev();
    before().find(|(_, attempt)| is_meant(attempt)).or_else(|| before().next())
}

fn value<'a>(attempt: &'a Attempt, name: &str) -> Option<&'a str> {
    attempt.sides.iter().find_map(|side| side.attributes.get(name)).map(String::as_str)
}

fn trace(attempt: &Attempt) -> Option<&str> {
    attempt.sides.first().map(|side| side.trace_id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{HandoffBuilder, MINUTE_MS};

    fn texts(handoff: &Handoff, chosen: usize) -> Vec<String> {
        repeat_lines(handoff, chosen).iter().map(Line::text).collect()
    }

    #[test]
    fn each_reason_is_told_with_the_attempt_that_is_repeated() {
        let builder = || HandoffBuilder::new("label", Some("wms"), "shipping", "POST /labels").proxied();
        let failed = |builder: HandoffBuilder| builder.failed(0, 1_000, Some(503), "503");
        let mut handoff = failed(builder()).ok(5 * MINUTE_MS + 1_000, 80, 201).build();
        assert_eq!(
            texts(&handoff, 1),
            ["▸2 repeats 1: the same request for the order, after it failed; 5m00s later, another trace"]
        );
        let trace_id = handoff.attempts[0].sides[0].trace_id.clone();
        handoff.attempts[1].sides[0].trace_id = trace_id;
        handoff.attempts[1].repeats = Some(Repeat::Declared);
        handoff.attempts[1].sides[0].attributes.insert(RESEND_COUNT.to_owned(), "1".to_owned());
        assert_eq!(
            texts(&handoff, 0),
            ["2 repeats 1: declared, http.request.resend_count = 1; 5m00s later, same trace"]
        );
        let keyed = failed(builder().idempotency_key("co-9921")).ok(2_000, 80, 201).build();
        assert_eq!(texts(&keyed, 0), ["2 repeats 1: idempotency key co-9921; 1s later, another trace"]);
    }

    #[test]
    fn what_goes_on_after_a_failure_goes_on_with_that_which_failed() {
        let mut handoff = HandoffBuilder::new("label", Some("wms"), "shipping", "POST /labels")
            .failed(0, 10, Some(503), "503")
            .failed(20, 10, Some(503), "503")
            .ok(40, 10, 201)
            .build();
        // Answered beside it, so it is not what was tried again.
        handoff.attempts[1].outcome = Outcome::Ok;
        assert!(texts(&handoff, 2)[1].starts_with("▸3 repeats 1: "), "{:?}", texts(&handoff, 2));
    }

    #[test]
    fn a_storm_takes_a_few_lines() {
        let builder = HandoffBuilder::new("label", Some("wms"), "shipping", "POST /labels");
        let storm = (0..50).fold(builder, |builder, n| builder.failed(n * 100, 10, Some(503), "503")).build();
        for chosen in [0, 25, 49] {
            let texts = texts(&storm, chosen);
            assert_eq!(texts.len(), SHOWN + 1, "{texts:?}");
            assert_eq!(texts[SHOWN], "45 more attempts repeat one before them");
            assert!(chosen == 0 || texts.iter().any(|text| text.starts_with('▸')), "{texts:?}");
        }
    }
}
