//! Which CPUs the workers get: those of the affinity mask, not more than the CPU quota of the control group is worth.
//!
//! Never "all online CPUs": in a container that holds two of 64, 64 workers would wait for each other.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::thread::CpuSet;
use supplex_engine::config::Workers;

/// The CPUs and how many workers run on them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The CPU of each worker, by number.
    pub(crate) cpus: Vec<usize>,
    /// CPUs the process may use.
    pub(crate) allowed: usize,
    /// What the control group's quota is worth, in whole CPUs, rounded up.
    pub(crate) quota: Option<usize>,
}

impl Plan {
    /// A warning when workers have to share CPUs.
    #[must_use]
    pub(crate) fn warning(&self) -> Option<String> {
        let (workers, Self { allowed, quota, .. }) = (self.cpus.len(), self);
        match quota {
            _ if workers > *allowed => Some(format!(
                "{workers} workers share {allowed} CPUs, which makes them wait for each other; `workers = \"auto\"` starts one per CPU"
            )),
            Some(quota) if workers > *quota => Some(format!(
                "{workers} workers share a CPU quota of {quota} CPUs and will be paused by the kernel; `workers = \"auto\"` heeds it"
            )),
            _ => None,
        }
    }
}

/// Decides for this process.
///
/// # Errors
/// When the affinity mask cannot be read.
pub(crate) fn plan(workers: Workers) -> io::Result<Plan> {
    let mask = rustix::thread::sched_getaffinity(None)?;
    let allowed: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|cpu| mask.is_set(*cpu)).collect();
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    decide(workers, &allowed, quota(Path::new("/sys/fs/cgroup"), &groups))
        .ok_or_else(|| io::Error::other("the affinity mask of the process names no CPU"))
}

/// `None` when there is no CPU at all.
fn decide(workers: Workers, allowed: &[usize], quota: Option<usize>) -> Option<Plan> {
    let count = match workers {
        Workers::Auto => allowed.len().min(quota.unwrap_or(usize::MAX)),
        Workers::Exactly(count) => count.get(),
    };
    let cpus: Vec<usize> = allowed.iter().copied().cycle().take(count).collect();
    (!cpus.is_empty()).then_some(Plan { cpus, allowed: allowed.len(), quota })
}

/// The smallest CPU quota that applies to a member of `groups` (the text of `/proc/self/cgroup`), in CPUs rounded up.
fn quota(root: &Path, groups: &str) -> Option<usize> {
    groups.lines().filter_map(|line| group_quota(root, line)).min()
}

/// The smallest quota along the path of one line, `ID:CONTROLLERS:PATH`.
fn group_quota(root: &Path, line: &str) -> Option<usize> {
    let mut parts = line.splitn(3, ':');
    let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
    let unified = controllers.is_empty();
    if !unified && !controllers.split(',').any(|name| name == "cpu") {
        return None;
    }
    // Version 1 mounts each set of controllers in a folder of its own.
    let mount = if unified { root.to_path_buf() } else { root.join(controllers) };
    // A limit of any parent holds for all below. In a container the path may lead nowhere, but its top is the mount.
    let ancestors = Path::new(path.trim_start_matches('/')).ancestors().map(|part| mount.join(part));
    ancestors.filter_map(|folder: PathBuf| if unified { unified_quota(&folder) } else { first_quota(&folder) }).min()
}

fn unified_quota(folder: &Path) -> Option<usize> {
    let text = fs::read_to_string(folder.join("cpu.max")).ok()?;
    let (quota, period) = text.trim().split_once(' ')?;
    whole_cpus(quota, period)
}

fn first_quota(folder: &Path) -> Option<usize> {
    let quota = fs::read_to_string(folder.join("cpu.cfs_quota_us")).ok()?;
    let period = fs::read_to_string(folder.join("cpu.cfs_period_us")).ok()?;
    whole_cpus(quota.trim(), period.trim())
}

/// `max` and `-1` mean no limit.
fn whole_cpus(quota: &str, period: &str) -> Option<usize> {
    let quota: u64 = quota.parse().ok()?;
    let period: u64 = period.parse().ok().filter(|period| *period > 0)?;
    usize::try_from(quota.div_ceil(period).max(1)).ok()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    fn exactly(count: usize) -> Workers {
        Workers::Exactly(NonZeroUsize::new(count).expect("not zero"))
    }

    #[test]
    fn auto_takes_the_mask_but_not_more_than_the_quota() {
        let cpus = |quota| decide(Workers::Auto, &[2, 3, 7], quota).expect("CPUs").cpus;
        assert_eq!(cpus(None), [2, 3, 7]);
        assert_eq!(cpus(Some(8)), [2, 3, 7]);
        assert_eq!(cpus(Some(2)), [2, 3]);
        assert_eq!(decide(Workers::Auto, &[], None), None);
    }

    #[test]
    fn more_workers_than_cpus_go_round_and_are_a_warning() {
        let plan = decide(exactly(5), &[4, 6], None).expect("CPUs");
        assert_eq!(plan.cpus, [4, 6, 4, 6, 4]);
        assert!(plan.warning().expect("crowded").contains("5 workers share 2 CPUs"));
        assert_eq!(decide(exactly(2), &[4, 6], None).expect("CPUs").warning(), None);
        assert!(decide(exactly(2), &[4, 6], Some(1)).expect("CPUs").warning().expect("crowded").contains("quota of 1"));
    }

    #[test]
    fn quotas_round_up_and_words_for_no_limit_are_none() {
        assert_eq!(whole_cpus("150000", "100000"), Some(2));
        assert_eq!(whole_cpus("50000", "100000"), Some(1));
        assert_eq!(whole_cpus("200000", "100000"), Some(2));
        assert_eq!(whole_cpus("max", "100000"), None);
        assert_eq!(whole_cpus("-1", "100000"), None);
        assert_eq!(whole_cpus("1", "0"), None);
    }

    #[test]
    fn the_tightest_parent_counts_in_version_2() {
        let root = tempfile::tempdir().expect("a folder");
        let deep = root.path().join("kube/pod/container");
        fs::create_dir_all(&deep).expect("folders");
        fs::write(deep.join("cpu.max"), "max 100000\n").expect("written");
        fs::write(root.path().join("kube/pod/cpu.max"), "250000 100000\n").expect("written");
        fs::write(root.path().join("kube/cpu.max"), "800000 100000\n").expect("written");
        assert_eq!(quota(root.path(), "0::/kube/pod/container\n"), Some(3));
        assert_eq!(quota(root.path(), "0::/\n"), None);
        // A path of another namespace: what can be found on the way up still counts.
        assert_eq!(quota(root.path(), "0::/kube/elsewhere\n"), Some(8));
    }

    #[test]
    fn version_1_is_read_where_its_controller_is_mounted() {
        let root = tempfile::tempdir().expect("a folder");
        let group = root.path().join("cpu,cpuacct/docker/abc");
        fs::create_dir_all(&group).expect("folders");
        fs::write(group.join("cpu.cfs_quota_us"), "400000\n").expect("written");
        fs::write(group.join("cpu.cfs_period_us"), "100000\n").expect("written");
        let groups = "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n";
        assert_eq!(quota(root.path(), groups), Some(4));
    }

    #[test]
    fn this_process_has_a_cpu() {
        let plan = plan(Workers::Auto).expect("a plan");
        assert!((1..=plan.allowed).contains(&plan.cpus.len()));
    }
}
