//! What `/openapi.json` says: made from the handlers and the types they take and give, so that it cannot fall behind them.
//!
//! Whatever all operations have in common is added here: problems, header fields of answers, and the routes of the kit. A
//! test compares the paths with those of the router, others hold real answers against the schemas.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::routes::{products, reservations};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Products",
        description = "The catalogue of the marketplace, and its stock with reservations.",
        license(name = "MIT OR Apache-2.0"),
        contact()
    ),
    paths(
        products::list,
        products::one,
        products::stock,
        products::create,
        products::change,
        products::count,
        reservations::reserve,
        reservations::one,
        reservations::commit,
        reservations::release,
    ),
    tags(
        (name = "products", description = "For everybody. Reads have an ETag and honour If-None-Match and If-Match."),
        (name = "admin", description = "For admins: `Authorization: Bearer` with the token in ADMIN_TOKEN."),
        (name = "reservations", description = "For other services of the marketplace."),
        (name = "operation", description = "For whoever runs the service."),
    )
)]
struct Described;

/// The description, as JSON.
pub(crate) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| whole().to_string());
    &TEXT
}

fn whole() -> Value {
    // Cannot fail: there are no maps with keys other than text in it. A test would see nothing in it.
    let mut description = serde_json::to_value(Described::openapi()).unwrap_or_default();
    for operations in description["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for operation in operations.as_object_mut().into_iter().flat_map(Map::values_mut) {
            complete(operation);
        }
    }
    let operation = |summary: &str, kind: &str, unwell: Option<&str>| {
        let mut responses = json!({ "200": { "description": "So it is.", "content": { kind: { "schema": {} } } } });
        if let Some(detail) = unwell {
            responses["503"] = problem(detail);
        }
        json!({ "get": { "tags": ["operation"], "summary": summary, "responses": responses } })
    };
    let paths = &mut description["paths"];
    paths["/healthz"] = operation("Whether the process lives", "text/plain", None);
    paths["/readyz"] = operation("Whether it can do its work", "text/plain", Some("The database does not answer."));
    paths["/metrics"] = operation("Metrics for Prometheus", "text/plain", None);
    paths["/openapi.json"] = operation("This description", "application/json", None);
    let components = &mut description["components"];
    components["schemas"]["Problem"] = problem_schema();
    components["securitySchemes"]["admin"] = json!({ "type": "http", "scheme": "bearer" });
    description
}

/// Adds to an operation what all have in common.
fn complete(operation: &mut Value) {
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, response) in responses.iter_mut() {
        match status.as_str() {
            "200" | "201" => {
                response["headers"]["Cache-Control"] = json!({ "schema": { "type": "string" } });
            }
            status if status.starts_with(['4', '5']) => {
                *response = problem(response["description"].as_str().unwrap_or_default());
            }
            _ => {}
        }
    }
    for (status, detail) in [
        ("400", "Something is wrong with the request; `errors` says what, all of it."),
        ("500", "The service failed."),
        ("503", "The database or the service cannot do this now."),
    ] {
        responses.insert(status.to_owned(), problem(detail));
    }
}

fn problem(description: &str) -> Value {
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    json!({ "description": description, "content": { "application/problem+json": { "schema": schema } } })
}

/// A problem of the kit (RFC 9457).
fn problem_schema() -> Value {
    let text = || json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["type", "title", "status", "reason"],
        "properties": {
            "type": { "const": "about:blank" },
            "title": text(),
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "reason": { "type": "string", "description": "A stable word for programs." },
            "detail": text(),
            "errors": {
                "type": "array",
                "description": "Everything that is wrong, with its name.",
                "items": {
                    "type": "object",
                    "required": ["parameter", "detail"],
                    "properties": { "parameter": text(), "detail": text() },
                    "additionalProperties": false,
                },
            },
        },
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_of_openapi_3_1_and_whole() {
        let description = whole();
        assert_eq!(description["openapi"], "3.1.0");
        let text = description.to_string();
        for (_, rest) in text.match_indices("#/components/schemas/").map(|(at, found)| text.split_at(at + found.len()))
        {
            let name = rest.split('"').next().unwrap_or_default();
            assert!(description["components"]["schemas"][name].is_object(), "{name} is referred to but not there");
        }
    }
}
