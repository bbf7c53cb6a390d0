//! What a run prints: a line for each cycle, and sums at the end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::load::Sums;
use crate::plan::Plan;

/// Sums so far.
pub(crate) struct Report {
    planned: usize,
    started: Instant,
    cycles: u32,
    longest: Duration,
    faults: BTreeMap<String, u32>,
    /// Of worlds that have ended.
    ended: Sums,
    /// Of the present one.
    current: Sums,
}

impl Report {
    pub(crate) fn new(planned: usize) -> Self {
        Self {
            planned,
            started: Instant::now(),
            cycles: 0,
            longest: Duration::ZERO,
            faults: BTreeMap::new(),
            ended: Sums::default(),
            current: Sums::default(),
        }
    }

    /// A cycle has ended; `sums` are of its whole world.
    pub(crate) fn cycle(&mut self, plan: &Plan, took: Duration, sums: &Sums) {
        self.cycles += 1;
        self.longest = self.longest.max(took);
        for fault in &plan.faults {
            *self.faults.entry(fault.kind.to_string()).or_default() += 1;
        }
        let before = std::mem::replace(&mut self.current, *sums);
        println!(
            "{}/{} cycle {}: {:.1} s, {} items acknowledged, {} requests sent again; {plan}",
            self.cycles,
            self.planned,
            plan.cycle,
            took.as_secs_f64(),
            sums.acknowledged_items - before.acknowledged_items,
            sums.sent_again - before.sent_again,
        );
    }

    /// A world has ended.
    pub(crate) fn world(&mut self, sums: &Sums) {
        self.current = Sums::default();
        self.ended = self.ended + *sums;
    }

    /// Prints the sums.
    pub(crate) fn print(&self) {
        let sums = self.ended + self.current;
        let faults: Vec<String> = self.faults.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        println!(
            "{} cycles in {:.0} s, the longest {:.1} s\nfaults: {}\n{} requests of {} items made, {} of {} items \
             acknowledged; requests sent again {} times, acknowledged again {} times",
            self.cycles,
            self.started.elapsed().as_secs_f64(),
            self.longest.as_secs_f64(),
            faults.join(", "),
            sums.requests,
            sums.items,
            sums.acknowledged_requests,
            sums.acknowledged_items,
            sums.sent_again,
            sums.acknowledged_again,
        );
    }
}
