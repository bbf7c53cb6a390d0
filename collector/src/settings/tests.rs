use super::*;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/collector.example.yaml");

#[test]
fn the_example_file_is_what_the_defaults_make() {
    let made = Settings::example().unwrap();
    if std::env::var_os("ORDERTRACE_BLESS").is_some() {
        std::fs::write(EXAMPLE, &made).unwrap();
    }
    let committed = std::fs::read_to_string(EXAMPLE).unwrap();
    assert!(made == committed, "docs/collector.example.yaml is stale: run this test with ORDERTRACE_BLESS=1");
    let read: Settings = ordertrace_config::parse(&committed, EXAMPLE).unwrap();
    assert_eq!(read, Settings::default());
    read.check().unwrap();
}

#[test]
fn what_the_example_file_suggests_can_be_used() {
    // Take the comment signs off everything that follows "For example:".
    let mut text = String::new();
    let mut sample = false;
    for line in Settings::example().unwrap().lines() {
        let comment = line.trim_start().strip_prefix('#');
        match comment {
            Some(comment) if comment.contains("For example:") => sample = true,
            Some(comment) if sample && line.starts_with("    #") => {
                // The empty default that the sample stands for.
                let at = text.trim_end().rfind('\n').map_or(0, |at| at + 1);
                if let Some(head) = text[at..].strip_suffix("[]\n").or_else(|| text[at..].strip_suffix("{}\n")) {
                    let head = head.to_owned();
                    text.truncate(at);
                    text += head.trim_end();
                    text.push('\n');
                }
                text += &format!("    {comment}\n");
            }
            _ => {
                sample = false;
                text += line;
                text.push('\n');
            }
        }
    }
    let settings: Settings =
        ordertrace_config::parse(&text, "samples").unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(settings.recognise.templates[0].path, "/orders/{order}/captures");
    crate::recognise::Recogniser::new(&settings.recognise).unwrap();
}

#[test]
fn an_unknown_key_is_refused_with_line_and_advice() {
    let text = "api: 127.0.0.1:1\nrecognise:\n  templats: []\n";
    let error = ordertrace_config::parse::<Settings>(text, "c.yaml").unwrap_err();
    assert_eq!(error.to_string(), "c.yaml:3:3: unknown key `templats`, did you mean `templates`?");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    for (text, setting) in [
        ("limits: {in_flight_bytes: 5}", "limits.in_flight_bytes"),
        ("limits: {request_bytes: 0}", "limits.request_bytes"),
        ("limits: {in_flight_requests: 0}", "limits.in_flight_requests"),
        ("limits: {attribute_value_bytes: 1}", "limits.attribute_value_bytes"),
        ("clickhouse: {url: 'clickhouse:8123'}", "clickhouse.url"),
        ("clickhouse: {database: 'a; DROP'}", "clickhouse.database"),
    ] {
        let settings: Settings = ordertrace_config::parse(text, "c.yaml").unwrap();
        let error = settings.check().unwrap_err().to_string();
        assert!(error.starts_with(setting), "{text}: {error}");
    }
}

#[test]
fn the_schema_describes_every_section() {
    let schema = Settings::json_schema();
    for section in ["otlp_grpc", "clickhouse", "limits", "accept", "recognise", "journeys", "retention"] {
        assert!(schema["properties"][section].is_object(), "{section}");
    }
}
