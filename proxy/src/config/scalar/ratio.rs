//! Shares of a whole: numbers above 0 and up to 1.

use schemars::{Schema, SchemaGenerator, json_schema};
use supplex_engine::config;

use crate::config::decode::{Decode, expected};
use crate::config::document::{Node, Value};
use crate::config::problem::Problems;

/// A share above 0 and up to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ratio(pub config::Ratio);

impl Decode for Ratio {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        const WHAT: &str = "a number above 0 and up to 1";
        let share = match &node.value {
            Value::Float(share) => *share,
            // Too large for 64 bits is too large for a share as well.
            Value::Integer(number) => number.map_or(f64::INFINITY, |number| number as f64),
            Value::Text(text) if text.trim_end_matches('%').parse::<f64>().is_ok() => {
                problems.push_with(node.span.clone(), expected(WHAT, node), "write a half as 0.5, without quotes");
                return None;
            }
            _ => {
                problems.push(node.span.clone(), expected(WHAT, node));
                return None;
            }
        };
        let ratio = config::Ratio::new(share);
        if ratio.is_none() {
            let hint = "a half is 0.5, all of it is 1";
            problems.push_with(node.span.clone(), "must be above 0 and up to 1".into(), hint);
        }
        ratio.map(Self)
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(value: Value) -> Option<f64> {
        let mut problems = Problems::default();
        let decoded = Ratio::decode(&Node { span: 0..1, value }, &mut problems);
        assert_eq!(decoded.is_some(), problems.passes());
        decoded.map(|ratio| ratio.0.share())
    }

    #[test]
    fn shares_are_numbers_above_nothing_and_up_to_all() {
        assert_eq!(decode(Value::Float(0.25)), Some(0.25));
        assert_eq!(decode(Value::Integer(Some(1))), Some(1.0));
        for bad in [
            Value::Integer(Some(0)),
            Value::Integer(Some(2)),
            Value::Integer(None),
            Value::Float(f64::NAN),
            Value::Float(-0.5),
            Value::Text("50%".into()),
            Value::Boolean(true),
        ] {
            assert_eq!(decode(bad.clone()), None, "{bad:?}");
        }
    }
}
