use jiff::Timestamp;
use ordertrace_api::reading::Entity;

use super::fault::{Damage, Mishaps, Outages};
use super::feed::FeedDays;
use super::held::{HOUR_MS, Held, SECOND_MS};
use super::moves::{LOCATIONS, Stock};
use super::orders::{StockOrder, of_channels};
use super::otlp::{arrivals, at};
use super::pairs::{Compared, SYNCS};
use super::telling::{Manner, Place, Rounds, SENT_EVERY_MS, Track, tell_changes};
use super::truth::{Pair, Watched};
use super::{erp, marketplace, prices, storefront};
use crate::chance::Seed;
use crate::days::Arrival;

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Equal seeds give equal days.
    pub seed: u64,
    /// Number of SKUs.
    pub skus: u32,
    /// How long it goes on.
    pub hours: u32,
    /// When it begins.
    pub begins_at: Timestamp,
}

/// What arrives, and what is true.
#[derive(Clone, Debug)]
pub struct StockDays {
    /// Requests by the time at which they arrive.
    pub arrivals: Vec<Arrival>,
    /// Everything that is compared.
    pub watched: Vec<Watched>,
    /// How old the price feed is.
    pub feed: FeedDays,
    /// When everything has arrived.
    pub ends_at: Timestamp,
}

/// What one SKU's systems tell of it and of its orders, and what goes wrong with it in which of them.
struct Line {
    tracks: Vec<Track>,
    orders: Vec<StockOrder>,
    damages: Vec<(&'static str, &'static str, Vec<Damage>)>,
}

/// What all SKUs share.
struct Shop {
    seed: Seed,
    ends_ms: i64,
    outages: Outages,
    polls: Rounds,
    feeds: Rounds,
}

/// Makes the days of a plan.
pub fn make(plan: &Plan) -> StockDays {
    let (seed, ends_ms) = (Seed(plan.seed), i64::from(plan.hours) * HOUR_MS);
    let outages = Outages::planned(seed, ends_ms);
    let polls = Rounds::of_polls(seed, "storefront", ends_ms);
    let feeds = Rounds::of_feeds(seed, prices::feeds(ends_ms, outages.feed));
    let shop = Shop { seed, ends_ms, outages, polls, feeds };
    let (mut tracks, mut orders, mut watched) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..plan.skus {
        let sku = format!("SKU-{number:05}");
        let line = shop.line(&sku);
        watched.extend(line.watch(plan.begins_at));
        tracks.extend(line.tracks);
        orders.extend(line.orders.into_iter().map(|order| (sku.clone(), order)));
    }
    let arrivals = arrivals(&tracks, &shop.feeds, &orders, plan.begins_at);
    let feed = FeedDays::of(&shop.feeds, plan.begins_at);
    let ends_at = arrivals.last().map_or(plan.begins_at, |last| last.at);
    let ends_at = ends_at.max(at(plan.begins_at, ends_ms + SENT_EVERY_MS));
    StockDays { arrivals, watched, feed, ends_at }
}

impl Shop {
    fn line(&self, sku: &str) -> Line {
        let mut line = Line { tracks: Vec::new(), orders: Vec::new(), damages: Vec::new() };
        let mishaps = Mishaps::planned(self.seed, sku, self.ends_ms);
        self.stock(sku, mishaps.clone(), &mut line);
        self.prices(sku, mishaps, &mut line);
        line
    }

    fn stock(&self, sku: &str, mut mishaps: Mishaps, line: &mut Line) {
        let Self { seed, ends_ms, outages, .. } = self;
        let stock = Stock::planned(*seed, sku, *ends_ms);
        line.orders = of_channels(*seed, sku, &stock);
        let mut chance = seed.chance(&["telling", "stock", sku]);
        let place = |system, location| Place {
            system,
            entity: Entity::Inventory,
            sku: sku.to_owned(),
            location,
            channel: "",
            currency: "",
        };
        for (location, held) in LOCATIONS.into_iter().zip(&stock.of_location) {
            let wms = tell_changes(place("wms", location), Manner::Versioned, held, 3 * SECOND_MS, &mut chance);
            line.tracks.push(wms);
        }
        let stop = outages.of("stock", "storefront");
        let (held, damages) = storefront::stock(&stock, *ends_ms, stop, &mut mishaps, &mut chance);
        line.tracks.push(self.polls.tell(place("storefront", ""), Manner::Polled, &held));
        line.damages.push(("stock", "storefront", damages));
        let stop = outages.of("stock", "marketplace");
        let (held, damages) = marketplace::stock(&stock, *ends_ms, stop, &mut mishaps, &mut chance);
        line.tracks.push(tell_changes(place("marketplace", ""), Manner::Dated, &held, 20 * SECOND_MS, &mut chance));
        line.damages.push(("stock", "marketplace", damages));
        let (held, damages) = erp::stock(&stock, *ends_ms, outages, &mut mishaps);
        line.tracks.push(tell_changes(place("erp", ""), Manner::Plain, &held, 10 * SECOND_MS, &mut chance));
        line.damages.push(("stock", "erp", damages));
    }

    fn prices(&self, sku: &str, mut mishaps: Mishaps, line: &mut Line) {
        let Self { seed, ends_ms, outages, .. } = self;
        let mut chance = seed.chance(&["telling", "prices", sku]);
        let place = |system, channel, currency| Place {
            system,
            entity: Entity::Price,
            sku: sku.to_owned(),
            location: "",
            channel,
            currency,
        };
        let of_erp = |which| prices::of_erp(*seed, sku, which, *ends_ms);
        let mut told = |channel, currency, held: &Held| {
            tell_changes(place("erp", channel, currency), Manner::Versioned, held, 3 * SECOND_MS, &mut chance)
        };
        let euros = of_erp("EUR");
        line.tracks.push(told("", "EUR", &euros));
        let mut chance = seed.chance(&["channels", sku]);
        let mut in_storefront = vec![("EUR", euros.clone())];
        if chance.happens(30) {
            let dollars = of_erp("USD");
            line.tracks.push(told("", "USD", &dollars));
            in_storefront.push(("USD", dollars));
        }
        let own = chance.happens(30).then(|| of_erp("marketplace EUR"));
        line.tracks.extend(own.as_ref().map(|own| told("marketplace", "EUR", own)));
        let stop = outages.of("prices", "storefront");
        for (currency, held) in in_storefront {
            let (held, damages) = prices::of_storefront(&held, stop, &mut chance);
            line.tracks.push(self.polls.tell(place("storefront", "web", currency), Manner::Polled, &held));
            line.damages.push(("prices", "storefront", damages));
        }
        let stop = outages.of("prices", "marketplace");
        let source = own.as_ref().unwrap_or(&euros);
        let (held, damages) = marketplace::price(source, *ends_ms, stop, &mut mishaps, &mut chance);
        let manner = Manner::Dated;
        let place_there = place("marketplace", "marketplace", "EUR");
        line.tracks.push(tell_changes(place_there, manner, &held, 20 * SECOND_MS, &mut chance));
        line.damages.push(("prices", "marketplace", damages));
        let (held, damages) = prices::of_feed(&euros, *ends_ms, outages.feed);
        line.tracks.push(self.feeds.tell(place("price_feed", "shopping", "EUR"), Manner::Made, &held));
        line.damages.push(("prices", "price_feed", damages));
    }
}

impl Line {
    fn watch(&self, begins_at: Timestamp) -> Vec<Watched> {
        let mut watched = Vec::new();
        for Compared { sync, entity, source, targets } in SYNCS {
            for target in targets {
                let damages = self.damages.iter().filter(|(of, system, _)| *of == sync && *system == target.system);
                let damages: Vec<Damage> = damages.flat_map(|(_, _, damages)| damages.iter().copied()).collect();
                let of = |system| {
                    let is_meant = move |track: &&Track| track.place.system == system && track.place.entity == entity;
                    self.tracks.iter().filter(is_meant)
                };
                watched.extend(of(target.system).map(|track| {
                    let pair = Pair {
                        sync,
                        sources: meant(of(source), &track.place),
                        target: track,
                        units_each: target.units_each,
                        tolerance: target.tolerance_hundredths,
                        damages: &damages,
                        orders: &self.orders,
                    };
                    pair.watch(begins_at)
                }));
            }
        }
        watched
    }
}

/// Of the source's copies those that the target's is made of: every location; the price for its channel, else
/// that for all.
fn meant<'t>(sources: impl Iterator<Item = &'t Track>, target: &Place) -> Vec<&'t Track> {
    let alike: Vec<&Track> = sources.filter(|track| track.place.currency == target.currency).collect();
    let of = |channel: &str| -> Vec<&'t Track> {
        alike.iter().filter(|track| track.place.channel == channel).copied().collect()
    };
    let own = of(target.channel);
    if own.is_empty() { of("") } else { own }
}
