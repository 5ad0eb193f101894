//! Whole numbers within a range, and the one number that may also be `auto`.

use std::num::NonZeroUsize;

use schemars::{Schema, SchemaGenerator, json_schema};
use supplex_engine::config;

use crate::config::decode::{Decode, expected};
use crate::config::document::{Node, Value};
use crate::config::problem::Problems;

/// A whole number from `LEAST` to `MOST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number<const LEAST: u32, const MOST: u32>(pub u32);

impl<const LEAST: u32, const MOST: u32> Number<LEAST, MOST> {
    /// The number as a size of this machine.
    #[must_use]
    pub(crate) fn size(self) -> usize {
        // Linux on any CPU with io_uring has at least 32 bits.
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<const LEAST: u32, const MOST: u32> Decode for Number<LEAST, MOST> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let number = match &node.value {
            Value::Integer(number) => *number,
            Value::Text(text) if text.parse::<i64>().is_ok() => {
                let hint = format!("leave the quotes off: {text}");
                problems.push_with(node.span.clone(), expected("a whole number", node), hint);
                return None;
            }
            _ => {
                problems.push(node.span.clone(), expected("a whole number", node));
                return None;
            }
        };
        match number.and_then(|number| u32::try_from(number).ok()).filter(|number| (LEAST..=MOST).contains(number)) {
            Some(number) => Some(Self(number)),
            None => {
                problems.push(node.span.clone(), format!("must be from {LEAST} to {MOST}"));
                None
            }
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": LEAST, "maximum": MOST })
    }
}

/// The number of workers: `"auto"` or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Workers(pub config::Workers);

type Exactly = Number<1, 1024>;

impl Decode for Workers {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == "auto" => Some(Self(config::Workers::Auto)),
            Value::Integer(_) => {
                let exactly = Exactly::decode(node, problems)?;
                NonZeroUsize::new(exactly.size()).map(|number| Self(config::Workers::Exactly(number)))
            }
            _ => {
                problems.push(node.span.clone(), expected("\"auto\" or a whole number from 1 to 1024", node));
                None
            }
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [{ "type": "string", "const": "auto" }, Exactly::schema(generator)] })
    }
}
