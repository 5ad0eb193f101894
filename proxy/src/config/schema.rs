//! The JSON schema of the configuration, generated from the same declarations that read it.
//!
//! `config.schema.json` at the root of the repository is its output; a test fails when that file is out of date.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::decode::Decode;
use super::raw::Config;

/// Lends a decodable type's schema to the generator.
#[derive(Debug)]
pub(crate) struct Of<T>(PhantomData<T>);

impl<T: Decode> JsonSchema for Of<T> {
    fn inline_schema() -> bool {
        T::NAME.is_none()
    }

    fn schema_name() -> Cow<'static, str> {
        T::NAME.unwrap_or("value").into()
    }

    fn schema_id() -> Cow<'static, str> {
        T::NAME.unwrap_or(std::any::type_name::<T>()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::schema(generator)
    }
}

/// The schema as JSON text (draft 2020-12), ending in a newline.
#[must_use]
pub(crate) fn text() -> String {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<Of<Config>>();
    schema.insert("title".into(), "Supplex Gateway configuration".into());
    format!("{:#}\n", schema.to_value())
}

/// The lines of a documentation comment as one description.
#[must_use]
pub(crate) fn describe(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").trim().to_owned()
}
