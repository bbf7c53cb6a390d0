use ordertrace_config::parse;

use super::*;

fn refused(alerts: &str) -> String {
    let settings: AlertSettings = parse(alerts, "c.yaml").unwrap();
    Rules::new(&settings, &SyncSettings::example()).unwrap_err().to_string()
}

/// A rule with these keys, in flow style.
fn rule(keys: &str) -> String {
    format!("receivers: [{{name: oncall, alertmanager: {{url: 'http://x'}}}}]\nrules: [{{name: R, {keys}}}]")
}

#[test]
fn rules_are_read() {
    let text = "
receivers:
- {name: oncall, alertmanager: {url: 'http://localhost:9093'}}
- {name: chat, slack: {url: {env: SLACK}}}
rules:
- name: StockDrift
  drift: {sync: stock, over: {units: '5'}, closes_under: {units: '2'}, only: {targets: [storefront], subjects: ['HAT-*']}}
  for: 5m
  labels: {team: inventory}
  receivers: [chat]
- {name: Stopped, lag: {sync: stock, over: 10m, closes_under: 2m}, severity: critical}
- {name: Stale, age: {entity: feed, over: 2h, closes_under: 1h, systems: [pim], only: {subjects: ['goo*']}}, receivers: []}
- {name: Paid, finding: {kinds: [paid_not_created]}}";
    let settings: AlertSettings = parse(text, "c.yaml").unwrap();
    let rules = Rules::new(&settings, &SyncSettings::example()).unwrap();
    let told: Vec<(&str, &[String])> =
        rules.iter().map(|rule| (rule.terms.rule.as_str(), rule.receivers.as_slice())).collect();
    let all = ["oncall".to_owned(), "chat".to_owned()];
    assert_eq!(told, [("StockDrift", &all[1..]), ("Stopped", &all[..]), ("Stale", &[]), ("Paid", &all[..])]);
    assert_eq!(rules.named("StockDrift").unwrap().terms.hold_ms, 300_000);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (keys, told) in [
        ("lag: {sync: stok, over: 1m}", "alerts.rules[0].lag.sync: there is no sync \"stok\", did you mean \"stock\"?"),
        (
            "lag: {sync: stock, over: 1m, only: {targets: [storefrnt]}}",
            "alerts.rules[0].lag.only.targets[0]: there is no target \"storefrnt\", did you mean \"storefront\"?",
        ),
        (
            "finding: {}, receivers: [oncal]",
            "alerts.rules[0].receivers[0]: there is no receiver \"oncal\", did you mean \"oncall\"?",
        ),
        ("finding: {}, for: 8d", "alerts.rules[0].for: is 8d; write at most 7d"),
        ("finding: {}, limit: 0", "alerts.rules[0].limit: is 0; write 1 to 1000"),
        ("finding: {}, labels: {a-b: c}", "alerts.rules[0].labels.a-b: is no name of a label"),
        ("finding: {}, labels: {9a: c}", "alerts.rules[0].labels.9a: is no name of a label"),
        ("finding: {}, labels: {__a: c}", "alerts.rules[0].labels.__a: begins with __"),
        ("finding: {}, labels: {sku: c}", "alerts.rules[0].labels.sku: is what alerts say themselves"),
        ("finding: {}, runbook: wiki", "alerts.rules[0].runbook: \"wiki\" is no http or https URL"),
        ("change: {entity: product, over: {units: '1'}, within: 1h}", "alerts.rules[0].change.entity: is product"),
        (
            "change: {entity: price, over: {money: {amount: '1', currency: EUR}}, within: 1h}",
            "alerts.rules[0].change.over: is told in units or percent",
        ),
        ("change: {entity: price, over: {units: '1'}, within: 2d}", "alerts.rules[0].change.within: is 2d"),
        (
            "change: {entity: price, over: {units: '1'}, closes_under: {units: '2'}, within: 1h}",
            "alerts.rules[0].change.closes_under: is 2, above",
        ),
        (
            "change: {entity: price, over: {units: '1'}, within: 1h, only: {targets: [pim]}}",
            "alerts.rules[0].change.only.targets: is of what is compared; write change.systems",
        ),
        ("severity: info", "alerts.rules[0]: says not when; write one of drift, lag, age, change, finding"),
        ("age: {entity: price, over: 2h}", "alerts.rules[0].age.entity: is price, which has no age"),
        ("age: {entity: feed, over: 0s}", "alerts.rules[0].age.over: is 0s: everything is older"),
        ("age: {entity: feed, over: 1h, closes_under: 2h}", "alerts.rules[0].age.closes_under: is 2h, above `over`"),
        (
            "age: {entity: feed, over: 1h, only: {targets: [pim]}}",
            "alerts.rules[0].age.only.targets: is of what is compared; write age.systems",
        ),
        ("age: {entity: feed, over: 1h, only: {channels: [web]}}", "alerts.rules[0].age.only.channels: is of stock"),
        ("age: {entity: feed, over: 1h, only: {subjects: ['[']}}", "alerts.rules[0].age.only.subjects[0]: \"[\" is no"),
        ("age: {entity: feed, over: 1h, systems: ['']}", "alerts.rules[0].age.systems[0]: is empty"),
        ("finding: {}, labels: {feed: c}", "alerts.rules[0].labels.feed: is what alerts say themselves"),
        ("finding: {}, lag: {sync: stock, over: 1m}", "alerts.rules[0]: says more than one of"),
        ("lag: {sync: stock, over: 0s}", "alerts.rules[0].lag.over: is 0s"),
        ("lag: {sync: stock, over: 1m, closes_under: 2m}", "alerts.rules[0].lag.closes_under: is 2m, above `over`"),
        (
            "drift: {sync: stock, over: {units: '5'}, closes_under: {units: '6'}}",
            "alerts.rules[0].drift.closes_under: is 6, above `over`, which is 5",
        ),
        (
            "drift: {sync: stock, over: {units: '5'}, closes_under: {percent: '1'}}",
            "alerts.rules[0].drift.closes_under: is of another unit",
        ),
        ("drift: {sync: stock, closes_under: {units: '6'}}", "alerts.rules[0].drift.closes_under: closes what"),
        ("drift: {sync: stock, over: {units: NaN}}", "alerts.rules[0].drift.over: \"NaN\" is no decimal"),
        ("drift: {sync: stock, over: {units: '-1'}}", "alerts.rules[0].drift.over: \"-1\" is no decimal"),
        ("drift: {sync: stock, over: {units: '1e99'}}", "alerts.rules[0].drift.over: \"1e99\" is no decimal"),
        (
            "drift: {sync: stock, over: {percent: '5'}, each: target}",
            "alerts.rules[0].drift.over: of all items together is told in units",
        ),
        (
            "drift: {sync: stock, only: {subjects: ['[']}}",
            "alerts.rules[0].drift.only.subjects[0]: \"[\" is no pattern",
        ),
        (
            "drift: {sync: stock, over: {money: {amount: '5', currency: EURO}}}",
            "alerts.rules[0].drift.over.money.currency: \"EURO\" is no currency",
        ),
        (
            "drift: {sync: stock, over: {money: {amount: '5', currency: EUR}}, closes_under: {money: {amount: '1', currency: USD}}}",
            "alerts.rules[0].drift.closes_under: is of another unit",
        ),
    ] {
        let error = refused(&rule(keys));
        assert!(error.starts_with(told), "{keys}: {error}");
    }
    assert!(
        refused("rules: [{name: R, finding: {}}, {name: R, finding: {}}]").starts_with("alerts.rules[1].name: another")
    );
    assert!(refused("rules: [{name: '', finding: {}}]").starts_with("alerts.rules[0].name: is empty"));
    assert!(refused("every: 10ms").starts_with("alerts.every: is 10ms; write 1s to 1h"));
}

#[test]
fn kinds_of_findings_are_known() {
    let error = parse::<AlertSettings>(&rule("finding: {kinds: [paid_not_creatd]}"), "c.yaml").unwrap_err();
    assert!(error.to_string().contains("did you mean `paid_not_created`?"), "{error}");
}
