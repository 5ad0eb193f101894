//! CPU time of process groups, read from `/proc`, and pinning of the bench itself.
//!
//! The total comes from `schedstat` of every thread, in nanoseconds. `stat` counts ticks, but also knows threads that have
//! ended; the larger of the two is the total, and the ticks give its split into user and system.

use std::fs;
use std::io;

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_setaffinity};
use serde::Serialize;

/// CPU time used so far, or between two readings, in nanoseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CpuTime {
    scheduled: u64,
    user: u64,
    system: u64,
}

/// What one measured run cost.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Cost {
    /// Microseconds of CPU, user and system.
    pub(crate) total_us: f64,
    /// Of which in user mode.
    pub(crate) user_us: f64,
    /// Of which in the kernel.
    pub(crate) system_us: f64,
}

/// A reading at one moment: the groups, and everything that ran on its CPU.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    group: CpuTime,
    cpu_busy: u64,
}

impl Reading {
    /// Reads now.
    pub(crate) fn take(groups: &[Pid], cpu: usize) -> io::Result<Self> {
        Ok(Reading { group: of_groups(groups)?, cpu_busy: busy_of_cpu(cpu)? })
    }

    /// The group's cost since an earlier reading.
    pub(crate) fn cost_since(&self, earlier: &Reading) -> Cost {
        let user = self.group.user.saturating_sub(earlier.group.user);
        let system = self.group.system.saturating_sub(earlier.group.system);
        let total = self.group.scheduled.saturating_sub(earlier.group.scheduled).max(user + system);
        let user_share = if user + system == 0 { 0.5 } else { user as f64 / (user + system) as f64 };
        let total_us = total as f64 / 1000.0;
        Cost { total_us, user_us: total_us * user_share, system_us: total_us * (1.0 - user_share) }
    }

    /// Microseconds that other programs (or the hypervisor) took on the CPU since an earlier reading.
    pub(crate) fn foreign_since(&self, earlier: &Reading) -> f64 {
        let busy = self.cpu_busy.saturating_sub(earlier.cpu_busy) as f64 / 1000.0;
        (busy - self.cost_since(earlier).total_us).max(0.0)
    }
}

/// Pins the calling thread, and what it starts from now on, to one CPU.
pub(crate) fn pin_to(cpu: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu);
    Ok(sched_setaffinity(None, &set)?)
}

fn of_groups(groups: &[Pid]) -> io::Result<CpuTime> {
    let mut sum = CpuTime::default();
    for entry in fs::read_dir("/proc")? {
        let folder = entry?.path();
        // A process may end between the listing and the reading.
        let Ok(stat) = fs::read_to_string(folder.join("stat")) else { continue };
        let Some((pgrp, user, system)) = parse_stat(&stat) else { continue };
        if !groups.iter().any(|group| group.as_raw_pid() == pgrp) {
            continue;
        }
        sum.user += user;
        sum.system += system;
        for thread in fs::read_dir(folder.join("task"))?.flatten() {
            let schedstat = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
            let first = schedstat.split_ascii_whitespace().next();
            sum.scheduled += first.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        }
    }
    Ok(sum)
}

/// Process group, user time and system time out of one line of `/proc/PID/stat` (see proc(5)).
fn parse_stat(stat: &str) -> Option<(i32, u64, u64)> {
    // The name in parentheses may hold anything, so count from behind it: state is field 3.
    let (_, rest) = stat.rsplit_once(") ")?;
    let field = |number: usize| rest.split_ascii_whitespace().nth(number - 3);
    let ticks = |number: usize| field(number)?.parse::<u64>().ok().map(|ticks| ticks * tick_ns());
    Some((field(5)?.parse().ok()?, ticks(14)?, ticks(15)?))
}

fn busy_of_cpu(cpu: usize) -> io::Result<u64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let label = format!("cpu{cpu} ");
    let line = stat.lines().find_map(|line| line.strip_prefix(&label)).unwrap_or_default();
    let ticks: Vec<u64> = line.split_ascii_whitespace().filter_map(|text| text.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal
    let busy = [0, 1, 2, 5, 6, 7].iter().filter_map(|index| ticks.get(*index)).sum::<u64>();
    Ok(busy * tick_ns())
}

fn tick_ns() -> u64 {
    1_000_000_000 / rustix::param::clock_ticks_per_second().max(1)
}
