//! "Did you mean": the known word that a mistyped one is nearest to.

/// The candidate that takes the fewest edits to reach, if they are few for a word this long.
#[must_use]
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Long input is no typing mistake, and the distance takes time in its square.
    if word.len() > 64 {
        return None;
    }
    let most = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word)
        .map(|candidate| (strsim::osa_distance(&word.to_ascii_lowercase(), &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean ...?`, or else the list of what there is.
#[must_use]
pub(crate) fn hint(word: &str, known: &[&str], what: &str) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("there are no {what}"),
        None => format!("{what}: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_mistakes_find_their_word() {
        let keys = ["upstream", "timeout", "split", "name"];
        assert_eq!(nearest("upstraem", keys), Some("upstream"));
        assert_eq!(nearest("time_out", keys), Some("timeout"));
        assert_eq!(nearest("Name", keys), Some("name"));
        assert_eq!(nearest("retries", keys), None);
        assert_eq!(nearest("", keys), None);
    }

    #[test]
    fn without_a_near_word_the_hint_lists_what_there_is() {
        assert_eq!(hint("nam", &["name"], "known keys"), "did you mean `name`?");
        assert_eq!(hint("xyz", &["name", "path"], "known keys"), "known keys: name, path");
        assert_eq!(hint("xyz", &[], "upstreams"), "there are no upstreams");
    }
}
