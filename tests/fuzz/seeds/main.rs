//! Writes the corpora that fuzzing starts from, made of the recorded order's requests.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use ordertrace_otlp::Signal;
use ordertrace_agent::spool::{Settlement, Spool, SpoolSettings, WhenFull};
use prost::Message;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let requests = requests(&root.join("../fixtures/real-order/otlp"))?;
    otlp(&root.join("corpus/otlp_decode"), &requests)?;
    spools(&root.join("corpus/spool_recovery"), &requests)
}

fn requests(folder: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, Failure>>()?;
    paths.sort();
    paths.iter().map(|path| Ok(fs::read(path)?)).collect()
}

/// Each resource by itself, in both encodings, as each of the signals.
fn otlp(corpus: &Path, requests: &[Vec<u8>]) -> Result<(), Failure> {
    fs::create_dir_all(corpus)?;
    for (at, request) in requests.iter().enumerate() {
        let mut request = ExportTraceServiceRequest::decode(&request[..])?;
        for scope in request.resource_spans.iter_mut().flat_map(|resource| &mut resource.scope_spans) {
            scope.spans.truncate(3);
        }
        for kind in 0..3 {
            fs::write(
                corpus.join(format!("{at:03}-{kind}-protobuf")),
                [&[kind][..], &request.encode_to_vec()].concat(),
            )?;
        }
        fs::write(corpus.join(format!("{at:03}-json")), [&[4 + 2][..], &serde_json::to_vec(&request)?].concat())?;
    }
    let log = br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795253154000000000","eventName":"order.placed","body":{"stringValue":"x"}}]}]}]}"#;
    let metric = br#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"commerce.inventory.level","gauge":{"dataPoints":[{"asInt":"7","timeUnixNano":"1795253154000000000","attributes":[{"key":"commerce.sku","value":{"stringValue":"s"}},{"key":"commerce.system","value":{"stringValue":"erp"}}]}]}}]}]}]}"#;
    fs::write(corpus.join("log-json"), [&[4][..], log].concat())?;
    fs::write(corpus.join("metric-json"), [&[5][..], metric].concat())?;
    Ok(())
}

/// A spool's files after some deliveries.
fn spools(corpus: &Path, requests: &[Vec<u8>]) -> Result<(), Failure> {
    fs::create_dir_all(corpus)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    for delivered in 0..3 {
        let dir = tempfile::tempdir()?;
        let settings = SpoolSettings {
            dir: dir.path().to_owned(),
            limit_bytes: 1 << 20,
            segment_bytes: 1 << 10,
            max_age: Duration::from_secs(1 << 32),
            when_full: WhenFull::Refuse,
        };
        let (spool, writer) = Spool::open(settings)?;
        runtime.block_on(async {
            for (at, request) in requests.iter().take(6).enumerate() {
                let payload = Bytes::copy_from_slice(&request[..request.len().min(100 * (at + 1))]);
                spool.append(Signal::ALL[at % 3], ["shop", "oms"][at % 2], 1, 1, payload).await?;
            }
            for _ in 0..delivered {
                let batch = spool.freeze(500).await?;
                spool.settle(batch, Settlement::Taken { rejected_items: 0 }).await?;
            }
            drop(spool.freeze(500).await?);
            Ok::<_, Failure>(())
        })?;
        drop(spool);
        writer.join().map_err(|_| "the spool's writer ended by a fault")?;
        fs::write(corpus.join(format!("{delivered}")), files(dir.path())?)?;
    }
    Ok(())
}

/// As the target reads them: a number for the name, the length in two bytes, the bytes.
fn files(dir: &Path) -> Result<Vec<u8>, Failure> {
    let mut input = Vec::new();
    let mut segments: Vec<PathBuf> = Vec::new();
    let mut add = |name: u8, mut bytes: Vec<u8>| -> Result<(), Failure> {
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        input.push(name);
        input.extend_from_slice(&u16::try_from(bytes.len())?.to_le_bytes());
        input.append(&mut bytes);
        Ok(())
    };
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        match path.file_name().and_then(|name| name.to_str()) {
            Some("checkpoint-0") => add(0, fs::read(path)?)?,
            Some("checkpoint-1") => add(1, fs::read(path)?)?,
            Some(name) if name.ends_with(".seg") => segments.push(path),
            _ => {}
        }
    }
    segments.sort();
    for (name, path) in (2..).zip(segments.iter().take(2)) {
        add(name, fs::read(path)?)?;
    }
    Ok(input)
}
