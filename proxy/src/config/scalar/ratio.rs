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
            problems.push_with(node.span.clone(), expected(what, node), "a half is `0.5`, without quotes");
            None
        }
    }
}

impl Decode for Ratio {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let ratio = Ratio::new(number(node, "a share above 0 and up to 1", problems)?);
        if ratio.is_none() {
            problems.push_with(
                node.span.clone(),
                "must be above 0 and up to 1".into(),
                "a half is `0.5`, all of it is `1`",
            );
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

#[cfg(test)]
mod tests {
    use super::*;

    fn decode<T: Decode>(value: Value) -> Option<T> {
        let mut problems = Problems::default();
        let decoded = T::decode(&Node { span: 0..1, value }, &mut problems);
        assert_eq!(decoded.is_some(), problems.passes());
        decoded
    }

    #[test]
    fn shares_are_numbers_up_to_all() {
        let ratio = |value| decode::<Ratio>(value).map(Ratio::share);
        let share = |value| decode::<Share>(value).map(|Share(ratio)| ratio.map_or(0.0, Ratio::share));
        assert_eq!(ratio(Value::Float(0.25)), Some(0.25));
        assert_eq!(ratio(Value::Integer(Some(1))), Some(1.0));
        assert_eq!(share(Value::Float(0.2)), Some(0.2));
        assert_eq!((ratio(Value::Integer(Some(0))), share(Value::Integer(Some(0)))), (None, Some(0.0)));
        for bad in [
            Value::Integer(Some(2)),
            Value::Integer(None),
            Value::Float(f64::NAN),
            Value::Float(-0.5),
            Value::Float(1.001),
            Value::Text("50%".into()),
            Value::Boolean(true),
        ] {
            assert_eq!((ratio(bad.clone()), share(bad.clone())), (None, None), "{bad:?}");
        }
    }
}
