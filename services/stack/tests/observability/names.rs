//! Every metric in a dashboard or a rule is one that the gateway, a service, Prometheus or a rule makes.

use std::collections::BTreeSet;

use super::files::{Rule, dashboards, files, rules, text};
use super::promql::{metric, selectors};

/// The names that the services' sources have.
fn of_services() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for service in ["kit", "users", "products", "orders", "payments"] {
        for file in files(&format!("services/{service}/src"), "rs") {
            let text = text(&file);
            let texts = text.split('"').filter(|text| text.starts_with("svc_"));
            let is_name = |text: &&str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            names.extend(texts.filter(is_name).map(str::to_owned));
        }
    }
    names
}

fn is_known(name: &str, known: &BTreeSet<String>) -> bool {
    let of_histogram = || {
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        base.is_some_and(|base| base.ends_with("_seconds") && known.contains(base))
    };
    known.contains(name) || of_histogram()
}

#[test]
fn every_metric_is_known() {
    let rules = rules();
    let mut known = of_services();
    assert!(known.len() >= 18, "{known:?}");
    known.extend(supplex_engine::stats::names::ALL.iter().map(|(name, _)| (*name).to_owned()));
    known.extend(rules.iter().filter(|rule| !rule.is_alert).map(|rule| rule.name.clone()));
    known.insert("up".to_owned());
    let in_rules = rules.iter().map(|Rule { name, expression, .. }| (name.clone(), expression.clone()));
    let dashboards = dashboards();
    let targets = dashboards.iter().flat_map(|dashboard| dashboard.targets());
    let in_panels = targets.map(|target| (target.place, target.expression));
    let variables = dashboards.iter().flat_map(|dashboard| dashboard.variables());
    let in_variables = variables.map(|(name, metric, _)| (name, metric));
    let mut looked_at = 0;
    for (place, expression) in in_rules.chain(in_panels).chain(in_variables) {
        for selector in selectors(&expression) {
            assert!(is_known(metric(&selector), &known), "{place}: nobody has {selector}: {expression}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 120, "{looked_at}");
}

#[test]
fn a_name_that_nobody_has_is_noticed() {
    let known = BTreeSet::from(["supplex_overhead_seconds".to_owned(), "up".to_owned()]);
    assert!(is_known("supplex_overhead_seconds_bucket", &known) && is_known("up", &known));
    assert!(!is_known("supplex_overhed_seconds_bucket", &known) && !is_known("up_count", &known));
}
