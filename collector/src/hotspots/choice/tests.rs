use proptest::prelude::*;

use super::*;
use crate::hotspots::figures::tests::sums;

fn report(from: &str, to: &str, operation: &str, observer: Observer, attempts: u64) -> Report {
    let (from, to, operation) = (from.to_owned(), to.to_owned(), operation.to_owned());
    Report { from, to, operation, observer, sums: sums(attempts, 0, 0, 1) }
}

/// Who is taken for each handoff, and what they reported.
fn chosen(reports: &[Report]) -> Vec<(String, Observer, u64)> {
    let line = |report: Report| {
        let handoff = format!("{}→{} {}", report.from, report.to, report.operation);
        (handoff, report.observer, report.sums.attempts)
    };
    choose(reports.to_vec()).into_iter().map(line).collect()
}

#[test]
fn the_callers_side_counts_even_where_the_receiver_reported_more() {
    let reports = [
        report("storefront", "payments", "POST /pay", Observer::Server, 100),
        report("storefront", "payments", "POST /pay", Observer::Consumer, 200),
        report("storefront", "payments", "POST /pay", Observer::Proxy, 40),
    ];
    assert_eq!(chosen(&reports), [("storefront→payments POST /pay".to_owned(), Observer::Proxy, 40)]);
}

#[test]
fn on_one_side_whoever_reported_most_then_whoever_is_nearest() {
    let all = [Observer::Client, Observer::Producer, Observer::Proxy, Observer::Server, Observer::Consumer];
    let equal = all.map(|observer| report("oms", "erp", "orders", observer, 7));
    assert_eq!(chosen(&equal), [("oms→erp orders".to_owned(), Observer::Client, 7)]);
    assert_eq!(chosen(&equal[1..]), [("oms→erp orders".to_owned(), Observer::Producer, 7)]);
    assert_eq!(chosen(&equal[2..]), [("oms→erp orders".to_owned(), Observer::Proxy, 7)]);
    assert_eq!(chosen(&equal[3..]), [("oms→erp orders".to_owned(), Observer::Server, 7)]);
    let sampled =
        [report("oms", "erp", "orders", Observer::Client, 10), report("oms", "erp", "orders", Observer::Proxy, 100)];
    assert_eq!(chosen(&sampled), [("oms→erp orders".to_owned(), Observer::Proxy, 100)]);
}

#[test]
fn receivers_count_only_where_no_sender_is_known() {
    let reports = [
        report("", "payments", "POST /pay", Observer::Server, 94),
        report("storefront", "payments", "POST /pay", Observer::Client, 60),
        report("oms", "payments", "POST /pay", Observer::Proxy, 30),
        // Another operation, which nobody else knows of.
        report("", "payments", "POST /webhooks", Observer::Server, 5),
        // Another receiver.
        report("", "erp", "POST /pay", Observer::Server, 3),
    ];
    assert_eq!(
        chosen(&reports),
        [
            ("→erp POST /pay".to_owned(), Observer::Server, 3),
            ("oms→payments POST /pay".to_owned(), Observer::Proxy, 30),
            ("storefront→payments POST /pay".to_owned(), Observer::Client, 60),
            ("→payments POST /webhooks".to_owned(), Observer::Server, 5),
        ]
    );
}

#[test]
fn what_no_sender_reported_is_the_receivers() {
    let reports = [
        report("", "payments", "POST /pay", Observer::Server, 100),
        report("storefront", "payments", "POST /pay", Observer::Client, 60),
        report("storefront", "payments", "POST /pay", Observer::Proxy, 55),
    ];
    assert_eq!(
        chosen(&reports),
        [
            ("→payments POST /pay".to_owned(), Observer::Server, 40),
            ("storefront→payments POST /pay".to_owned(), Observer::Client, 60),
        ]
    );
}

#[test]
fn a_message_is_one_handoff_whoever_tells_of_it() {
    let reports = [
        report("oms", "wms", "send orders", Observer::Producer, 10),
        report("", "wms", "process orders", Observer::Consumer, 10),
        report("", "wms", "process stock", Observer::Consumer, 3),
    ];
    assert_eq!(
        chosen(&reports),
        [
            ("oms→wms send orders".to_owned(), Observer::Producer, 10),
            ("→wms process stock".to_owned(), Observer::Consumer, 3),
        ]
    );
}

#[test]
fn a_proxy_that_does_not_know_its_caller_is_nobodys_but_before_the_server() {
    let reports = [
        report("", "payments", "POST /pay", Observer::Server, 100),
        report("", "payments", "POST /pay", Observer::Proxy, 90),
        report("storefront", "payments", "POST /pay", Observer::Client, 90),
    ];
    assert_eq!(chosen(&reports[..2]), [("→payments POST /pay".to_owned(), Observer::Proxy, 90)]);
    assert_eq!(chosen(&reports), [("storefront→payments POST /pay".to_owned(), Observer::Client, 90)]);
}

#[test]
fn names_of_placeholders_do_not_make_two_handoffs_of_one() {
    let reports = [
        report("", "oms", "GET /orders/:id/lines", Observer::Server, 100),
        report("storefront", "oms", "GET /orders/{}/lines", Observer::Client, 30),
        report("storefront", "oms", "GET /orders/{order}/lines", Observer::Client, 70),
        report("storefront", "oms", "GET /orders/{order}/notes", Observer::Client, 1),
    ];
    assert_eq!(
        chosen(&reports),
        [
            ("storefront→oms GET /orders/{order}/lines".to_owned(), Observer::Client, 100),
            ("storefront→oms GET /orders/{order}/notes".to_owned(), Observer::Client, 1),
        ]
    );
    for (operation, expected) in [
        ("GET /orders/<int:id>/", "GET /orders/{}"),
        ("GET /orders/[id]", "GET /orders/{}"),
        ("GET /v1/:", "GET /v1/:"),
        ("GET /", "GET /"),
        ("GET", "GET"),
        ("send orders", "message orders"),
        ("process orders", "message orders"),
        ("send", "send"),
        ("save orders", "save orders"),
        ("oms.Orders/Create", "oms.Orders/Create"),
    ] {
        assert_eq!(anonymous(operation), expected);
    }
}

#[test]
fn of_what_was_cut_off_nothing_is_chosen() {
    let mut reports = vec![
        report("storefront", "payments", "POST /pay", Observer::Client, 1),
        report("", "erp", "orders", Observer::Server, 1),
        report("oms", "erp", "orders", Observer::Client, 1),
    ];
    drop_incomplete(&mut reports);
    assert_eq!(chosen(&reports), [("storefront→payments POST /pay".to_owned(), Observer::Client, 1)]);
    drop_incomplete(&mut Vec::new());
}

fn any_report() -> impl Strategy<Value = Report> {
    let observers = [Observer::Client, Observer::Producer, Observer::Proxy, Observer::Server, Observer::Consumer];
    let names = prop::sample::select(vec!["", "a", "b"]);
    let operations = prop::sample::select(vec!["GET /{}", "GET /:id", "send"]);
    (names.clone(), names, operations, prop::sample::select(observers.to_vec()), 1..20_u64)
        .prop_map(|(from, to, operation, observer, attempts)| report(from, to, operation, observer, attempts))
}

proptest! {
    #[test]
    fn each_handoff_is_there_once_whatever_the_order(reports in prop::collection::vec(any_report(), 0..30)) {
        let mut found = chosen(&reports);
        let mut again = reports.clone();
        again.reverse();
        let mut handoffs: Vec<_> = choose(reports.clone()).iter().map(Report::handoff).collect();
        let all = handoffs.len();
        handoffs.dedup();
        prop_assert_eq!(handoffs.len(), all);
        // Names of equally many attempts may differ, what is counted may not.
        let counted = |lines: &mut Vec<(String, Observer, u64)>| {
            lines.iter().map(|(_, observer, attempts)| (*observer, *attempts)).collect::<Vec<_>>()
        };
        prop_assert_eq!(counted(&mut found), counted(&mut chosen(&again)));
        let receivers = |reports: &[Report]| {
            let mut all: Vec<_> = reports.iter().map(|report| (report.to.clone(), anonymous(&report.operation).into_owned())).collect();
            all.sort();
            all.dedup();
            all
        };
        prop_assert_eq!(receivers(&choose(reports.clone())), receivers(&reports), "nothing that was reported is lost");
    }
}
