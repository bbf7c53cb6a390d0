//! `proxy`: what an HTTP proxy adds to a request, in time and in CPU, with tracing on.

mod contenders;
mod envoy;
mod exchange;
mod requests;
mod upstream;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use hdrhistogram::Histogram;

use self::contenders::{Contender, Installed};
use self::requests::Requests;
use self::upstream::Upstream;
use crate::cli::WorkArgs;
use crate::report::{Comparison, Figure};
use crate::sink::Sink;

/// How long a started proxy is left alone before its idle memory is read.
const IDLE_PAUSE: Duration = Duration::from_secs(3);

/// How long spans may take to be exported.
const EXPORT_LIMIT: Duration = Duration::from_secs(20);

const QUANTILES: [(&str, f64); 3] = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)];
const NS_PER_MS: f64 = 1e6;
const MEGA: f64 = 1e6;

/// Options of `proxy`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ProxyArgs {
    /// Requests a second, by schedule
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
    requests_per_s: u32,
    /// Length of a round, in seconds, after two seconds of warming up
    #[arg(long, default_value_t = 15)]
    duration_s: u32,
    /// Keep-alive connections
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// An ordertrace-agent to take instead of building one
    #[arg(long, value_name = "FILE")]
    pub(crate) agent: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

/// Runs the comparison.
pub(crate) async fn compare(args: &ProxyArgs) -> anyhow::Result<Comparison> {
    let ours = Contender::Ordertrace.install(args.agent.as_deref()).await?;
    let envoy = Contender::Envoy.install(None).await?;
    let direct = Contender::Direct.install(None).await?;
    let names = [&ours, &envoy, &direct].map(|contender| contender.contender.name().to_owned()).to_vec();
    let versions = [&ours, &envoy].map(|contender| contender.version.clone()).to_vec();
    let work = vec![
        format!(
            "{} requests a second by schedule for {} s over {} keep-alive connections: {} bytes of JSON up, {} down.",
            args.requests_per_s,
            args.duration_s,
            args.connections,
            requests::BODY_BYTES,
            upstream::BODY_BYTES,
        ),
        "Latency counts from the scheduled time; added latency is over that of the same round without a proxy. \
         A span of every request is exported over OTLP/gRPC."
            .to_owned(),
    ];
    let mut comparison = Comparison::new("proxy", names, versions, work);
    let upstream = Upstream::start().await?;
    let requests = Requests {
        per_s: args.requests_per_s,
        duration_s: args.duration_s,
        connections: args.connections,
        seed: args.work.seed,
    };
    for number in 1..=args.work.rounds {
        let mut without = None;
        // Without a proxy first: the others are compared with it.
        for contender in [&direct, &ours, &envoy] {
            let name = contender.contender.name();
            eprintln!("proxy: round {number} of {}, {name}", args.work.rounds);
            let round = round(args, contender, &upstream, requests).await;
            let (latencies, mut figures) = round.with_context(|| format!("round {number} of {name}"))?;
            let mut all = latency_figures(&latencies, without.as_ref());
            all.append(&mut figures);
            comparison.add(name, number, all);
            without.get_or_insert(latencies);
        }
    }
    Ok(comparison)
}

async fn round(
    args: &ProxyArgs,
    contender: &Installed,
    upstream: &Upstream,
    requests: Requests,
) -> anyhow::Result<(Histogram<u64>, Vec<Figure>)> {
    let folder = tempfile::tempdir_in(args.work.folder()?)?;
    let sink = Sink::start().await?;
    let Some((program, address)) = contender.start(folder.path(), upstream.address(), sink.address()).await? else {
        return Ok((requests.make(upstream.address()).await?, Vec::new()));
    };
    tokio::time::sleep(IDLE_PAUSE).await;
    let idle = program.usage()?;
    let meter = program.meter()?;
    let latencies = requests.make(address).await;
    let latencies = latencies.with_context(|| format!("it said:\n{}", program.said()))?;
    let made = requests.count();
    let spans = sink.wait_spans(made, EXPORT_LIMIT).await;
    let usage = meter.read()?;
    anyhow::ensure!(spans >= made, "{made} requests were made, {spans} spans exported; it said:\n{}", program.said());
    program.stop().await?;
    let figures = vec![
        Figure::new("CPU, µs per request", usage.cpu_s * MEGA / made as f64),
        Figure::new("idle, MB", idle.memory_bytes as f64 / MEGA),
        Figure::new("peak, MB", usage.peak_bytes as f64 / MEGA),
    ];
    Ok((latencies, figures))
}

/// Quantiles, and how much they are above those of requests without a proxy.
fn latency_figures(latencies: &Histogram<u64>, without: Option<&Histogram<u64>>) -> Vec<Figure> {
    let of = |histogram: &Histogram<u64>, quantile| histogram.value_at_quantile(quantile) as f64 / NS_PER_MS;
    let mut figures: Vec<Figure> =
        QUANTILES.iter().map(|(name, quantile)| Figure::new(format!("{name}, ms"), of(latencies, *quantile))).collect();
    if let Some(without) = without {
        figures.extend(QUANTILES.iter().map(|(name, quantile)| {
            Figure::new(format!("added {name}, ms"), of(latencies, *quantile) - of(without, *quantile))
        }));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_latency_is_the_difference_of_quantiles() {
        let histogram = |ns: u64| {
            let mut histogram = Histogram::<u64>::new(3).unwrap();
            (1..=1_000).for_each(|n| histogram.record(ns * n).unwrap());
            histogram
        };
        let figures = latency_figures(&histogram(3_000), Some(&histogram(1_000)));
        let value = |name: &str| figures.iter().find(|figure| figure.name == name).unwrap().value;
        assert!((value("p50, ms") - 1.5).abs() < 0.01, "{figures:?}");
        assert!((value("added p50, ms") - 1.0).abs() < 0.01, "{figures:?}");
        assert!((value("added p99, ms") - 1.98).abs() < 0.01, "{figures:?}");
        assert_eq!(latency_figures(&histogram(1), None).len(), 3);
    }
}
