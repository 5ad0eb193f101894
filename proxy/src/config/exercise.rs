//! Arbitrary bytes through the whole path, with what must hold for all of them. Shared by the property test below and
//! the fuzz target, which takes `config.rs` in as a module of its own.

use super::{Format, Resolved, parse};

/// Parses `bytes` as both formats, renders whatever comes of it, and builds a snapshot of what holds.
///
/// # Panics
/// When a law is broken: a refusal without an error, an acceptance with one, or a place outside the text.
pub(crate) fn exercise(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for format in [Format::Toml, Format::Yaml] {
        let report = match parse(&text, format, "fuzzed") {
            Ok(blueprint) => {
                let snapshot = blueprint.snapshot(1, 0, &Resolved::new());
                assert_eq!(snapshot.upstreams.len(), blueprint.upstreams.len());
                assert_eq!(blueprint.warnings.errors(), 0, "accepted with an error");
                blueprint.warnings
            }
            Err(report) => {
                assert!(report.errors() > 0, "refused without an error");
                report
            }
        };
        let lines = text.split('\n').count();
        assert!(report.problems().all(|problem| problem.line <= lines), "a place outside the text");
        assert!(report.lines().iter().all(|line| !line.contains('\n')), "a line of two lines");
        assert_eq!(report.render(false).is_empty(), report.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOML: &str = include_str!("../../../config.toml");
    const YAML: &str = include_str!("../../tests/cli/fixtures/good.yaml");

    /// Pieces that mean something to one of the parsers or the decoder.
    const PIECES: [&str; 24] = [
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'",
        "=",
        ":",
        "- ",
        "\n",
        "[[routes]]",
        "[upstreams.a]",
        "&a ",
        "*a",
        "!!str ",
        "|\n",
        "---\n",
        "%",
        "\u{feff}",
        "\r",
        "ä\u{202e}",
        "\0",
        "99999999999999999999",
        "name = \"x\"",
    ];

    fn mangled(text: &'static str) -> impl Strategy<Value = String> {
        let edit = (any::<prop::sample::Index>(), 0..12_usize, prop::sample::select(&PIECES[..]));
        prop::collection::vec(edit, 1..6).prop_map(move |edits| {
            let mut chars: Vec<char> = text.chars().collect();
            for (at, cut, piece) in edits {
                let start = at.index(chars.len() + 1);
                let end = (start + cut).min(chars.len());
                chars.splice(start..end, piece.chars());
            }
            chars.into_iter().collect()
        })
    }

    #[test]
    fn seeds_of_the_fuzz_target_never_break_a_law() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/config");
        let seeds = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        assert!(seeds.inspect(|path| exercise(&std::fs::read(path).unwrap())).count() >= 7);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(192))]

        #[test]
        fn arbitrary_bytes_never_break_a_law(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            exercise(&bytes);
        }

        #[test]
        fn arbitrary_text_never_breaks_a_law(text in "\\PC{0,200}") {
            exercise(text.as_bytes());
        }

        #[test]
        fn pieces_never_break_a_law(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40)) {
            exercise(pieces.concat().as_bytes());
        }

        #[test]
        fn mangled_toml_never_breaks_a_law(text in mangled(TOML)) {
            exercise(text.as_bytes());
        }

        #[test]
        fn mangled_yaml_never_breaks_a_law(text in mangled(YAML)) {
            exercise(text.as_bytes());
        }
    }
}
