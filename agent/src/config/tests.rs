use super::*;

fn parse(text: &str) -> Result<Config, ordertrace_config::ConfigError> {
    ordertrace_config::parse(text, "agent.yaml")
}

#[test]
fn a_whole_file_is_read() {
    let config = parse(
        "
name: agent-1
export: {endpoint: 'http://c:4318', protocol: grpc, headers: {a: b}, compression: zstd, timeout_ms: 5}
receiver: {grpc: 127.0.0.1:14317, http: 127.0.0.1:14318}
spool: {dir: /tmp/s, limit_bytes: 1000, segment_bytes: 100, when_full: drop_oldest}
metrics: 127.0.0.1:4321
routes:
  - name: storefront-to-payments
    from: storefront
    to: payments
    listen: 127.0.0.1:9001
    upstream: https://api.stripe.com
    presets: [stripe]
    rules:
      - {kind: order, from: response.body, path: data.*.code, when: data.*.__typename = Order}
",
    )
    .unwrap();
    assert_eq!(config.export.protocol, Protocol::Grpc);
    assert_eq!(config.spool.when_full, WhenFull::DropOldest);
    assert_eq!(config.routes[0].capture_bytes, 65536);
    assert_eq!(config.routes[0].rules.len(), 1);
    assert_eq!(parse("").unwrap(), Config::default());
}

#[test]
fn an_unknown_key_is_refused_with_line_and_nearest_key() {
    let error = parse("spool:\n  limit_byte: 5\n").unwrap_err().to_string();
    assert_eq!(error, "agent.yaml:2:3: unknown key `limit_byte`, did you mean `limit_bytes`?");
    let error = parse("routes:\n  - {name: a, form: b}\n").unwrap_err().to_string();
    assert!(error.contains("2:") && error.contains("did you mean `from`"), "{error}");
    let error = parse("routes:\n  - {name: a, presets: [stripes]}\n").unwrap_err().to_string();
    assert!(error.contains("did you mean `stripe`"), "{error}");
}

#[test]
fn the_environment_goes_first() {
    let lookup = |name: &str| match name {
        "ORDERTRACE_AGENT_EXPORT_ENDPOINT" => Some("http://other:1".to_owned()),
        "ORDERTRACE_AGENT_RECEIVER_HTTP" => Some("127.0.0.1:0".to_owned()),
        "ORDERTRACE_AGENT_SPOOL_DIR" => Some(String::new()),
        _ => None,
    };
    let mut config = Config::default();
    apply_overrides(&mut config, lookup).unwrap();
    assert_eq!(config.export.endpoint, "http://other:1");
    assert_eq!(config.receiver.http, Some("127.0.0.1:0".parse().unwrap()));
    assert_eq!(config.spool.dir, SpoolConfig::default().dir);
    let error = apply_overrides(&mut config, |_| Some("nonsense".to_owned())).unwrap_err().to_string();
    assert!(error.contains("ORDERTRACE_AGENT_RECEIVER_GRPC") && error.contains("nonsense"), "{error}");
}

#[test]
fn the_example_reads_back() {
    let text = ordertrace_config::example::<Config>("The agent.").unwrap();
    assert_eq!(parse(&text).unwrap(), Config::default());
    assert!(text.contains("storefront-to-payments"), "{text}");
}

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/agent.example.yaml");

#[test]
fn the_example_file_is_what_the_defaults_make() {
    let made = Config::example().unwrap();
    if std::env::var_os("ORDERTRACE_BLESS").is_some() {
        std::fs::write(EXAMPLE, &made).unwrap();
    }
    let committed = std::fs::read_to_string(EXAMPLE).unwrap();
    assert!(made == committed, "docs/agent.example.yaml is stale: run this test with ORDERTRACE_BLESS=1");
    assert_eq!(parse(&committed).unwrap(), Config::default());
}

#[test]
fn a_spool_that_drops_everything_is_refused() {
    let error = parse("spool: {max_age: 0s}").unwrap().check().unwrap_err().to_string();
    assert_eq!(error, "spool.max_age is 0s: what waits longer is dropped, so write at least 1m");
    assert!(parse("spool: {max_age: 1m}").unwrap().check().is_ok());
}

#[test]
fn a_rule_that_cannot_be_followed_names_its_route() {
    let route = "{name: r, from: a, to: b, listen: '127.0.0.1:0', upstream: 'http://u', templates: ['orders']}";
    let config = parse(&format!("routes: [{route}]")).unwrap();
    assert_eq!(config.check().unwrap_err().to_string(), "route r");
    assert!(Config::default().check().is_ok());
}

const POLL: &str = "
polls:
- name: erp-stock
  system: erp
  interval: 1m
  source: {csv: {path: '/srv/*.csv'}}
  readings: [{entity: inventory, columns: {sku: SKU, value: Qty}}]
";

#[test]
fn polls_are_read_strictly() {
    let config = parse(POLL).unwrap();
    assert!(config.check().is_ok());
    let told = |from: &str, to: &str| parse(&POLL.replace(from, to)).unwrap_err().to_string();
    let error = told("interval", "intervall");
    assert_eq!(error, "agent.yaml:5:3: unknown key `intervall`, did you mean `interval`?");
    assert!(told("csv:", "json_line:").contains("did you mean `json_lines`"));
    assert!(told("path:", "paths:").contains("6:") && told("path:", "paths:").contains("did you mean `path`"));
    assert!(told("inventory", "inventroy").contains("did you mean `inventory`"));
    assert!(told("{sku: SKU", "{skus: SKU").contains("did you mean `sku`"));
}

#[test]
fn a_poll_that_cannot_be_made_is_named() {
    let told = |from: &str, to: &str| {
        let error = parse(&POLL.replace(from, to)).unwrap().check().unwrap_err();
        crate::cause::with_causes(&error)
    };
    assert!(told("value: Qty", "version: Qty").starts_with("poll erp-stock: readings[0]: an inventory reading needs"));
    assert!(told("interval: 1m", "interval: 1ms").contains("interval is 1ms; the shortest is 100ms"));
    assert!(told("name: erp-stock", "name: '../x'").contains("no name for a poll"));
    assert!(told("'/srv/*.csv'", "'/srv/***.csv'").contains("is no pattern"));
    let twice = format!("{POLL}{}", POLL.trim_start().trim_start_matches("polls:\n"));
    let error = crate::cause::with_causes(&parse(&twice).unwrap().check().unwrap_err());
    assert_eq!(error, "poll erp-stock: two polls have this name");
    let secret = "{http: {url: 'https://a/', bearer: {env: ORDERTRACE_TEST_NO_SUCH_SECRET}}}";
    let error = told("{csv: {path: '/srv/*.csv'}}", secret);
    assert!(error.contains("ORDERTRACE_TEST_NO_SUCH_SECRET is not set"), "{error}");
    let query = "{sqlite: {file: /x.db, query: 'delete from stock'}}";
    assert!(told("{csv: {path: '/srv/*.csv'}}", query).contains("only SELECT and WITH"));
}
