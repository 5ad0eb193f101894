//! Seconds are kept, chosen and added up as they should be.

use serde_json::json;

use super::super::registry::Registry;
use super::super::sample::{block_on, snapshot};
use super::*;

const MICRO: u64 = 1_000;

fn second(start: u64, shares: Vec<Share>) -> Interval {
    Interval { start: Duration::from_secs(start), lasted: Duration::from_secs(1), shares }
}

/// What a block of a pair counted: total times in microseconds, each with half of it at the upstream if there is one.
fn share(route: &str, upstream: Option<&str>, worker: usize, times: &[u64]) -> Share {
    let block = supplex_engine::stats::LatencyBlock::default();
    for time in times {
        block.observe(time * MICRO, upstream.map(|_| time * MICRO / 2), MICRO);
    }
    let pair = Arc::new(Pair { route: route.into(), upstream: upstream.map(Into::into) });
    Share { pair, worker, delta: Follower::default().look(&block).expect("something was counted") }
}

fn ask(query: &[(&str, &str)]) -> Question {
    let query = query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Question::read(query).expect("a question")
}

#[test]
fn the_last_minute_is_kept_and_windows_count_whole_seconds() {
    let history = History::default();
    assert!(history.last(60).is_empty());
    for start in 0..100 {
        history.push(second(start, Vec::new()));
    }
    let starts = |seconds| history.last(seconds).iter().map(|one| one.start.as_secs()).collect::<Vec<_>>();
    assert_eq!(starts(60), (40..100).collect::<Vec<_>>());
    assert_eq!(starts(2), [98, 99]);
    history.push(Interval { lasted: Duration::from_millis(2_400), ..second(100, Vec::new()) });
    assert_eq!(starts(1), [100], "what was held up cannot be divided");
    assert_eq!(starts(3), [99, 100]);
}

#[test]
fn what_is_asked_for_is_added_up_by_route_and_by_upstream() {
    let intervals = [
        Arc::new(second(7, vec![share("a", Some("x"), 0, &[100, 200]), share("a", None, 1, &[10])])),
        Arc::new(second(8, vec![share("a", Some("y"), 1, &[1_000]), share("b", Some("x"), 0, &[50])])),
    ];
    let quiet = [Arc::new(Pair { route: "quiet".into(), upstream: None })];
    let answer = |query: &[(&str, &str)]| answer(&ask(query), &intervals, &quiet, 2);

    let all = answer(&[]);
    assert_eq!((&all["from"], &all["to"], &all["covered_seconds"]), (&json!(7.0), &json!(9.0), &json!(2.0)));
    assert_eq!(all["all"]["total"]["count"], 5);
    let names = |list: &serde_json::Value, key: &str| {
        let names = list.as_array().expect("a list").iter().map(|one| one[key].as_str().expect("a name").to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&all["routes"], "route"), ["a", "b", "quiet"]);
    assert_eq!(names(&all["upstreams"], "name"), ["x", "y"]);
    let a = &all["routes"][0];
    assert_eq!(
        (&a["total"]["count"], &a["upstream"]["count"], &a["overhead"]["count"]),
        (&json!(4), &json!(3), &json!(4))
    );
    assert_eq!((&a["total"]["p50_us"], &a["total"]["max_us"]), (&json!(100), &json!(1_003)));
    assert_eq!(all["upstreams"][0]["upstream"]["p99_us"], 100);
    assert_eq!((&all["routes"][2]["total"]["count"], &all["routes"][2]["total"]["p50_us"]), (&json!(0), &json!(null)));

    let one = answer(&[("route", "a"), ("upstream", "x"), ("by", "worker")]);
    assert_eq!(
        (names(&one["routes"], "route"), names(&one["upstreams"], "name")),
        (vec!["a".into()], vec!["x".into()])
    );
    assert_eq!(one["all"]["total"], one["routes"][0]["total"]);
    assert_eq!(one["routes"][0]["total"]["count"], 2);
    let workers = &one["routes"][0]["workers"];
    assert_eq!((&workers[0]["total"]["count"], &workers[1]["total"]["count"]), (&json!(2), &json!(0)));
}

#[test]
fn a_block_is_followed_until_nobody_can_count_in_it() {
    block_on(async {
        let (mut registry, mut watch) = (Registry::new(1), Watch::default());
        let blocks = registry.assign(&snapshot(1, &["a"], &[("up", &[])])).remove(0);
        watch.add(registry.take_made_latencies());
        blocks.latency.routes[0].upstreams[0].1.observe(5 * MICRO, Some(0), 0);
        assert_eq!(watch.look().await.len(), 1);
        let next = snapshot(2, &["b"], &[("up", &[])]);
        let _next = registry.assign(&next);
        registry.retire(&next);
        watch.add(registry.take_made_latencies());
        assert_eq!((watch.look().await.len(), watch.followed.len()), (0, 5), "an exchange may still be under way");
        blocks.latency.routes[0].upstreams[0].1.observe(5 * MICRO, Some(0), 0);
        drop(blocks);
        let last = watch.look().await;
        assert_eq!((last.len(), &*last[0].pair.route), (1, "a"), "the last of it");
        assert_eq!(watch.followed.len(), 3, "and now it is let go of");
    });
}

#[test]
fn the_log_has_a_line_for_each_second_series_and_phase() {
    let intervals = [
        Arc::new(second(1_000, vec![share("a", Some("x"), 0, &[100]), share("a", Some("y"), 1, &[300])])),
        Arc::new(second(1_001, vec![share("-", None, 0, &[7])])),
    ];
    let mut log = Vec::new();
    write_log(&intervals, &mut log).expect("written");
    let log = String::from_utf8(log).expect("text");
    let lines: Vec<_> = log.lines().filter(|line| !line.starts_with('#')).collect();
    let begins = |line: usize, beginning: &str| assert!(lines[line].starts_with(beginning), "{}", lines[line]);
    begins(0, "Tag=route=a;phase=total,0.000,1.000,301.000,HISTFAAA");
    begins(1, "Tag=route=a;phase=upstream,0.000,1.000,150.000,");
    begins(3, "Tag=upstream=x;phase=total,0.000,1.000,100.000,");
    begins(9, "Tag=route=-;phase=total,1.000,1.000,7.000,");
    begins(10, "Tag=route=-;phase=overhead,1.000,1.000,1.000,");
    assert_eq!(lines.len(), 11);
    assert!(log.contains("#[StartTime: 1000.000 (seconds since epoch)]\n"), "{log}");
    assert!(log.contains("#[BaseTime: 1000.000 (seconds since epoch)]\n"), "{log}");
}

#[test]
fn the_next_look_is_at_the_beginning_of_a_second() {
    let until = |millis| until_next_second(Duration::from_millis(millis)).as_millis();
    assert_eq!((until(5_000), until(5_250), until(5_900)), (1_000, 750, 100));
    assert_eq!(until(5_950), 1_050, "a look that came too late or too early has no second of a moment behind it");
}
