//! A path in normal form is its own normal form, and normalising changes nothing that matters.

use proptest::prelude::*;
use supplex_engine::http1::{Limits, RequestHead, Violation};

use crate::messages::path;

fn normalise(path: &[u8]) -> Result<Vec<u8>, Violation> {
    let request = [b"GET ", path, b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    let mut head = RequestHead::new();
    let length = head.parse(&request, Limits { bytes: 4096, fields: 4 })?;
    assert_eq!(length, Some(request.len()));
    Ok(head.path(&request).to_vec())
}

/// How deep a path climbs below its root at the lowest point; negative is above.
fn lowest(path: &str) -> i32 {
    let (mut depth, mut lowest) = (0, 0);
    for segment in path[1..].to_ascii_lowercase().replace("%2e", ".").split('/') {
        depth += match segment {
            "." => 0,
            ".." => -1,
            _ => 1,
        };
        lowest = lowest.min(depth);
    }
    lowest
}

proptest! {
    #[test]
    fn normalising_twice_is_normalising_once(path in path()) {
        match normalise(path.as_bytes()) {
            Ok(normal) => {
                prop_assert_eq!(normalise(&normal), Ok(normal.clone()));
                prop_assert!(lowest(&path) >= 0);
                prop_assert!(normal.len() <= path.len());
            }
            Err(violation) => {
                prop_assert_eq!(violation, Violation::TargetAboveRoot);
                prop_assert!(lowest(&path) < 0);
            }
        }
    }

    #[test]
    fn an_encoded_slash_never_becomes_one(path in path()) {
        if let Ok(normal) = normalise(path.as_bytes()) {
            let normal = String::from_utf8(normal).unwrap();
            prop_assert!(normal.matches('/').count() <= path.matches('/').count());
            prop_assert!(!normal.contains("%2f"));
        }
    }
}
