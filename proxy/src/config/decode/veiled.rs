//! Values among which a secret stands.

use schemars::{Schema, SchemaGenerator};

use super::Decode;
use crate::config::document::Node;
use crate::config::problem::Problems;

/// Something whose text is never shown, not even at a problem with a harmless part of it: written on one line, a password
/// would be shown along with it.
#[derive(Debug)]
pub(crate) struct Veiled<T>(pub(crate) T);

impl<T: Decode> Decode for Veiled<T> {
    const NAME: Option<&'static str> = T::NAME;

    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        problems.keeping_secret(|problems| T::decode(node, problems)).map(Self)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::schema(generator)
    }
}
