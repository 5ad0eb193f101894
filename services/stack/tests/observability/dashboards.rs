//! What Grafana would only tell somebody who looks: identities that clash, variables and sources that are not there.

use std::collections::BTreeSet;

use super::files::{dashboards, list, root, string, text, yaml};

#[test]
fn identities_are_unique_and_what_is_named_is_there() {
    let mut uids = BTreeSet::new();
    let sources = yaml(&root().join("docker/grafana/provisioning/datasources/sources.yaml"));
    let sources: BTreeSet<String> = list(&sources, "datasources").map(|source| string(source, "uid")).collect();
    let dashboards = dashboards();
    let names: Vec<_> = dashboards.iter().map(|dashboard| dashboard.name.as_str()).collect();
    assert_eq!(names, ["limits", "overview", "services", "upstreams", "workers"]);
    for dashboard in &dashboards {
        let name = &dashboard.name;
        assert!(uids.insert(string(&dashboard.document, "uid")), "{name}: two dashboards with one uid");
        let mut ids = BTreeSet::new();
        for panel in dashboard.panels() {
            assert!(ids.insert(panel["id"].as_u64().expect("an id")), "{name}: two panels with one id");
            let is_row = panel["type"] == "row";
            assert!(is_row || sources.contains(&string(&panel["datasource"], "uid")), "{name}: {panel}");
            assert!(is_row || list(panel, "targets").next().is_some(), "{name}: a panel without a query: {panel}");
        }
        let variables: Vec<_> = dashboard.variables().into_iter().map(|(variable, ..)| variable).collect();
        for target in dashboard.targets() {
            let used = target.expression.split('$').skip(1).map(|rest| {
                rest.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next().unwrap_or_default()
            });
            for used in used {
                let is_there = used == "__rate_interval" || variables.iter().any(|variable| variable == used);
                assert!(is_there, "{}: nobody sets ${used}", target.place);
            }
            let rates = target.expression.matches("rate(").count();
            let intervals = target.expression.matches("[$__rate_interval]").count();
            assert_eq!(rates, intervals, "{}: a rate over a fixed time: {}", target.place, target.expression);
        }
    }
}

#[test]
fn compose_mounts_what_is_there() {
    let compose = text(&root().join("docker/compose.yaml"));
    for (outside, inside, file) in [
        ("./prometheus", "/etc/prometheus", "prometheus.yaml"),
        ("./grafana/dashboards", "/etc/grafana/dashboards", "overview.json"),
        ("./grafana/provisioning", "/etc/grafana/provisioning", "datasources/sources.yaml"),
    ] {
        assert!(compose.contains(&format!("- {outside}:{inside}:ro\n")), "{outside}");
        assert!(root().join("docker").join(outside).join(file).is_file(), "{outside}/{file}");
    }
    for named in ["--config.file=/etc/prometheus/prometheus.yaml", "PATH: /etc/grafana/dashboards/overview.json"] {
        assert!(compose.contains(named), "{named}");
    }
}
