//! The `[auth.NAME]` tables, and how a route names one.

use schemars::{Schema, SchemaGenerator, json_schema};
use supplex_engine::config::{Algorithm, Jwks};

use crate::config::decode::need::{EMPTY_TABLE, OPTIONAL, REQUIRED, flag, text};
use crate::config::decode::{At, Decode, List, Map, Text, expected, table};
use crate::config::document::{Node, Value};
use crate::config::problem::Problems;
use crate::config::scalar::{ClaimName, ClaimText, Duration, EditableField, Name};
use crate::config::schema::Of;

table! {
    /// Whose JSON Web Tokens are believed.
    Auth {
        /// Where the JSON Web Key Set is: the path of a file, or a URL that begins with `http://`. The gateway does not
        /// speak TLS to it.
        jwks: Jwks = REQUIRED,
        /// What the claim `iss` must be; at most 256 characters.
        issuer: ClaimText = REQUIRED,
        /// What the claim `aud` must be or contain; at most 256 characters.
        audience: ClaimText = REQUIRED,
        /// The signature algorithms that are allowed; only `EdDSA` when left out. Never `none`, and none with a shared
        /// secret.
        algorithms: List<Algorithm, 1> = OPTIONAL,
        /// How far the clock of the issuer may be off; 1ms to 24h, counted in whole seconds.
        leeway: Duration = text("30s"),
        /// How often the key set is fetched; 100ms to 24h. A key that is not known has it fetched sooner.
        refresh: Duration = text("5m"),
        /// Fields that the upstream gets, each with the claim that is its value. They are taken away from what clients
        /// send.
        forward: Map<EditableField, ClaimName> = EMPTY_TABLE,
    }
}

/// Whose tokens a route asks for: a name alone, or a table with a name and whether a token may be missing.
#[derive(Debug)]
pub(crate) struct RouteAuth {
    /// The table.
    pub(crate) name: Option<At<Name>>,
    /// Whether a token may be missing.
    pub(crate) optional: bool,
}

table! {
    /// Whose tokens a route asks for.
    NamedAuth {
        /// The name of the `[auth]` table.
        name: Name = REQUIRED,
        /// Whether a request without a token passes, as one of nobody. An invalid token never passes.
        optional: bool = flag(false),
    }
}

impl Decode for RouteAuth {
    const NAME: Option<&'static str> = Some("RouteAuth");

    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Table(_) => NamedAuth::decode(node, problems).map(|table| Self {
                name: table.name,
                optional: table.optional.is_some_and(|optional| optional.value),
            }),
            Value::Text(_) => {
                let value = Name::decode(node, problems)?;
                Some(Self { name: Some(At { value, span: node.span.clone(), written: true }), optional: false })
            }
            _ => {
                let message = expected("the name of an `[auth]` table, or a table with name and optional", node);
                problems.push_with(node.span.clone(), message, "as in `\"users\"`");
                None
            }
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The name of an `[auth]` table, or a table with name and optional.",
            "oneOf": [<Name as Text>::schema(), generator.subschema_for::<Of<NamedAuth>>()],
        })
    }
}
