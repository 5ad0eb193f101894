//! Each alert has its runbook and says where it is; each runbook has its alert.

use std::collections::BTreeSet;

use super::files::{alerts, files, root, stem, text};

/// What somebody who was woken up needs, in this order.
const SECTIONS: [&str; 5] = ["## What it means", "## What users see", "## First look", "## Causes", "## Cures"];

#[test]
fn every_alert_has_its_runbook_and_every_runbook_its_alert() {
    let mut named = BTreeSet::new();
    for alert in alerts() {
        let path = format!("docs/runbooks/{}.md", alert.name);
        assert_eq!(alert.annotations.get("runbook"), Some(&path), "{}", alert.name);
        assert!(alert.annotations.contains_key("summary"), "{}", alert.name);
        let severity = alert.labels.get("severity").map(String::as_str);
        assert!(matches!(severity, Some("page" | "ticket")), "{}: {severity:?}", alert.name);
        assert!(root().join(&path).is_file(), "{path} is not there");
        named.insert(alert.name);
    }
    let written: BTreeSet<String> = files("docs/runbooks", "md").iter().map(|file| stem(file)).collect();
    assert_eq!(written, named);
}

#[test]
fn runbooks_say_what_has_to_be_said() {
    for file in files("docs/runbooks", "md") {
        let (text, name) = (text(&file), stem(&file));
        assert!(text.starts_with(&format!("# {name}\n")), "{name}");
        let headings: Vec<_> = text.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(headings, SECTIONS, "{name}");
        assert!(text.contains("```sh\n"), "{name}: no command");
    }
}
