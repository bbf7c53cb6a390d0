//! Stock that a warehouse exports as files reaches a channel or does not: the agent polls both, the
//! collector compares, and the command tells.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use ordertrace_agent::Agent;
use ordertrace_agent::config::Config;
use ordertrace_api::sync::SyncReply;
use ordertrace_tests::{CollectorProcess, run_ordertrace};
use serde_json::json;

/// Polls are every tenth of a second, and readings are taken in within three.
const PATIENCE: Duration = Duration::from_secs(30);

const SETTINGS: &str = "
sync:
- name: stock
  entity: inventory
  source: wms
  targets:
  - system: storefront
";

fn config(folder: &Path, collector: &CollectorProcess) -> Config {
    let poll = |system: &str| {
        json!({
            "name": system,
            "system": system,
            "interval": "100ms",
            "source": { "csv": { "path": folder.join(format!("{system}.csv")) } },
            "readings": [{ "entity": "inventory", "columns": { "sku": "sku", "value": "qty", "changed_at": "changed" } }],
        })
    };
    let config = json!({
        "export": { "endpoint": format!("http://{}", collector.otlp_http) },
        "spool": { "dir": folder.join("spool") },
        "polls": [poll("wms"), poll("storefront")],
    });
    serde_json::from_value(config).unwrap()
}

/// As exporters do it that are well-behaved: the old file or the new, never half of one.
fn export(folder: &Path, system: &str, rows: &str) {
    let new = folder.join("new");
    std::fs::write(&new, format!("sku,qty,changed\n{rows}")).unwrap();
    std::fs::rename(new, folder.join(format!("{system}.csv"))).unwrap();
}

async fn until(collector: &CollectorProcess, is_so: impl Fn(&SyncReply) -> bool) -> SyncReply {
    let began = Instant::now();
    loop {
        let reply: SyncReply = collector.get("/api/v1/sync").await.unwrap().unwrap();
        if is_so(&reply) {
            return reply;
        }
        assert!(began.elapsed() < PATIENCE, "{reply:#?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_does_not_arrive_is_told_until_it_does() {
    let collector = CollectorProcess::start(SETTINGS).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    // By one reading of the clock: what lies between two times is exact then.
    let now = Timestamp::now();
    let ago = |seconds: i64| (now - SignedDuration::from_secs(seconds)).to_string();
    let before = ago(900);
    export(folder.path(), "wms", &format!("HAT,10,{before}\nSCARF,2,{before}\n"));
    export(folder.path(), "storefront", &format!("HAT,10,{before}\nSCARF,1,{before}\n"));
    let agent = Agent::start(config(folder.path(), &collector)).await.unwrap();
    let reply = until(&collector, |reply| !reply.drifts.is_empty()).await;
    assert_eq!((reply.drifts[0].subject.as_str(), reply.drifts.len()), ("SCARF", 1));
    export(folder.path(), "storefront", &format!("HAT,10,{before}\nSCARF,2,{}\n", ago(840)));
    let reply = until(&collector, |reply| reply.drifts.is_empty()).await;
    assert_eq!(reply.lags[0].arrived, 1, "what is seen first is no change");

    export(folder.path(), "wms", &format!("HAT,7,{}\nSCARF,2,{before}\n", ago(600)));
    let reply = until(&collector, |reply| !reply.drifts.is_empty()).await;
    let drift = &reply.drifts[0];
    assert_eq!((drift.subject.as_str(), drift.difference.as_deref(), reply.drifts.len()), ("HAT", Some("3"), 1));
    let lag = &reply.lags[0];
    assert_eq!((lag.source.as_str(), lag.target.as_str(), lag.waiting, lag.late), ("wms", "storefront", 1, 1));

    let url = format!("http://{}", collector.api);
    let (code, text) = run_ordertrace(&["sync", "--sku", "HAT", "--collector", &url], &[]).await.unwrap();
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("HAT: wms 7, storefront 10 (+3, +42.86 %) for 10m"), "{text}");

    export(folder.path(), "storefront", &format!("HAT,7,{}\nSCARF,2,{before}\n", ago(300)));
    let reply = until(&collector, |reply| reply.drifts.is_empty()).await;
    let longest_s = reply.lags[0].max_ms.unwrap() / 1e3;
    assert!((299.9..300.1).contains(&longest_s), "from ten minutes ago to five: {longest_s} s");
    agent.stop().await;
}
