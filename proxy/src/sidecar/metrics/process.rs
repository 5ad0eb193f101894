//! `process_*`: what the kernel knows about this process, from `/proc/self`.

use std::fs;

use prometheus::proto::{Metric, MetricFamily, MetricType};
use supplex_engine::stats::names;

use super::family::{Family, gauge, ratio, real_counter};

/// What can be read; a figure that cannot is left out.
pub(super) fn families() -> Vec<MetricFamily> {
    let stat = fs::read_to_string("/proc/self/stat").ok().and_then(|text| Stat::parse(&text));
    let ticks = rustix::param::clock_ticks_per_second().max(1) as f64;
    let page = rustix::param::page_size() as u64;
    let mut families = Vec::new();
    let mut add = |name, kind, metric: Metric| {
        let mut family = Family::new(name, kind);
        family.push(&[], metric);
        families.push(family.finish());
    };
    if let Some(stat) = stat {
        add(names::PROCESS_CPU, MetricType::COUNTER, real_counter(stat.cpu_ticks as f64 / ticks));
        add(names::PROCESS_RESIDENT, MetricType::GAUGE, gauge(stat.resident_pages.saturating_mul(page)));
        add(names::PROCESS_VIRTUAL, MetricType::GAUGE, gauge(stat.virtual_bytes));
        add(names::PROCESS_THREADS, MetricType::GAUGE, gauge(stat.threads));
        if let Some(boot) = boot_time() {
            add(names::PROCESS_START, MetricType::GAUGE, ratio(boot as f64 + stat.start_ticks as f64 / ticks));
        }
    }
    if let Ok(folder) = fs::read_dir("/proc/self/fd") {
        // The descriptor that reads the folder is one of them.
        add(names::PROCESS_OPEN_FDS, MetricType::GAUGE, gauge((folder.count() as u64).saturating_sub(1)));
    }
    let most = crate::boot::preflight::descriptor_limit();
    add(names::PROCESS_MAX_FDS, MetricType::GAUGE, most.map_or_else(|| ratio(f64::INFINITY), gauge));
    families
}

/// The fields of `/proc/self/stat` (proc_pid_stat(5)) that are of use.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    cpu_ticks: u64,
    threads: u64,
    start_ticks: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

impl Stat {
    fn parse(text: &str) -> Option<Self> {
        // The second field is a name in parentheses, which may hold spaces and parentheses. The next is number 3.
        let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            cpu_ticks: field(14)? + field(15)?,
            threads: field(20)?,
            start_ticks: field(22)?,
            virtual_bytes: field(23)?,
            resident_pages: field(24)?,
        })
    }
}

/// When the system started, in seconds since 1970.
fn boot_time() -> Option<u64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let text = "1 (a) b) (c) S 2 3 4 5 6 7 8 9 10 11 100 20 16 17 18 19 7 21 5000 4096 12 25";
        let stat = Stat::parse(text).expect("parsed");
        assert_eq!(
            stat,
            Stat { cpu_ticks: 120, threads: 7, start_ticks: 5000, virtual_bytes: 4096, resident_pages: 12 }
        );
        assert_eq!(Stat::parse("1 (a) S 2"), None);
    }

    #[test]
    fn this_process_has_every_figure() {
        let families = families();
        assert_eq!(families.len(), 7);
        for family in families {
            let metric = &family.get_metric()[0];
            assert!(metric.get_gauge().get_value() + metric.get_counter().get_value() >= 0.0);
        }
    }
}
