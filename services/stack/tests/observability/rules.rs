//! Rules by promtool: they are well formed, and each alert fires when it should and not when it should not.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use super::files::{alerts, files, list, root, stem, string, text, yaml};

fn promtool(words: &[&str], files: &[PathBuf]) {
    let output = Command::new("promtool").args(words).args(files).current_dir(root()).output();
    let output = output.expect("promtool; it comes with the package `prometheus`");
    let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned();
    assert!(output.status.success(), "{said}");
}

#[test]
fn rules_and_configuration_are_well_formed() {
    promtool(&["check", "config"], &[root().join("docker/prometheus/prometheus.yaml")]);
    promtool(&["check", "rules", "--lint-fatal"], &files("docker/prometheus/rules", "yaml"));
}

#[test]
fn alerts_fire_when_they_should_and_not_otherwise() {
    promtool(&["test", "rules"], &files("docker/prometheus/tests", "yaml"));
}

#[test]
fn every_alert_has_a_test_that_it_fires_and_one_that_it_does_not() {
    let named: BTreeSet<String> = alerts().into_iter().map(|alert| alert.name).collect();
    let mut tested = BTreeSet::new();
    for file in files("docker/prometheus/tests", "yaml") {
        let alert = stem(&file);
        let document = yaml(&file);
        let looks = list(&document, "tests").flat_map(|test| list(test, "alert_rule_test"));
        let (mut fires, mut does_not) = (0, 0);
        for look in looks {
            assert_eq!(string(look, "alertname"), alert, "{}", file.display());
            match list(look, "exp_alerts").count() {
                0 => does_not += 1,
                _ => fires += 1,
            }
        }
        assert!(fires > 0 && does_not > 0, "{}: fires {fires} times, and not {does_not} times", file.display());
        tested.insert(alert);
    }
    assert_eq!(tested, named);
}

#[test]
fn the_native_stack_has_the_same_rules() {
    let there: Vec<_> = files("docker/prometheus/rules", "yaml")
        .into_iter()
        .map(|file| (file.file_name().expect("a name").to_string_lossy().into_owned(), text(&file)))
        .collect();
    let built_in: Vec<_> =
        supplex_stack::prometheus::RULES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    assert_eq!(built_in, there);
}
