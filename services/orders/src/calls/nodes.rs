//! Where a service is: one base URL, or several that are taken in turn.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::Uri;

/// Base URLs, at least one. Clones take turns together.
#[derive(Clone, Debug)]
pub(crate) struct Nodes(Arc<Turns>);

#[derive(Debug)]
struct Turns {
    first: String,
    others: Vec<String>,
    next: AtomicUsize,
}

impl FromStr for Nodes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = text.split(',').map(base).collect::<Result<Vec<_>, _>>()?;
        // Splitting never gives nothing.
        let first = all.remove(0);
        Ok(Self(Arc::new(Turns { first, others: all, next: AtomicUsize::new(0) })))
    }
}

fn base(text: &str) -> Result<String, String> {
    let text = text.trim();
    let wrong = || format!("`{text}` must be such as http://127.0.0.1:7102 or http://127.0.0.1:8080/api");
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let good = uri.scheme_str() == Some("http") && uri.authority().is_some() && uri.query().is_none();
    good.then(|| text.trim_end_matches('/').to_owned()).ok_or_else(wrong)
}

impl Nodes {
    /// The URL of `path` at the node whose turn it is.
    pub(super) fn url(&self, path: &str) -> String {
        let turn = self.0.next.fetch_add(1, Ordering::Relaxed) % (self.0.others.len() + 1);
        // The last turn is the first node's.
        let base = self.0.others.get(turn).unwrap_or(&self.0.first);
        format!("{base}{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_take_turns() {
        let nodes: Nodes = "http://a:1, http://b:2/api/,http://c".parse().expect("three");
        let mut urls: Vec<_> = (0..6).map(|_| nodes.url("/x")).collect();
        urls.sort();
        urls.dedup();
        assert_eq!(urls, ["http://a:1/x", "http://b:2/api/x", "http://c/x"]);
    }

    #[test]
    fn only_plain_urls_are_taken() {
        for wrong in ["", ",", "http://a,", "localhost:7102", "https://a", "http://a?x=1", "/api"] {
            assert!(wrong.parse::<Nodes>().is_err(), "{wrong:?}");
        }
    }
}
