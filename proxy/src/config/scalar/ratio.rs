//! Shares of a whole, such as `0.5`.

use schemars::{Schema, SchemaGenerator, json_schema};
use supplex_engine::config::Ratio;

use crate::config::decode::{Decode, expected};
use crate::config::document::{Node, Value};
use crate::config::problem::Problems;

fn number(node: &Node, what: &str, problems: &mut Problems) -> Option<f64> {
    match node.value {
        Value::Float(number) => Some(number),
        Value::Integer(Some(number)) => Some(number as f64),
        _ => {
            problems.push_with(node.span.clone(), expected(what, node), "as in `0.5`");
            None
        }
    }
}

impl Decode for Ratio {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let ratio = Ratio::new(number(node, "a share above 0 and up to 1", problems)?);
        if ratio.is_none() {
            problems.push(node.span.clone(), "must be above 0 and at most 1".into());
        }
        ratio
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1 })
    }
}

/// A share that may be 0, which is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share(pub(crate) Option<Ratio>);

impl Decode for Share {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let number = number(node, "a share from 0 to 1", problems)?;
        if number == 0.0 {
            return Some(Self(None));
        }
        let ratio = Ratio::new(number);
        if ratio.is_none() {
            problems.push(node.span.clone(), "must be from 0 to 1".into());
        }
        ratio.map(|ratio| Self(Some(ratio)))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": 1 })
    }
}
