//! `workers = "auto"`: one worker for each CPU that the process may use, and on it.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn as_many_as_cpus() {
    let allowed = rustix::thread::sched_getaffinity(None).expect("the allowed CPUs");
    let cpu = (0..rustix::thread::CpuSet::MAX_CPU).rfind(|cpu| allowed.is_set(*cpu)).expect("at least one");
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start_on(cpu, &Config::to(&upstream).gateway("workers = \"auto\""));
    let workers = gateway.document("/api/workers");
    assert_eq!(workers["workers"].as_array().map(Vec::len), Some(1), "{workers}");
    assert_eq!(workers["workers"][0]["cpu"], cpu);
    assert_eq!(Client::connect(&gateway).get("/").text(), "ok");
}
