//! The rules of `request_headers` and `response_headers`.

use supplex_engine::config::HeaderEdits;

use crate::config::decode::{At, List, Map, refuse_repeats};
use crate::config::problem::Problems;
use crate::config::raw;

pub(super) fn check(raw: Option<At<raw::FieldEdits>>, problems: &mut Problems) -> HeaderEdits {
    let Some(At { value: raw, .. }) = raw else { return HeaderEdits::default() };
    let set = raw.set.map_or(Vec::new(), |At { value: Map(set), .. }| set);
    let remove = raw.remove.map_or(Vec::new(), |At { value: List(remove), .. }| remove);
    refuse_repeats(
        remove.iter().map(|name| (&name.value, &name.span)),
        "this name stands in the list already",
        problems,
    );
    for name in &remove {
        if set.iter().any(|(other, _)| other.value == name.value) {
            let message = format!("`{}` is set as well, which removes it first", name.value.0);
            problems.warn(name.span.clone(), message, "take it out of `remove`");
        }
    }
    HeaderEdits {
        remove: remove.into_iter().map(|name| name.value.0).collect(),
        set: set.into_iter().filter_map(|(name, value)| Some((name.value.0, value?.value.0))).collect(),
    }
}
