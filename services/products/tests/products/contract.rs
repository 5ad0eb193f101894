//! `/openapi.json` against what the service does. Every answer that any test gets is held against it too.

use serde_json::{Value, json};
use supplex_stack::http::Answer;

use crate::service::{ADMIN, Service};

/// Fails the test if `answer` is not one that is described for this request.
pub(crate) fn check(description: &Value, method: &str, path: &str, answer: &Answer) {
    let request = format!("{method} {path}");
    let path = path.split('?').next().unwrap_or_default();
    let paths = description["paths"].as_object().expect("paths");
    let Some((_, operations)) = paths.iter().find(|(template, _)| fits(template, path)) else {
        assert_eq!(answer.status, 404, "{request} is not described");
        return;
    };
    // HEAD is GET without the body.
    let operation = &operations[if method == "HEAD" { "get".to_owned() } else { method.to_ascii_lowercase() }];
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
    if kind.ends_with("json") && method != "HEAD" {
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        matches(description, &media["schema"], &body)
            .unwrap_or_else(|error| panic!("{request}: {error}: {}", answer.body));
    }
}

/// Whether `value` is what `schema` of the description says.
fn matches(description: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let whole = json!({ "allOf": [schema], "components": description["components"] });
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
    let service = Service::empty().await;
    for (template, operations) in service.description["paths"].as_object().expect("paths") {
        let path = template.replace("{id}", "01890000-0000-7000-8000-000000000000");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let described = operations.get(method.to_ascii_lowercase()).is_some();
            let answer = service.send(method, &path, &[ADMIN, ("idempotency-key", "k")], "{}").await;
            assert_eq!(answer.status != 405, described, "{method} {path}: {}", answer.body);
            assert!(!answer.body.contains("nothing at this path"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn fields_that_are_described_as_required_are() {
    let service = Service::empty().await;
    let bar = service.product("A bar", 100, 50).await;
    let product = json!({
        "name": "Bar", "brand": "B", "category": "bars", "flavours": [], "servings": 1,
        "price": { "minor": 1, "currency": "EUR" }, "description": "", "stock": 1,
    });
    let reservation = json!({ "order": "o", "ttl_seconds": 60, "items": [{ "product": bar, "quantity": 1 }] });
    for (path, name, good) in [("/products", "NewProduct", product), ("/reservations", "NewReservation", reservation)] {
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        let fields: Vec<String> = good.as_object().expect("an object").keys().cloned().collect();
        for field in fields.iter().map(String::as_str).chain([""]) {
            let mut without = good.clone();
            without.as_object_mut().expect("an object").remove(field);
            let described = matches(&service.description, &schema, &without).is_ok();
            let headers = [ADMIN, ("idempotency-key", field)];
            let headers = if field.is_empty() { [ADMIN, ("idempotency-key", "all")] } else { headers };
            let answer = service.send("POST", path, &headers, &without.to_string()).await;
            assert_eq!(answer.status == 201, described, "{path} without {field:?}: {}", answer.body);
        }
    }
}
