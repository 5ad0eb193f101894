//! Values that are either `true` or `false`.

use schemars::{Schema, SchemaGenerator, json_schema};

use crate::config::decode::{Decode, expected};
use crate::config::document::{Node, Value};
use crate::config::problem::Problems;

impl Decode for bool {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        if let Value::Boolean(flag) = node.value {
            return Some(flag);
        }
        problems.push(node.span.clone(), expected("`true` or `false`", node));
        None
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "boolean" })
    }
}
