//! The files: dashboards with their panels and variables, rules, and where they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// The files of a folder of the repository with this ending, sorted.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = root().join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == ending));
    files.sort();
    assert!(!files.is_empty(), "no .{ending} in {}", folder.display());
    files
}

/// The text of a file.
pub(crate) fn text(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The name of a file without its ending.
pub(crate) fn stem(file: &Path) -> String {
    file.file_stem().expect("a name").to_string_lossy().into_owned()
}

/// A YAML file.
pub(crate) fn yaml(file: &Path) -> Value {
    serde_saphyr::from_str(&text(file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The items of a list in a document; none when it is not there.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

/// A text in a document; empty when it is not there.
pub(crate) fn string(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// A rule: what it records, or the alert that it is.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// The name that is recorded, or of the alert.
    pub(crate) name: String,
    /// Whether it is an alert.
    pub(crate) is_alert: bool,
    /// The expression.
    pub(crate) expression: String,
    /// The labels that it adds.
    pub(crate) labels: BTreeMap<String, String>,
    /// What is told to people.
    pub(crate) annotations: BTreeMap<String, String>,
}

/// Every rule of every file.
pub(crate) fn rules() -> Vec<Rule> {
    let texts = |value: &Value| -> BTreeMap<String, String> {
        let pairs = value.as_object().into_iter().flatten();
        pairs.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
    };
    let mut rules = Vec::new();
    for file in files("docker/prometheus/rules", "yaml") {
        let file = yaml(&file);
        for rule in list(&file, "groups").flat_map(|group| list(group, "rules")) {
            let is_alert = rule["alert"].is_string();
            rules.push(Rule {
                name: string(rule, if is_alert { "alert" } else { "record" }),
                is_alert,
                expression: string(rule, "expr"),
                labels: texts(&rule["labels"]),
                annotations: texts(&rule["annotations"]),
            });
        }
    }
    rules
}

/// The alerts among the rules.
pub(crate) fn alerts() -> Vec<Rule> {
    rules().into_iter().filter(|rule| rule.is_alert).collect()
}

/// A dashboard.
#[derive(Clone, Debug)]
pub(crate) struct Dashboard {
    /// Its file, without the ending.
    pub(crate) name: String,
    /// All of it.
    pub(crate) document: Value,
}

/// A query of a panel.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Dashboard and panel.
    pub(crate) place: String,
    /// The expression, with variables in it.
    pub(crate) expression: String,
    /// How its series are called, with labels in it.
    pub(crate) legend: String,
}

/// Every dashboard.
pub(crate) fn dashboards() -> Vec<Dashboard> {
    let read = |file: PathBuf| {
        let document = serde_json::from_str(&text(&file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Dashboard { name: stem(&file), document }
    };
    files("docker/grafana/dashboards", "json").into_iter().map(read).collect()
}

impl Dashboard {
    /// Its panels, also those that are folded away in a row.
    pub(crate) fn panels(&self) -> Vec<&Value> {
        list(&self.document, "panels").flat_map(|panel| [panel].into_iter().chain(list(panel, "panels"))).collect()
    }

    /// The queries of its panels.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        for panel in self.panels() {
            let place = format!("{}: {}", self.name, string(panel, "title"));
            targets.extend(list(panel, "targets").map(|target| Target {
                place: place.clone(),
                expression: string(target, "expr"),
                legend: string(target, "legendFormat"),
            }));
        }
        targets
    }

    /// Its variables with the metric and the label whose values they take.
    pub(crate) fn variables(&self) -> Vec<(String, String, String)> {
        let variables = list(&self.document["templating"], "list").map(|variable| {
            let query = string(&variable["query"], "query");
            let inside = query.strip_prefix("label_values(").and_then(|query| query.strip_suffix(')'));
            let (metric, label) =
                inside.and_then(|inside| inside.split_once(", ")).expect("label_values(metric, label)");
            (string(variable, "name"), metric.to_owned(), label.to_owned())
        });
        variables.collect()
    }
}

/// The names between `{{` and `}}`, as legends have them; with `prefix` before the name, as annotations do.
pub(crate) fn placeholders(text: &str, prefix: &str) -> Vec<String> {
    let inside = text.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap_or_default().trim());
    inside.filter_map(|name| name.strip_prefix(prefix)).map(str::to_owned).collect()
}
