use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::keys::{Key, Strength};
use tokio_util::sync::CancellationToken;
use tracing::{info_span, instrument};

use super::examine;
use super::exposure::Exposure;
use super::feed::Feed;
use super::ledger::{Entry, Ledger};
use super::metrics::DetectionMetrics;
use super::reconcile::reconcile;
use super::silence::Silence;
use super::storms::Storms;
use super::watches::Watches;
use crate::background;
use crate::flow::Flows;
use crate::journey::{Case, Journeys};
use crate::moment::nanoseconds;
use crate::settings::DetectionSettings;

/// Journeys put together at once: enough to share their look-ups, few enough to stay within the
/// limits of a closure.
const AT_ONCE: usize = 100;

/// A time at which everything is due.
const AT_ONCE_NS: i64 = 1;

/// Journeys that are due looked at in one round, beside those with news.
const MOST_DUE: usize = 2_000;

/// A journey in which something happened but nothing was reached is looked at after this time,
/// together with what happens in it meanwhile: three seconds.
const SETTLING_NS: i64 = 3_000_000_000;

/// A journey from which something is still expected is looked at again in any case: what joins it
/// with another may stand with keys under which it is not watched. First after an hour.
const REVISIT_NS: i64 = 3_600_000_000_000;

/// Then ever later, at last every two days.
const REVISIT_AT_MOST_NS: i64 = 48 * REVISIT_NS;

/// Time between rounds.
const EVERY: Duration = Duration::from_secs(1);

/// Time between looks at systems.
const SYSTEMS_EVERY: Duration = Duration::from_secs(60);

/// What detection works with.
#[derive(Clone)]
pub struct Detection {
    /// The database.
    pub client: Client,
    /// Puts journeys together.
    pub journeys: Journeys,
    /// What these must reach.
    pub flows: Arc<Flows>,
    /// What else counts as wrong.
    pub settings: DetectionSettings,
    /// What it tells of itself.
    pub metrics: DetectionMetrics,
}

/// Finds what is wrong with journeys and systems, round by round.
pub struct Detector {
    journeys: Journeys,
    flows: Arc<Flows>,
    ledger: Ledger,
    feed: Feed,
    watches: Watches,
    silence: Silence,
    storms: Storms,
    exposure: Exposure,
    metrics: DetectionMetrics,
}

impl Detector {
    /// Goes on where any collector left off.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn open(detection: Detection) -> clickhouse::error::Result<Self> {
        let Detection { client, journeys, flows, settings, metrics } = detection;
        let ledger = Ledger::new(client.clone());
        let (mut watches, until_ms) = Watches::load(client.clone()).await?;
        // Flows may have changed since.
        for key in ledger.open().await? {
            watches.set(&key, Some(AT_ONCE_NS));
        }
        let feed = Feed::new(client.clone(), until_ms.unwrap_or(0));
        let silence = Silence::new(client.clone(), ledger.clone());
        let storms = Storms::new(client.clone(), ledger.clone(), settings.retry_storm);
        let exposure = Exposure::new(client, ledger.clone(), settings.exposure);
        Ok(Self { journeys, flows, ledger, feed, watches, silence, storms, exposure, metrics })
    }

    /// Looks at the journeys in which something happened, and at those that are due at `now`; whether
    /// there are more at once.
    ///
    /// # Errors
    /// When ClickHouse does not answer; nothing is lost then.
    pub async fn round(&mut self, now: Timestamp) -> clickhouse::error::Result<bool> {
        let (began, now_ns) = (Instant::now(), nanoseconds(now));
        let news = self.feed.news(self.watches.len() > 0).await?;
        news.touched.iter().for_each(|key| self.watches.hasten(key, now_ns.saturating_add(SETTLING_NS)));
        let due = self.watches.due(now_ns, MOST_DUE);
        if news.reached.is_empty() && due.is_empty() {
            self.metrics.round(0, self.watches.len(), began.elapsed(), None);
            return Ok(news.more);
        }
        let more = news.more || due.len() == MOST_DUE;
        let keys: Vec<Key> = news.reached.into_iter().chain(due).collect::<BTreeSet<_>>().into_iter().collect();
        let (mut left, mut journeys) = (keys.as_slice(), 0);
        while !left.is_empty() {
            let (together, rest) = left.split_at(left.len().min(AT_ONCE));
            match self.look(together, now, now_ns).await {
                Ok(looked_at) => journeys += looked_at,
                Err(error) => {
                    // They are news no more, so they are looked at when they are due: now.
                    left.iter().for_each(|key| self.watches.set(key, Some(now_ns)));
                    return Err(error);
                }
            }
            left = rest;
        }
        self.watches.write(self.feed.until_ms()).await?;
        // By two clocks, that of ClickHouse and ours.
        let waited_ms = |stored_at_ms: i64| u64::try_from(now.as_millisecond() - stored_at_ms).unwrap_or(0);
        let lag = news.oldest_ms.map(|oldest_ms| Duration::from_millis(waited_ms(oldest_ms)) + began.elapsed());
        self.metrics.round(journeys, self.watches.len(), began.elapsed(), lag);
        Ok(more)
    }

    /// Looks at which systems do not speak any more at `now`, and which are tried again and again,
    /// and which are reached in the open.
    ///
    /// # Errors
    /// When ClickHouse does not answer; the next look says the same.
    pub async fn look_at_systems(&mut self, now: Timestamp) -> clickhouse::error::Result<()> {
        self.silence.look(now).await?;
        self.storms.look(now).await?;
        self.exposure.look(now).await?;
        self.watches.write_systems(nanoseconds(now)).await?;
        self.metrics.open(&self.ledger.open_by_kind().await?);
        Ok(())
    }

    /// When a journey is due, nanoseconds since the Unix epoch; `None` when none is watched.
    pub fn next_ns(&self) -> Option<i64> {
        self.watches.next_ns()
    }

    /// Journeys that are watched.
    pub fn watched(&self) -> usize {
        self.watches.len()
    }

    /// Puts the journeys of these keys together and writes what is wrong with them; how many there are.
    #[instrument(name = "detect", skip_all)]
    async fn look(&mut self, seeds: &[Key], now: Timestamp, now_ns: i64) -> clickhouse::error::Result<usize> {
        let cases = self.journeys.cases(seeds).await?;
        let keys: Vec<Key> = cases.iter().flat_map(strong_keys).cloned().collect();
        let mut known: HashMap<Key, Vec<Entry>> = HashMap::new();
        if !keys.is_empty() {
            for entry in self.ledger.of(&keys).await? {
                known.entry(entry.anchor.clone()).or_default().push(entry);
            }
        }
        let mut changed = Vec::new();
        let mut watched = Vec::new();
        for case in &cases {
            let known: Vec<&Entry> = strong_keys(case).filter_map(|key| known.get(key)).flatten().collect();
            let again_ns = match examine(&self.flows, &case.sightings, now_ns) {
                Some((flow, verdict)) => {
                    changed.extend(reconcile(case, &flow.name, &verdict.faults, &known, now));
                    let open = verdict.again_ns.is_some() || verdict.is_wrong();
                    let quiet_ns = now_ns.saturating_sub(case.sightings.last().map_or(now_ns, |last| last.at_ns));
                    let revisit_ns = (quiet_ns / 2).clamp(REVISIT_NS, REVISIT_AT_MOST_NS);
                    // On the hour, so that many are looked at together.
                    let revisit_ns = now_ns.saturating_add(revisit_ns).div_euclid(REVISIT_NS).saturating_add(1);
                    let revisit_ns = open.then(|| revisit_ns.saturating_mul(REVISIT_NS));
                    verdict.again_ns.into_iter().chain(revisit_ns).min()
                }
                None => {
                    changed.extend(reconcile(case, "", &[], &known, now));
                    None
                }
            };
            watched.push((case.journey.id.clone(), again_ns));
        }
        self.ledger.write(&changed).await?;
        // A journey is watched under one key: that by which it is known now.
        seeds.iter().for_each(|seed| self.watches.set(seed, None));
        watched.iter().for_each(|(key, again_ns)| self.watches.set(key, *again_ns));
        Ok(cases.len())
    }
}

fn strong_keys(case: &Case) -> impl Iterator<Item = &Key> {
    case.journey.keys.iter().filter(|key| key.strength == Strength::Strong).map(|key| &key.key)
}

/// Detects until `stop`, by the clock `now`.
pub async fn run(detection: Detection, now: fn() -> Timestamp, stop: CancellationToken) {
    let detecting = async {
        let mut detector = background::opened("detection", || Detector::open(detection.clone())).await;
        let mut rounds = background::every(EVERY);
        let mut systems = background::every(SYSTEMS_EVERY);
        let metrics = detection.metrics.clone();
        loop {
            tokio::select! {
                _ = rounds.tick() => {}
                _ = systems.tick() => {
                    if let Err(error) = detector.look_at_systems(now()).await {
                        metrics.failure();
                        tracing::warn!(error = %error, "systems could not be looked at");
                    }
                    continue;
                }
            }
            loop {
                match detector.round(now()).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        metrics.failure();
                        tracing::warn!(error = %error, "detection could not go on; it will from where it was");
                        break;
                    }
                }
            }
        }
    };
    background::until(stop, info_span!("detection"), detecting).await;
}
