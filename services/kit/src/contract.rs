//! For tests: holds the answers of a service against its own `/openapi.json`.
//!
//! The status must be described for the path and the method, the content type for the status, and the body must be what
//! the schema says. Compiled only with the feature `contract`; no service has it in production.

use serde_json::{Value, json};

use crate::openapi::METHODS;

/// What a service says that it answers.
#[derive(Clone, Debug)]
pub struct Contract {
    document: Value,
}

/// What came back.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The status code.
    pub status: u16,
    /// The field `Content-Type`, if there was one.
    pub content_type: Option<&'a str>,
    /// The body.
    pub body: &'a str,
}

impl Contract {
    /// The contract that `document` of OpenAPI 3.1 is.
    #[must_use]
    pub fn new(document: Value) -> Self {
        Self { document }
    }

    /// Whether `reply` is one that is described for this request. Nobody describes 404 for paths that do not exist, nor
    /// 405 for methods that do not.
    ///
    /// # Errors
    /// In words, when it is not.
    pub fn check(&self, method: &str, path: &str, reply: Reply<'_>) -> Result<(), String> {
        let path = path.split('?').next().unwrap_or_default();
        let wrong = |what: String| Err(format!("{method} {path}: {} {what}: {}", reply.status, reply.body));
        let Some(operations) = self.operations_of(path) else {
            return if reply.status == 404 { Ok(()) } else { wrong("for a path that is not described".into()) };
        };
        // HEAD is GET without the body (RFC 9110 section 9.3.2).
        let bodiless = method == "HEAD";
        let Some(operation) = operations.get(if bodiless { "get".to_owned() } else { method.to_ascii_lowercase() })
        else {
            return if reply.status == 405 { Ok(()) } else { wrong("for a method that is not described".into()) };
        };
        let response = &operation["responses"][reply.status.to_string()];
        if !response.is_object() {
            return wrong("is a status that is not described".into());
        }
        let Some(content) = response["content"].as_object() else {
            return if reply.body.is_empty() { Ok(()) } else { wrong("with a body that is not described".into()) };
        };
        let kind = reply.content_type.unwrap_or_default().split(';').next().unwrap_or_default();
        let Some(media) = content.get(kind) else { return wrong(format!("with `{kind}`, which is not described")) };
        if bodiless || !kind.ends_with("json") {
            return Ok(());
        }
        let body = match serde_json::from_str(reply.body) {
            Ok(body) => body,
            Err(error) => return wrong(format!("with a body that is not JSON ({error})")),
        };
        self.matches(&media["schema"], &body).or_else(|error| wrong(format!("with a wrong body ({error})")))
    }

    /// Whether `value` is what `schema`, a part of the document, says.
    ///
    /// # Errors
    /// In words, when it is not, or the schema is none.
    pub fn matches(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let whole = json!({ "allOf": [schema], "components": self.document["components"] });
        let validator = jsonschema::validator_for(&whole).map_err(|error| error.to_string())?;
        validator.validate(value).map_err(|error| format!("{error} at {}", error.instance_path()))
    }

    /// Every path with every method, and whether that is described. Parameters are filled in with `parameter`.
    #[must_use]
    pub fn everything(&self, parameter: &str) -> Vec<(String, String, bool)> {
        let paths = self.document["paths"].as_object().into_iter().flatten();
        let fill = |template: &str| {
            let parts = template.split('/').map(|part| if part.starts_with('{') { parameter } else { part });
            parts.collect::<Vec<_>>().join("/")
        };
        // HEAD comes with GET, and OPTIONS is nobody's.
        let methods = METHODS.into_iter().filter(|method| !matches!(*method, "head" | "options"));
        paths
            .flat_map(|(template, operations)| {
                let path = fill(template);
                methods
                    .clone()
                    .map(move |method| (method.to_ascii_uppercase(), path.clone(), operations.get(method).is_some()))
            })
            .collect()
    }

    /// The whole document.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    fn operations_of(&self, path: &str) -> Option<&Value> {
        let paths = self.document["paths"].as_object()?;
        // As in routers, a path without parameters comes before one with.
        paths.get(path).or_else(|| paths.iter().find(|(template, _)| fits(template, path)).map(|(_, item)| item))
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(path).all(|(part, given)| part.starts_with('{') || *part == given)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract() -> Contract {
        let schema = json!({ "$ref": "#/components/schemas/Thing" });
        let thing = json!({ "description": "It.", "content": { "application/json": { "schema": schema } } });
        Contract::new(json!({
            "paths": {
                "/things/{id}": { "get": { "responses": { "200": thing, "404": { "description": "None." } } } },
                "/things/mine": { "get": { "responses": { "204": { "description": "None." } } } },
            },
            "components": { "schemas": { "Thing": { "type": "object", "required": ["id"] } } },
        }))
    }

    #[test]
    fn only_what_is_described_passes() {
        let json = Some("application/json; charset=utf-8");
        for (method, path, status, content_type, body, good) in [
            ("GET", "/things/7", 200, json, r#"{"id":7}"#, true),
            ("GET", "/things/7?x=1", 200, json, r#"{"id":7}"#, true),
            ("GET", "/things/7", 200, json, r#"{"di":7}"#, false),
            ("GET", "/things/7", 200, json, "id", false),
            ("GET", "/things/7", 200, Some("text/plain"), r#"{"id":7}"#, false),
            ("GET", "/things/7", 404, None, "", true),
            ("GET", "/things/7", 404, None, "gone", false),
            ("GET", "/things/7", 500, json, r#"{"id":7}"#, false),
            ("HEAD", "/things/7", 200, json, "", true),
            ("HEAD", "/things/7", 201, json, "", false),
            ("PUT", "/things/7", 405, None, "", true),
            ("PUT", "/things/7", 200, json, r#"{"id":7}"#, false),
            ("GET", "/things/mine", 204, None, "", true),
            ("GET", "/things/mine", 200, json, r#"{"id":7}"#, false),
            ("GET", "/nothing", 404, None, "anything", true),
            ("GET", "/nothing", 200, None, "", false),
        ] {
            let outcome = contract().check(method, path, Reply { status, content_type, body });
            assert_eq!(outcome.is_ok(), good, "{method} {path} {status} {body}: {outcome:?}");
        }
    }

    #[test]
    fn every_method_of_every_path_is_listed() {
        let all = contract().everything("7");
        assert_eq!(all.len(), 10);
        assert!(all.contains(&("GET".into(), "/things/7".into(), true)));
        assert!(all.contains(&("DELETE".into(), "/things/mine".into(), false)));
    }
}
