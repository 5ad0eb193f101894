//! What `/api/latency` can be asked: `?route=&upstream=&window=10s&by=worker`, all of it optional.

use super::SECONDS_KEPT;

/// The window when none is asked for, in seconds.
const WINDOW: usize = 10;
/// For whoever asks something else.
const USAGE: &str = "ask as `?route=NAME&upstream=NAME&window=10s&by=worker`; each may be left out";

/// Which exchanges somebody wants to know about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// Those of this route only.
    pub(crate) route: Option<String>,
    /// Those whose last attempt was at this upstream only.
    pub(crate) upstream: Option<String>,
    /// Those of so many seconds.
    pub(crate) seconds: usize,
    /// Whether each worker is to be told apart.
    pub(crate) by_worker: bool,
}

/// Why a question has no answer, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) String);

impl Question {
    /// Reads the keys and values of a query.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(query: impl IntoIterator<Item = (String, String)>) -> Result<Self, Refusal> {
        let mut question = Self { route: None, upstream: None, seconds: WINDOW, by_worker: false };
        let mut seen = Vec::new();
        for (key, value) in query {
            if seen.contains(&key) {
                return Err(Refusal(format!("`{key}` stands there twice")));
            }
            match (key.as_str(), value.as_str()) {
                // Left empty it is left out.
                ("route" | "upstream" | "window" | "by", "") => {}
                ("route", _) => question.route = Some(value),
                ("upstream", _) => question.upstream = Some(value),
                ("window", window) => question.seconds = seconds(window)?,
                ("by", "worker") => question.by_worker = true,
                ("by", _) => return Err(Refusal(format!("`by` can only be `worker`; {USAGE}"))),
                _ => return Err(Refusal(format!("there is no `{key}`; {USAGE}"))),
            }
            seen.push(key);
        }
        Ok(question)
    }
}

fn seconds(window: &str) -> Result<usize, Refusal> {
    let refuse =
        |why: &str| Err(Refusal(format!("`window`: {why}; it is whole seconds from `1s` to `{SECONDS_KEPT}s`")));
    let digits = window.strip_suffix('s').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.map(str::parse) {
        Some(Ok(seconds @ 1..=SECONDS_KEPT)) => Ok(seconds),
        Some(Ok(0)) => refuse("there is nothing in no time"),
        Some(Ok(_)) => refuse("only the last minute is kept"),
        Some(Err(_)) | None => refuse("this is no number of seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> Result<Question, Refusal> {
        Question::read(query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn everything_may_be_left_out_or_left_empty() {
        let all = Question { route: None, upstream: None, seconds: 10, by_worker: false };
        assert_eq!(read(&[]), Ok(all.clone()));
        assert_eq!(read(&[("route", ""), ("upstream", ""), ("window", ""), ("by", "")]), Ok(all));
        let some = read(&[("by", "worker"), ("window", "60s"), ("route", "a"), ("upstream", "b")]);
        let wanted = Question { route: Some("a".into()), upstream: Some("b".into()), seconds: 60, by_worker: true };
        assert_eq!(some, Ok(wanted));
    }

    #[test]
    fn what_cannot_be_answered_is_refused() {
        for window in ["0s", "61s", "1m", "1500ms", "s", "+5s", "10", "soon", "-1s", "99999999999999999999s"] {
            let refusal = read(&[("window", window)]).expect_err(window);
            assert!(refusal.0.contains("from `1s` to `60s`"), "{}", refusal.0);
        }
        for query in [&[("by", "route")][..], &[("rout", "a")], &[("route", "a"), ("route", "b")]] {
            assert!(read(query).is_err(), "{query:?}");
        }
    }
}
