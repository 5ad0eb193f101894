//! Shares of a whole: `0.2` is a fifth.

use schemars::{Schema, SchemaGenerator, json_schema};

use crate::config::decode::{Decode, expected};
use crate::config::document::{Node, Value};
use crate::config::problem::Problems;

/// A share from 0 to 1, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ratio(pub u32);

impl Decode for Ratio {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let share = match node.value {
            Value::Float(share) => share,
            Value::Integer(Some(whole @ 0..=1)) => whole as f64,
            Value::Integer(_) => f64::NAN,
            _ => {
                problems.push(node.span.clone(), expected("a share such as 0.2", node));
                return None;
            }
        };
        if (0.0..=1.0).contains(&share) {
            return Some(Self((share * 1_000.0).round() as u32));
        }
        problems.push_with(node.span.clone(), "must be from 0 to 1".into(), "a fifth is `0.2`");
        None
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_between_nothing_and_all() {
        let decode = |value| {
            let mut problems = Problems::default();
            Ratio::decode(&Node { span: 0..1, value }, &mut problems)
        };
        assert_eq!(decode(Value::Float(0.2)), Some(Ratio(200)));
        assert_eq!(decode(Value::Integer(Some(0))), Some(Ratio(0)));
        assert_eq!(decode(Value::Integer(Some(1))), Some(Ratio(1_000)));
        for bad in [
            Value::Float(1.001),
            Value::Float(-0.1),
            Value::Float(f64::NAN),
            Value::Integer(Some(2)),
            Value::Integer(None),
            Value::Text("0.2".into()),
        ] {
            assert_eq!(decode(bad), None);
        }
    }
}
