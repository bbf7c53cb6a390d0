use ordertrace_api::finding::{Finding, FindingKind};

use super::*;
use crate::sample::{self, Fault, HANDOFFS, Shop};

fn place(to: &str, operation: &str) -> usize {
    HANDOFFS.iter().position(|step| (step.1, step.2) == (to, operation)).unwrap()
}

fn layer(map: &SystemsMap, name: &str) -> usize {
    map.systems.iter().find(|system| system.name.as_deref() == Some(name)).unwrap().layer
}

fn worst_handoff(map: &SystemsMap) -> &Edge {
    match map.worst() {
        Some(Worst::Handoff(edge)) => edge,
        other => panic!("{other:?}"),
    }
}

fn silent(system: &str) -> Finding {
    let finding = sample::findings().findings.remove(1);
    assert_eq!(finding.kind, FindingKind::SilentSystem);
    Finding { system: Some(system.to_owned()), ..finding }
}

#[test]
fn systems_stand_along_the_traffic_whatever_flows_back() {
    let map = SystemsMap::new(&Shop { fault: None, cascades: false }.hotspots(), &[]);
    for (from, to) in [("storefront", "payments"), ("storefront", "oms"), ("oms", "erp"), ("wms", "shipping")] {
        assert!(layer(&map, from) < layer(&map, to), "{from} before {to}");
    }
    assert_eq!((map.systems[0].shown_name(), map.systems[0].layer), (UNKNOWN, 0));
    assert!(map.systems.is_sorted_by_key(|system| system.layer));
    assert_eq!(map.handoffs(), HANDOFFS.len());
    assert_eq!(map.count(), (0, 0), "failing as ever is no trouble: {:?}", map.worst());
    let oms = map.systems.iter().find(|system| system.name.as_deref() == Some("oms")).unwrap();
    let names = |neighbours: &[Neighbour]| neighbours.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&oms.callers), ["storefront", "marketplace"]);
    assert_eq!(names(&oms.callees), ["erp", "wms", "crm", "marketplace"]);
}

#[test]
fn of_what_breaks_the_deepest_comes_first() {
    let erp = place("erp", "POST /sales-orders");
    let map = SystemsMap::new(&Shop { fault: Some((erp, Fault::Fails)), cascades: true }.hotspots(), &[]);
    assert_eq!(worst_handoff(&map).spot.name(), "oms→erp POST /sales-orders");
    let orders = map.edges_in_trouble().find(|edge| edge.spot.operation == "POST /orders").unwrap();
    assert!(orders.follows && orders.trouble.level == Level::Broken);
    assert_eq!(map.count(), (3, 0), "storefront→oms and marketplace→oms break because oms→erp does");
}

#[test]
fn a_silent_system_is_found_where_its_handoffs_are_gone() {
    let labels = place("shipping", "POST /labels");
    let shop = Shop { fault: Some((labels, Fault::Gone)), cascades: false };
    let said = |map: &SystemsMap| {
        let edge = worst_handoff(map);
        (edge.trouble.level, edge.trouble.said(&edge.spot))
    };
    let gone = "no attempt any more; 3500 before".to_owned();
    assert_eq!(said(&SystemsMap::new(&shop.hotspots(), &[])), (Level::Worse, gone.clone()));
    let map = SystemsMap::new(&shop.hotspots(), &[silent("shipping")]);
    assert_eq!(said(&map), (Level::Broken, gone));
    let calm = Shop { fault: None, cascades: false };
    let map = SystemsMap::new(&calm.hotspots(), &[silent("shipping")]);
    assert!(
        matches!(map.worst(), Some(Worst::System(system)) if system.word() == "silent_system"),
        "{:?}",
        map.worst()
    );
}

#[test]
fn a_system_without_handoffs_and_findings_about_nobody_are_no_trouble() {
    let mut hotspots = Shop { fault: None, cascades: false }.hotspots();
    hotspots.handoffs.clear();
    let map = SystemsMap::new(&hotspots, &[silent("fax"), sample::findings().findings.remove(0)]);
    assert!(map.systems.iter().all(|system| system.findings.is_empty() && system.layer == 0));
    assert!(map.worst().is_none());
    hotspots.systems.clear();
    assert!(SystemsMap::new(&hotspots, &[]).systems.is_empty());
}
