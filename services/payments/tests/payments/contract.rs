//! Holds answers against `openapi.json`: the status must be described, and the body must be what is described.

use serde_json::{Value, json};
use supplex_stack::http::Answer;

use crate::service::Service;

/// The description, as the repository has it.
pub(crate) fn description() -> Value {
    serde_json::from_str(include_str!("../../openapi.json")).expect("JSON")
}

/// Fails the test if `answer` is not one that is described for this request.
pub(crate) fn check(method: &str, path: &str, answer: &Answer) {
    let description = description();
    let request = format!("{method} {path}");
    let path = path.split('?').next().unwrap_or_default();
    let paths = description["paths"].as_object().expect("paths");
    let Some((_, operations)) = paths.iter().find(|(template, _)| fits(template, path)) else {
        assert_eq!(answer.status, 404, "{request} is not described");
        return;
    };
    let operation = &operations[method.to_ascii_lowercase()];
    if operation.is_null() {
        assert_eq!(answer.status, 405, "{request} is not described");
        return;
    }
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{request}: {} is not described: {}", answer.status, answer.body);
    let Some(content) = response["content"].as_object() else {
        assert_eq!(answer.body, "", "{request}: no body is described");
        return;
    };
    let kind = answer.headers["content-type"].to_str().expect("text").split(';').next().unwrap_or_default();
    let media = content.get(kind).unwrap_or_else(|| panic!("{request}: {kind} is not described"));
    if kind.ends_with("json") {
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        matches(&media["schema"], &body).unwrap_or_else(|error| panic!("{request}: {error}: {}", answer.body));
    }
}

/// Whether `value` is what `schema` of the description says.
pub(crate) fn matches(schema: &Value, value: &Value) -> Result<(), String> {
    let whole = json!({ "allOf": [schema], "components": description()["components"] });
    let validator = jsonschema::validator_for(&whole).expect("a schema");
    validator.validate(value).map_err(|error| error.to_string())
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(path).all(|(part, given)| part.starts_with('{') || *part == given)
}

#[tokio::test]
async fn the_service_has_exactly_the_methods_that_are_described() {
    let service = Service::start().await;
    assert_eq!(service.json("GET", "/openapi.json", "").await, description());
    for (template, operations) in description()["paths"].as_object().expect("paths") {
        let path = template.replace("{id}", "01890000-0000-7000-8000-000000000000");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let described = operations.get(method.to_ascii_lowercase()).is_some();
            let answer = service.send(method, &path, "k", "{}").await;
            assert_eq!(answer.status != 405, described, "{method} {path}: {}", answer.body);
            assert!(!answer.body.contains("nothing at this path"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn fields_that_are_described_as_required_are() {
    let service = Service::start().await;
    let schema = json!({ "$ref": "#/components/schemas/Authorisation" });
    let good = json!({
        "order": "o-1", "amount": { "minor": 100, "currency": "EUR" }, "card": { "number": "4242424242424242" },
    });
    matches(&schema, &good).expect("fits");
    assert_eq!(service.send("POST", "/payments", "good", &good.to_string()).await.status, 201);
    for field in ["order", "amount", "card"] {
        let mut without = good.clone();
        without.as_object_mut().expect("an object").remove(field);
        let described = matches(&schema, &without).is_ok();
        let answer = service.send("POST", "/payments", field, &without.to_string()).await;
        assert_eq!(answer.status == 201, described, "without {field}: {}", answer.body);
    }
}
