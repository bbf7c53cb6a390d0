//! Clocks that are apart: told, and taken out of times only where that is asked for.

use jiff::Timestamp;
use ordertrace_api::journey::Journey;
use ordertrace_api::keys::KindTable;
use ordertrace_collector::journey::{Found, JourneyLimits, Journeys};

use crate::support::{Database, SpanBuilder, at_ns, trace};

fn at(ms: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at_ns(ms))).unwrap()
}

async fn journey(database: &Database, aligned: bool) -> Journey {
    let journeys = Journeys::new(database.client(), JourneyLimits::default(), &KindTable::default(), Vec::new());
    let Found::One(journey) = journeys.find(&"A-1".parse().unwrap(), aligned).await.unwrap() else {
        panic!("no journey")
    };
    *journey
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_ahead() {
    let database = Database::start().await;
    // 100 ms there and back; payments, whose clock is a second ahead, was at it from 30 to 70 ms.
    let calls =
        SpanBuilder::client(trace(1), 1, "storefront", "payments", "POST /capture").at(0, 100).key("order", "A-1");
    let called = SpanBuilder::server(trace(1), 2, "payments", "POST /capture").parent(1).at(1_030, 40);
    let asks = SpanBuilder::client(trace(1), 3, "payments", "fraud", "POST /score").parent(2).at(1_040, 10);
    let reached = SpanBuilder::internal(trace(1), 4, "payments").parent(2).at(1_060, 1).milestone("payment.captured");
    database.spans(vec![calls.build(), called.build(), asks.build(), reached.build()]).await.unwrap();

    let told = journey(&database, false).await;
    let [clock] = &told.clocks[..] else { panic!("{:?}", told.clocks) };
    assert_eq!((clock.system.as_str(), clock.reference.as_str(), clock.calls), ("storefront", "payments", 1));
    assert_eq!((clock.ahead_ns, clock.uncertainty_ns), (-1_000_000_000, 30_000_000));
    assert!(clock.is_apart() && !told.aligned);
    let starts = |journey: &Journey| -> Vec<Timestamp> {
        let sides = journey.handoffs.iter().flat_map(|handoff| &handoff.attempts).flat_map(|attempt| &attempt.sides);
        sides.map(|side| side.started_at).collect()
    };
    assert_eq!(starts(&told), [at(0), at(1_030), at(1_040)], "as each system told it");
    assert_eq!((told.started_at, told.milestones[0].at), (at(0), at(1_060)));

    let aligned = journey(&database, true).await;
    assert_eq!(starts(&aligned), [at(1_000), at(1_030), at(1_040)], "by the clock of payments");
    assert_eq!((aligned.started_at, aligned.ended_at), (at(1_000), at(1_100)));
    assert_eq!(aligned.clocks, told.clocks);
    assert!(aligned.aligned);
}
