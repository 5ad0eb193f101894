//! The families of the stores of limits.

use prometheus::proto::{MetricFamily, MetricType};
use supplex_engine::stats::names;

use super::super::limits::Desk;
use super::super::limits::measure::{Kind, RESULTS};
use super::family::{Family, counter, gauge, histogram};
use super::sum;

pub(super) fn families(desk: &Desk) -> [MetricFamily; 4] {
    let measure = desk.measure();
    let mut questions = Family::new(names::LIMIT_STORE_QUESTIONS, MetricType::COUNTER);
    for (store, label) in Kind::ALL {
        for (error, result) in RESULTS {
            questions.push(&[("store", label), ("result", result)], counter(measure.answers(store, error)));
        }
    }
    let mut durations = Family::new(names::LIMIT_STORE_DURATION, MetricType::HISTOGRAM);
    durations.push(&[("store", "redis")], histogram(&sum([&measure.round_trips].into_iter())));
    let mut up = Family::new(names::LIMIT_STORE_UP, MetricType::GAUGE);
    up.push(&[("store", "local")], gauge(1));
    if let Some(is_up) = desk.redis_is_up() {
        up.push(&[("store", "redis")], gauge(u64::from(is_up)));
    }
    let mut connects = Family::new(names::LIMIT_STORE_CONNECTS, MetricType::COUNTER);
    connects.push(&[("store", "redis")], counter(measure.connects.get()));
    [questions, durations, up, connects].map(Family::finish)
}
