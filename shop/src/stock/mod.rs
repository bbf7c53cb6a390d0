//! Days of a shop's stock and prices, as their systems would tell of them, with faults at known items
//! and times.
//!
//! [`make`] lets the truth move (orders, receipts, corrections, new prices), says from that what each
//! system [held](held) at each time, each with a rhythm of its own and with [faults](fault), and what they
//! [tell](telling) of it: late, twice, out of order.
//!
//! | system | gets stock | gets prices | tells |
//! |---|---|---|---|
//! | `wms` | is right; two locations | | every change with version and time, as gauges |
//! | `erp` | from the WMS in batches of five minutes, in whole cases of 12 | is right; for all channels, some for the marketplace alone | batches as events without version or time of change; prices as events with both |
//! | `storefront` | takes its own orders off at once; hears of everything else by what it changes, and of the whole every four hours | after seconds | polled every minute: the value and the interval |
//! | `marketplace` | takes its own orders off at once; is set to the WMS's level every 30 s | every 30 s | events with the time of change and no version |
//! | `price_feed` | | is made anew every 15 minutes | all of it whenever it is made, as gauges with that time; and as an event that it was |
//!
//! # What is true, and what can be known of it
//!
//! The [truth](Watched) is computed from what the systems held, never from what was sent. A telling is of a
//! *moment*: of the change where the system tells of changes, of the poll where it is polled. At a time a
//! collector can **know** of each system what it held at the latest moment of which a telling has arrived;
//! so a pair differs, as far as it is knowable, when these do ([`Seen`]). It must be said at the first
//! evaluation after the arrival, and not be said any more at the first after the arrival of what ends it.
//!
//! Channels' [orders](orders) are told of too: placed by the channel, reserved by the WMS, exported and completed by the
//! ERP, late and twice like everything else, some without saying which goods. What can be known of them is
//! [`Aware`]: an order is in flight when the channel's stock is of a moment at or after it was placed, and what is known
//! to have been booked or exported is later than what is known of the WMS's stock where the goods are. What such orders do
//! not explain of a difference is unexplained.
//!
//! A [`Stretch`] is a time in which the target did not show what the source did, by moments. Its ends are
//! exact where a system tells when it changed. Of a polled one it is known that the change was made after
//! the poll before and not after this one: these are `earliest` and `latest`, two minutes apart when a poll
//! in between failed. When it really was made stands beside them.
//!
//! Nobody can tell from the newest of each system how long something took when a change is told of only
//! after a later one is known: stretches that such a telling touches are not *clear*. That the pair
//! differed in the meantime can be known, of a stretch that is not clear as of any other, but not from when
//! to when.

mod amount;
mod aware;
mod days;
mod erp;
mod fault;
mod feed;
mod held;
mod marketplace;
mod moves;
mod orders;
mod otlp;
mod pairs;
mod prices;
mod storefront;
mod telling;
mod truth;

pub use aware::Aware;
pub use days::{Plan, StockDays, make};
pub use fault::Fault;
pub use feed::{FEED_NAME, FEED_SYSTEM, FeedDays, FeedMade};
pub use orders::StockOrder;
pub use pairs::{Compared, SYNCS, Target};
pub use truth::{Cause, Differs, Known, Seen, Stretch, Watched};

#[cfg(test)]
mod tests;
