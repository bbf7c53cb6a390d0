use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::keys::{Key, Strength};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span, instrument};

use super::examine;
use super::feed::Feed;
use super::ledger::{Entry, Ledger};
use super::reconcile::reconcile;
use super::silence::Silence;
use super::storms::Storms;
use super::watches::Watches;
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

/// Time until detection tries again to begin.
const RETRY: Duration = Duration::from_secs(5);

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
}

impl Detector {
    /// Goes on where any collector left off.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn open(detection: Detection) -> clickhouse::error::Result<Self> {
        let Detection { client, journeys, flows, settings } = detection;
        let ledger = Ledger::new(client.clone());
        let (mut watches, until_ms) = Watches::load(client.clone()).await?;
        // Flows may have changed since.
        for key in ledger.open().await? {
            watches.set(&key, Some(AT_ONCE_NS));
        }
        let feed = Feed::new(client.clone(), until_ms.unwrap_or(0));
        let silence = Silence::new(client.clone(), ledger.clone());
        let storms = Storms::new(client, ledger.clone(), settings.retry_storm);
        Ok(Self { journeys, flows, ledger, feed, watches, silence, storms })
    }

    /// Looks at the journeys in which something happened, and at those that are due at `now`; whether
    /// there are more at once.
    ///
    /// # Errors
    /// When ClickHouse does not answer; nothing is lost then.
    pub async fn round(&mut self, now: Timestamp) -> clickhouse::error::Result<bool> {
        let now_ns = nanoseconds(now);
        let news = self.feed.news(self.watches.len() > 0).await?;
        news.touched.iter().for_each(|key| self.watches.hasten(key, now_ns.saturating_add(SETTLING_NS)));
        let due = self.watches.due(now_ns, MOST_DUE);
        if news.reached.is_empty() && due.is_empty() {
            return Ok(news.more);
        }
        let more = news.more || due.len() == MOST_DUE;
        let keys: Vec<Key> = news.reached.into_iter().chain(due).collect::<BTreeSet<_>>().into_iter().collect();
        for keys in keys.chunks(AT_ONCE) {
            if let Err(error) = self.look(keys, now, now_ns).await {
                // They are news no more, so they are looked at when they are due: now.
                keys.iter().for_each(|key| self.watches.set(key, Some(now_ns)));
                return Err(error);
            }
        }
        self.watches.write(self.feed.until_ms()).await?;
        Ok(more)
    }

    /// Looks at which systems do not speak any more at `now`, and which are tried again and again.
    ///
    /// # Errors
    /// When ClickHouse does not answer; the next look says the same.
    pub async fn look_at_systems(&mut self, now: Timestamp) -> clickhouse::error::Result<()> {
        self.silence.look(now).await?;
        self.storms.look(now).await
    }

    /// When a journey is due, nanoseconds since the Unix epoch; `None` when none is watched.
    pub fn next_ns(&self) -> Option<i64> {
        self.watches.next_ns()
    }

    /// Journeys that are watched.
    pub fn watched(&self) -> usize {
        self.watches.len()
    }

    #[instrument(name = "detect", skip_all)]
    async fn look(&mut self, seeds: &[Key], now: Timestamp, now_ns: i64) -> clickhouse::error::Result<()> {
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
        Ok(())
    }
}

fn strong_keys(case: &Case) -> impl Iterator<Item = &Key> {
    case.journey.keys.iter().filter(|key| key.strength == Strength::Strong).map(|key| &key.key)
}

/// Detects until `stop`, by the clock `now`.
pub async fn run(detection: Detection, now: fn() -> Timestamp, stop: CancellationToken) {
    let detecting = async {
        let mut detector = loop {
            match Detector::open(detection.clone()).await {
                Ok(detector) => break detector,
                Err(error) => tracing::warn!(error = %error, "detection cannot begin yet"),
            }
            tokio::time::sleep(RETRY).await;
        };
        let mut rounds = interval(EVERY);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut systems = interval(SYSTEMS_EVERY);
        systems.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = rounds.tick() => {}
                _ = systems.tick() => {
                    if let Err(error) = detector.look_at_systems(now()).await {
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
                        tracing::warn!(error = %error, "detection could not go on; it will from where it was");
                        break;
                    }
                }
            }
        }
    };
    // It looks every second whether anything happened: a collector that exports to itself would never
    // come to rest.
    let span = info_span!("detection");
    ordertrace_telemetry::leave_unsampled(&span);
    tokio::select! {
        () = detecting.instrument(span) => {}
        () = stop.cancelled() => {}
    }
}
