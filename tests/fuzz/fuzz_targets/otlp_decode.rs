//! OTLP requests of every signal, in protobuf and JSON, through the agent's counting and the
//! collector's decoding: any bytes are survived, and both see the same items.
#![no_main]

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use ordertrace_agent::receiver::count_items;
use ordertrace_otlp::Signal;
use ordertrace_collector::ingest::decode::Decoder;
use ordertrace_collector::ingest::{Encoding, examine};
use ordertrace_collector::recognise::Recogniser;
use ordertrace_collector::settings::{AcceptSettings, LimitSettings, RecogniseSettings};

/// 2026-11-21T09:25:54Z, when the recorded order was placed.
const NOW_NS: i64 = 1_795_253_154_000_000_000;

static DECODER: LazyLock<Decoder> = LazyLock::new(|| {
    let recogniser = Recogniser::new(&RecogniseSettings::default()).expect("the default rules can be followed");
    Decoder::new(LimitSettings::default(), AcceptSettings::default(), Arc::new(recogniser))
});

fuzz_target!(|input: &[u8]| {
    // The first byte says what the others are.
    let Some((kind, body)) = input.split_first() else { return };
    let signal = match kind % 3 {
        0 => Signal::Traces,
        1 => Signal::Logs,
        _ => Signal::Metrics,
    };
    let encoding = if kind & 4 == 0 { Encoding::Protobuf } else { Encoding::Json };
    let body = Bytes::copy_from_slice(body);
    let counted = match encoding {
        Encoding::Protobuf => count_items(signal, &body),
        Encoding::Json => None,
    };
    if let Some(examined) = examine(&DECODER, signal, encoding, body, NOW_NS)
        && encoding == Encoding::Protobuf
        && let Some(counted) = counted
    {
        assert_eq!(u64::from(counted), examined.taken_items + examined.refused_items);
    }
});
