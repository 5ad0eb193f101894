//! `/openapi.json`: the description of an API, made from its handlers.
//!
//! Each handler carries `#[utoipa::path]`, and a route gets into an [`Api`] only together with the description of its
//! handler, so that neither can be there without the other. What every service answers in the same way (the probes, the
//! metrics, faults, the problem when something fails) is added here. What handlers really answer is held against the
//! document by `contract.rs`, in tests. Knows no service. Where to read on: `openapi/responses.rs` for answers that several
//! services have in common.

mod responses;

use std::collections::BTreeSet;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

pub use responses::{Checked, ForServices, OfOne, OncePerKey};
pub use utoipa_axum::routes;

use crate::{FieldError, Problem, faults, metrics, probes};

/// The methods that a path may have.
pub const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// What every service has.
#[derive(OpenApi)]
#[openapi(paths(probes::healthz, probes::readyz, metrics::page, description), components(schemas(Problem, FieldError)))]
struct OfEvery;

/// What a service has besides that can be made sick.
#[derive(OpenApi)]
#[openapi(paths(faults::show, faults::replace, faults::clear))]
struct OfFaults;

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "operation", responses(
    (status = 200, description = "A document of OpenAPI 3.1.", content_type = "application/json", body = Value)
))]
#[allow(dead_code, reason = "the route serves text that is made once; this describes it")]
fn description() {}

/// Routes with their descriptions.
#[derive(Clone)]
pub struct Api<S = ()> {
    router: OpenApiRouter<S>,
    title: &'static str,
    description: &'static str,
    faults: bool,
}

impl<S: Clone + Send + Sync + 'static> Api<S> {
    /// An API without routes. `description` is Markdown.
    #[must_use]
    pub fn new(title: &'static str, description: &'static str) -> Self {
        Self { router: OpenApiRouter::default(), title, description, faults: false }
    }

    /// Adds handlers of one path, as `routes!(handler, ...)`.
    #[must_use]
    pub fn routes(self, routes: UtoipaMethodRouter<S>) -> Self {
        Self { router: self.router.routes(routes), ..self }
    }

    /// Says that the service has `/faults` too.
    #[must_use]
    pub fn with_faults(self) -> Self {
        Self { faults: true, ..self }
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> Value {
        let mut whole = self.router.get_openapi().clone();
        whole.merge(OfEvery::openapi());
        if self.faults {
            whole.merge(OfFaults::openapi());
        }
        // Cannot fail: there are no maps with keys other than text in it.
        let mut document = serde_json::to_value(whole).unwrap_or_default();
        document["info"] = json!({
            "title": self.title,
            "description": self.description,
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        });
        document["servers"] = json!([
            { "url": "/", "description": "The service itself" },
            { "url": "/api", "description": "Through the gateway" },
        ]);
        complete(&mut document);
        document
    }

    /// The routes, and `/openapi.json` that describes them.
    pub fn into_router(self, state: S) -> Router {
        let text = self.document().to_string();
        let serve = get(move || std::future::ready(([(header::CONTENT_TYPE, "application/json")], text.clone())));
        let (router, _) = self.router.split_for_parts();
        router.with_state(state).route("/openapi.json", serve)
    }
}

/// How a request may prove where it comes from, by the name that operations have in `security`: the scheme of HTTP is always
/// `bearer`, the token is not.
const PROOFS: [(&str, &str, &str); 3] = [
    ("bearer", "JWT", "An access token that svc-users gave out (RFC 6750)."),
    ("service", "opaque", "The token by which the services know each other: SERVICE_TOKEN."),
    ("admin_token", "opaque", "The token of the process for admins: ADMIN_TOKEN."),
];

/// Adds what is the same for every operation: a handler may panic, take too long, or find no database.
fn complete(document: &mut Value) {
    let mut proofs = BTreeSet::new();
    for operation in operations(document) {
        let alternatives = operation.get("security").and_then(Value::as_array).into_iter().flatten();
        proofs.extend(alternatives.filter_map(Value::as_object).flat_map(Map::keys).cloned());
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { continue };
        for (status, said) in [("500", "The service failed."), ("503", "The service cannot do this now.")] {
            responses.entry(status).or_insert_with(|| problem(said));
        }
    }
    for (name, format, said) in PROOFS.into_iter().filter(|(name, ..)| proofs.contains(*name)) {
        document["components"]["securitySchemes"][name] =
            json!({ "type": "http", "scheme": "bearer", "bearerFormat": format, "description": said });
    }
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
    let items = paths.filter_map(Value::as_object_mut).flat_map(Map::iter_mut);
    items
        .filter(|(method, _)| METHODS.contains(&method.as_str()))
        .filter_map(|(_, operation)| operation.as_object_mut())
}

fn problem(said: &str) -> Value {
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    json!({ "description": said, "content": { "application/problem+json": { "schema": schema } } })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thing
    #[utoipa::path(get, path = "/things/{id}", params(("id" = u32, Path,), crate::idempotency::KeyField),
        security(("bearer" = []), ("service" = [])),
        responses((status = 200, description = "It.", body = String), Checked, ForServices))]
    async fn thing() -> &'static str {
        "it"
    }

    #[test]
    fn the_document_has_the_routes_of_the_service_and_of_every_service() {
        let api = Api::<()>::new("Things", "All of them.").routes(routes!(thing));
        let document = api.document();
        assert_eq!((&document["openapi"], &document["info"]["title"]), (&"3.1.0".into(), &"Things".into()));
        let paths: Vec<_> = document["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
        assert_eq!(paths, ["/healthz", "/metrics", "/openapi.json", "/readyz", "/things/{id}"]);
        let proofs: Vec<_> = document["components"]["securitySchemes"].as_object().expect("schemes").keys().collect();
        assert_eq!(proofs, ["bearer", "service"]);
        let responses = &document["paths"]["/things/{id}"]["get"]["responses"];
        let reference = "#/components/schemas/Problem";
        for status in ["400", "401", "403", "503"] {
            let schema = &responses[status]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, reference, "{status}");
        }
        let key = &document["paths"]["/things/{id}"]["get"]["parameters"][1];
        assert_eq!((&key["name"], &key["in"]), (&"Idempotency-Key".into(), &"header".into()));
        assert_eq!((&key["required"], &key["schema"]["maxLength"]), (&true.into(), &255.into()));
        assert!(api.with_faults().document()["paths"]["/faults"]["put"].is_object());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(map) => {
                    found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
                    map.values().for_each(|value| references(value, found));
                }
                Value::Array(items) => items.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let document = Api::<()>::new("Things", "").with_faults().document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
        }
    }
}
