//! Every query of every panel and rule, on a real Prometheus that looks at a real stack on which everything has happened
//! that counts. Each must have data, as labels that are shown or told to people must be there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::files::{Dashboard, alerts, dashboards, list, placeholders, root, rules, string, yaml};
use super::prometheus::{Prometheus, Series};
use super::promql::{selectors, without_comparisons};
use super::smoke::Smoke;

/// A question that must have an answer.
struct Question {
    place: String,
    expression: String,
    /// Labels that at least one series must have.
    labels: Vec<String>,
}

/// What Grafana makes of `$__rate_interval`: four looks of Prometheus, or one step and one look if that is more.
const RATE_INTERVAL: &str = "4s";
/// How often is asked what had no answer, each time after a look of Prometheus.
const ROUNDS: usize = 20;

#[tokio::test]
async fn every_query_has_data() {
    let smoke = Smoke::start().await;
    the_same_jobs(&smoke);
    smoke.happens().await;
    let prometheus = smoke.prometheus;
    let mut questions = of_rules();
    for dashboard in dashboards() {
        let all = |_: &str| ".*".to_owned();
        questions.extend(of_panels(&dashboard, all));
        choices_are_understood(&prometheus, &dashboard).await;
    }
    assert!(questions.len() > 150, "{}", questions.len());
    let mut open: Vec<(Question, String)> = questions.into_iter().map(|question| (question, String::new())).collect();
    for _ in 0..ROUNDS {
        let mut still = Vec::new();
        for (question, _) in open {
            if let Err(why) = question.ask(&prometheus).await {
                still.push((question, why));
            }
        }
        open = still;
        if open.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let open: Vec<_> = open
        .iter()
        .map(|(question, why)| format!("{}\n    {}\n    {why}", question.place, question.expression))
        .collect();
    panic!("{} queries have no data:\n{}", open.len(), open.join("\n"));
}

impl Question {
    /// Why there is no answer, or the wrong one.
    async fn ask(&self, prometheus: &Prometheus) -> Result<(), String> {
        let series = prometheus.range(&self.expression).await?;
        if series.is_empty() {
            return Err("no data".to_owned());
        }
        let missing = |label: &&String| !series.iter().any(|series: &Series| series.labels.contains_key(*label));
        match self.labels.iter().find(missing) {
            Some(label) => Err(format!("no series has the label {label}")),
            None => Ok(()),
        }
    }
}

/// What rules record, what they are made of, and what alerts compare with their thresholds.
fn of_rules() -> Vec<Question> {
    let mut questions = Vec::new();
    let mut ask = |place: &str, expression: String, labels| {
        questions.push(Question { place: place.to_owned(), expression, labels });
    };
    for rule in rules() {
        for selector in selectors(&rule.expression) {
            ask(&rule.name, selector, vec![]);
        }
        if rule.is_alert {
            let told = rule.annotations.values().flat_map(|text| placeholders(text, "$labels.")).collect();
            ask(&rule.name, without_comparisons(&rule.expression), told);
        } else {
            ask(&rule.name, rule.expression, vec![]);
            ask(&rule.name, rule.name.clone(), vec![]);
        }
    }
    assert_eq!(alerts().len(), 22, "a new alert is asked about as well, and counted here");
    questions
}

/// The queries of a dashboard, with what is chosen for each variable.
fn of_panels(dashboard: &Dashboard, chosen: impl Fn(&str) -> String) -> Vec<Question> {
    let variables = dashboard.variables();
    let targets = dashboard.targets().into_iter().map(|target| {
        let mut expression = target.expression.replace("$__rate_interval", RATE_INTERVAL);
        for (variable, ..) in &variables {
            expression = expression.replace(&format!("${variable}"), &chosen(variable));
        }
        Question { place: target.place, expression, labels: placeholders(&target.legend, "") }
    });
    targets.collect()
}

/// Variables have values, and whatever of them is chosen makes a query that Prometheus understands.
async fn choices_are_understood(prometheus: &Prometheus, dashboard: &Dashboard) {
    let mut chosen = BTreeMap::new();
    for (variable, metric, label) in dashboard.variables() {
        let values = prometheus.label_values(&metric, &label).await.expect("values");
        assert!(!values.is_empty(), "{}: nothing to choose for {variable}", dashboard.name);
        let escaped: Vec<_> = values.iter().map(|value| as_grafana_escapes(value)).collect();
        chosen.insert(variable, format!("({})", escaped.join("|")));
    }
    for question in of_panels(dashboard, |variable| chosen[variable].clone()) {
        let answer = prometheus.range(&question.expression).await;
        assert!(answer.is_ok(), "{}: {}: {answer:?}", question.place, question.expression);
    }
}

/// A value as a part of a regular expression in a text of PromQL, as Grafana has it when several can be chosen.
fn as_grafana_escapes(value: &str) -> String {
    let mut out = String::new();
    for letter in value.chars() {
        match letter {
            '\\' => out.push_str("\\\\\\\\"),
            '$' | '^' | '*' | '{' | '}' | '[' | ']' | '\'' | '+' | '?' | '.' | '(' | ')' | '|' => {
                out.push_str("\\\\");
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}

/// The native Prometheus and that of the containers look at the same jobs and have the same rules.
fn the_same_jobs(smoke: &Smoke) {
    let native = yaml(&smoke.layout.prometheus_folder().join("prometheus.yaml"));
    let contained = yaml(&root().join("docker/prometheus/prometheus.yaml"));
    let jobs = |document: &Value| -> BTreeSet<String> {
        list(document, "scrape_configs").map(|job| string(job, "job_name")).collect()
    };
    assert_eq!(jobs(&native), jobs(&contained));
    assert_eq!(native["rule_files"], contained["rule_files"]);
}
