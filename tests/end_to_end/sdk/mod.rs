//! Any OpenTelemetry SDK works unchanged: here Python's, over gRPC and over HTTP.

use std::path::PathBuf;
use std::process::{Command, Output};

use ordertrace_api::journey::{Journey, JourneyState, Outcome};
use ordertrace_api::status::Status;
use ordertrace_tests::{CollectorProcess, workspace};

/// A Python with the pinned SDK, made once and kept in the target folder.
fn python() -> PathBuf {
    let requirements = workspace().join("tests/end_to_end/sdk/requirements.txt");
    let folder = workspace().join("target/python-sdk");
    let python = folder.join("bin/python");
    let installed = folder.join("installed.txt");
    let wanted = std::fs::read_to_string(&requirements).unwrap();
    if std::fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return python;
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&requirements));
    std::fs::write(installed, wanted).unwrap();
    python
}

fn run(command: &mut Command) -> Output {
    let output =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; the tests need python3 with venv"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_works_unchanged() {
    let python = tokio::task::spawn_blocking(python).await.unwrap();
    let collector = CollectorProcess::start("").await.unwrap();
    let protocols = [("grpc", collector.otlp_grpc, "SDK-GRPC-1"), ("http/protobuf", collector.otlp_http, "SDK-HTTP-1")];
    for (protocol, address, order) in protocols {
        let mut send = Command::new(&python);
        send.arg(workspace().join("tests/end_to_end/sdk/send.py"))
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}"))
            .env("OTEL_EXPORTER_OTLP_INSECURE", "true")
            .env("OTEL_SERVICE_NAME", "storefront")
            .env("ORDER", order);
        let output = tokio::task::spawn_blocking(move || run(&mut send)).await.unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(!complaints.contains("artial") && !complaints.contains("ailed"), "{protocol}: {complaints}");

        let journey: Journey = collector.get(&format!("/api/v1/journeys/{order}")).await.unwrap().unwrap();
        assert_eq!(journey.handoffs.len(), 2, "{protocol}");
        assert_eq!(journey.handoffs[0].operation, "POST /orders");
        assert_eq!(journey.handoffs[0].to, "storefront");
        let call = &journey.handoffs[1];
        assert_eq!((call.from.as_deref(), call.to.as_str()), (Some("storefront"), "payments"));
        assert_eq!(call.parent.as_ref(), Some(&journey.handoffs[0].id));
        assert_eq!((call.attempts[0].outcome, call.attempts[0].status_code), (Outcome::Error, Some(503)));
        assert_eq!(journey.state, JourneyState::Failed);
        let milestones: Vec<&str> = journey.milestones.iter().map(|milestone| milestone.name.as_str()).collect();
        assert_eq!(milestones, ["payment.captured"], "{protocol}");
    }
    let status: Status = collector.get("/api/v1/status").await.unwrap().unwrap();
    for signal in &status.signals {
        assert!(signal.total.stored > 0 && signal.total.accepted == signal.total.stored, "{signal:?}");
    }
}
