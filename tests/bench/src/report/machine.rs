use std::fmt;

use jiff::Timestamp;
use procfs::{CpuInfo, Current, Meminfo};
use serde::Serialize;

/// Where and when a run took place.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    /// When it began.
    pub(crate) at: Timestamp,
    cpu: String,
    cores: usize,
    memory_bytes: u64,
    kernel: String,
}

impl Machine {
    /// This machine, now.
    pub(crate) fn look() -> anyhow::Result<Self> {
        let cpus = CpuInfo::current()?;
        Ok(Self {
            at: Timestamp::now(),
            cpu: cpus.model_name(0).unwrap_or("unknown CPU").to_owned(),
            cores: cpus.num_cores(),
            memory_bytes: Meminfo::current()?.mem_total,
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")?.trim_end().to_owned(),
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, cpu, cores, memory_bytes, kernel } = self;
        let (at, memory_gib) = (at.strftime("%F %H:%M UTC"), memory_bytes >> 30);
        write!(formatter, "{at}, {cpu}, {cores} cores, {memory_gib} GiB, Linux {kernel}")
    }
}
