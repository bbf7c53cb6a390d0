//! What a process costs, as the kernel tells it in `/proc` (proc_pid_stat(5), proc_pid_status(5)).

use procfs::process::Process;

/// A process that cannot be measured.
#[derive(Debug, thiserror::Error)]
#[error("{name} (process {pid}) cannot be measured; it has probably ended")]
pub(crate) struct MeterError {
    name: &'static str,
    pid: u32,
    source: procfs::ProcError,
}

/// What a process has used since it was last asked to forget.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    /// User and system time of all its threads, in seconds.
    pub(crate) cpu_s: f64,
    /// Resident memory now, in bytes.
    pub(crate) memory_bytes: u64,
    /// The most that was ever resident, in bytes.
    pub(crate) peak_bytes: u64,
}

/// Measures one process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    name: &'static str,
    pid: u32,
    from_s: f64,
}

impl Meter {
    /// Counts CPU time from now on.
    pub(crate) fn start(name: &'static str, pid: u32) -> Result<Self, MeterError> {
        let mut meter = Self { name, pid, from_s: 0.0 };
        meter.from_s = meter.read()?.cpu_s;
        Ok(meter)
    }

    /// What it has used since [`start`](Self::start); memory is of its whole life.
    pub(crate) fn read(&self) -> Result<Usage, MeterError> {
        let read = || {
            let process = Process::new(self.pid.cast_signed())?;
            Ok((process.stat()?, process.status()?))
        };
        let (stat, status) = read().map_err(|source| MeterError { name: self.name, pid: self.pid, source })?;
        let ticks = stat.utime + stat.stime;
        Ok(Usage {
            cpu_s: ticks as f64 / procfs::ticks_per_second() as f64 - self.from_s,
            memory_bytes: status.vmrss.unwrap_or(0) * 1024,
            peak_bytes: status.vmhwm.unwrap_or(0) * 1024,
        })
    }

    /// Seconds that its threads of a name have used since they began; threads that have ended are not among them.
    pub(crate) fn threads_s(&self, name: &str) -> Result<f64, MeterError> {
        let failed = |source| MeterError { name: self.name, pid: self.pid, source };
        let tasks = Process::new(self.pid.cast_signed()).and_then(|process| process.tasks()).map_err(failed)?;
        // A thread may end while it is looked at.
        let stats = tasks.filter_map(|task| task.and_then(|task| task.stat()).ok());
        let ticks: u64 = stats.filter(|stat| stat.comm == name).map(|stat| stat.utime + stat.stime).sum();
        Ok(ticks as f64 / procfs::ticks_per_second() as f64)
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_busy_process_uses_time_and_memory() {
        let meter = Meter::start("this test", std::process::id()).unwrap();
        let memory = black_box(vec![1_u8; 64 << 20]);
        let started = Instant::now();
        // The kernel counts in hundredths; other tests of this process may add to them.
        while meter.read().unwrap().cpu_s < 0.05 {
            black_box(memory.iter().map(|byte| u64::from(*byte)).sum::<u64>());
            assert!(started.elapsed() < Duration::from_secs(60), "no CPU time is counted");
        }
        let usage = meter.read().unwrap();
        assert!(usage.memory_bytes >= 64 << 20 && usage.peak_bytes >= usage.memory_bytes, "{usage:?}");
    }

    #[test]
    fn threads_are_told_apart_by_name() {
        let meter = Meter::start("this test", std::process::id()).unwrap();
        let busy = std::thread::Builder::new().name("busy".to_owned());
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let busy = busy.spawn(move || {
            while wait.try_recv().is_err() {
                black_box(0);
            }
        });
        let started = Instant::now();
        while meter.threads_s("busy").unwrap() < 0.05 {
            assert!(started.elapsed() < Duration::from_secs(60), "no CPU time is counted");
        }
        done.send(()).unwrap();
        busy.unwrap().join().unwrap();
        assert_eq!(meter.threads_s("busy").unwrap(), 0.0);
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        let error = Meter::start("nothing", 0x3fff_ffff).unwrap_err();
        assert_eq!(error.to_string(), "nothing (process 1073741823) cannot be measured; it has probably ended");
    }
}
