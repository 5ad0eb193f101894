//! How many times something is tolerated, such as `1.5`.

use schemars::{Schema, SchemaGenerator, json_schema};
use supplex_engine::config::Tolerance;

use crate::config::decode::{Decode, expected};
use crate::config::document::{Node, Value};
use crate::config::problem::Problems;

impl Decode for Tolerance {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let times = match node.value {
            Value::Float(times) => times,
            Value::Integer(Some(times)) => times as f64,
            _ => {
                let hint = "half as long again is `1.5`, without quotes";
                problems.push_with(node.span.clone(), expected("a number from 1.1 to 10", node), hint);
                return None;
            }
        };
        let tolerance = Tolerance::new(times);
        if tolerance.is_none() {
            problems.push_with(node.span.clone(), "must be from 1.1 to 10".into(), "half as long again is `1.5`");
        }
        tolerance
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": Tolerance::LEAST, "maximum": Tolerance::MOST })
    }
}
