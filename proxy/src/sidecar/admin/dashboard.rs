//! The dashboard at `/`: a page of a few static files, compiled in, for whoever asks as a browser does.
//!
//! The files hold nothing of the gateway's: the page asks `/api/…` for everything that it shows, and asks its reader for the
//! token if one is needed. Nothing comes from elsewhere, and the headers forbid the browser to fetch or run anything else.
//! Where to read on: `dashboard/main.js`.

use hyper::header::{
    ACCEPT, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

use super::answer::{self, Answer};

/// A file of the page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The page itself.
const PAGE: File = File { path: "/", kind: "text/html; charset=utf-8", text: include_str!("dashboard/index.html") };

macro_rules! files {
    ($($kind:expr => $($name:literal)*;)*) => {
        &[$($(File {
            path: concat!("/dashboard/", $name),
            kind: $kind,
            text: include_str!(concat!("dashboard/", $name)),
        },)*)*]
    };
}

/// What it needs.
const FILES: &[File] = files! {
    "text/css; charset=utf-8" => "style.css";
    "image/svg+xml" => "icon.svg";
    SCRIPT => "main.js" "poll.js" "api.js" "series.js" "totals.js" "latency.js" "estimate.js" "format.js" "dom.js"
        "table.js" "chart.js" "section_overview.js" "section_routes.js" "section_latency.js" "section_limits.js"
        "section_breakers.js" "section_upstreams.js" "section_workers.js" "section_reloads.js";
};

/// Everything from here and nothing from elsewhere; no script or style within a document, no text that becomes a script,
/// no frame around it, no form that is sent.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The file at this path. `/` is the page for those who would rather have HTML than text.
pub(super) fn find(path: &str, headers: &HeaderMap) -> Option<&'static File> {
    if path == PAGE.path {
        return wants_html(headers).then_some(&PAGE);
    }
    FILES.iter().find(|file| file.path == path)
}

/// The answer with a file.
pub(super) fn show(file: &'static File) -> Answer {
    let mut answer = answer::file(file.kind, file.text);
    let fields: [(HeaderName, &'static str); 6] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fields {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Whether `text/html` is named in `Accept`, and liked more than `text/plain` (RFC 9110 section 12.5.1). `*/*`, as curl
/// sends it, is not enough: people who ask with curl want the list.
fn wants_html(headers: &HeaderMap) -> bool {
    let ranges =
        || headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    let weight = |kind: &str| ranges().filter_map(|range| weight_of(range, kind)).fold(0.0, f32::max);
    weight("text/html") > weight("text/plain")
}

/// The weight of a media range, if it is `kind` itself.
fn weight_of(range: &str, kind: &str) -> Option<f32> {
    let mut parts = range.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(kind) {
        return None;
    }
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some(weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &'static str) -> HeaderMap {
        [(ACCEPT, HeaderValue::from_static(value))].into_iter().collect()
    }

    #[test]
    fn browsers_get_the_page_and_others_the_list() {
        for browser in [
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Text/HTML",
            "text/plain;q=0.5, text/html",
        ] {
            assert_eq!(find("/", &accepting(browser)), Some(&PAGE), "{browser}");
        }
        for other in
            ["*/*", "text/plain", "application/json", "text/html;q=0", "text/html;q=0.5, text/plain", "text/htmlx"]
        {
            assert_eq!(find("/", &accepting(other)), None, "{other}");
        }
        assert_eq!(find("/", &HeaderMap::new()), None);
        assert_eq!(find("/api/config", &accepting("text/html")), None);
    }

    #[test]
    fn every_file_that_is_named_somewhere_is_there_and_the_other_way_round() {
        let all: String = FILES.iter().chain([&PAGE]).map(|file| file.text).collect();
        let names = |opening: &str, closing: char| -> Vec<String> {
            let pieces = all.split(opening).skip(1).filter_map(|rest| rest.split_once(closing));
            pieces.map(|(name, _)| format!("/dashboard/{name}")).collect()
        };
        let mut wanted = [names("from './", '\''), names("\"/dashboard/", '"')].concat();
        wanted.sort();
        wanted.dedup();
        let mut there: Vec<_> = FILES.iter().map(|file| file.path.to_owned()).collect();
        there.sort();
        assert_eq!(wanted, there);
    }

    #[test]
    fn no_file_says_what_the_policy_forbids() {
        for file in FILES.iter().chain([&PAGE]) {
            for forbidden in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                " style=",
                " onclick=",
                "https://",
                "@import",
            ] {
                assert!(!file.text.contains(forbidden), "{}: {forbidden}", file.path);
            }
            let scripts = file.text.matches("<script").count();
            assert_eq!(scripts, file.text.matches("<script type=\"module\" src=").count(), "{}", file.path);
        }
    }
}
