//! `CONFIG.md` has every key of the schema, with the default of the schema, and no other key.

use std::collections::BTreeMap;

use serde_json::Value;

use super::repository;

/// The keys of the schema as `Table.key`, with their defaults as they are written.
fn schema_keys() -> BTreeMap<String, String> {
    let schema: Value = serde_json::from_str(&repository("config.schema.json")).expect("JSON");
    let mut keys = BTreeMap::new();
    let mut add = |table: &str, schema: &Value| {
        let Some(properties) = schema["properties"].as_object() else { return };
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (key, property) in properties {
            let default = match property.get("default") {
                Some(Value::Object(_)) => "empty".to_owned(),
                Some(Value::Array(_)) => "none".to_owned(),
                Some(default) => format!("`{default}`"),
                None if required.contains(&Value::from(key.as_str())) => "required".to_owned(),
                None => "none".to_owned(),
            };
            keys.insert(format!("{table}.{key}"), default);
        }
    };
    add("Config", &schema);
    for (table, definition) in schema["$defs"].as_object().expect("definitions") {
        add(table, definition);
    }
    keys
}

/// The rows of the reference's tables as `Table.key`, with the column of defaults.
fn reference_keys() -> BTreeMap<String, String> {
    let text = repository("proxy/CONFIG.md");
    let mut keys = BTreeMap::new();
    let mut table = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("<!-- table: ").and_then(|rest| rest.strip_suffix(" -->")) {
            table = name;
        }
        let Some(row) = line.strip_prefix("| `") else { continue };
        let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
        let [key, _, default, _] = cells.as_slice() else { panic!("a row has four columns: {line}") };
        let key = key.trim_end_matches('`');
        let twice = keys.insert(format!("{table}.{key}"), (*default).to_owned());
        assert_eq!(twice, None, "{table}.{key} stands twice");
    }
    keys
}

#[test]
fn the_reference_and_the_schema_have_the_same_keys_and_defaults() {
    assert_eq!(reference_keys(), schema_keys());
}
