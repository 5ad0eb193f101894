//! Refusals, as the gateway would give them.

use supplex_engine::http1::Violation;
use supplex_engine::reason::Reason;

use super::model::Refusal;
use crate::config::Blueprint;

/// A head that breaks a rule of the grammar, or is too large.
pub(super) fn violation(violation: Violation, blueprint: &Blueprint) -> Refusal {
    let key = match violation {
        Violation::TargetTooLong | Violation::HeadTooLarge => "listeners.0.max_header_bytes",
        Violation::TooManyFields => "listeners.0.max_header_fields",
        _ => "listeners.0",
    };
    let refusal = reason("parse", violation.reason(), &blueprint.places.of(key));
    Refusal { detail: violation.detail().to_owned(), rfc: violation.section(), ..refusal }
}

/// A head that does not end.
pub(super) fn incomplete(blueprint: &Blueprint) -> Refusal {
    reason("parse", Reason::HeaderTimeout, &blueprint.places.of("listeners.0.header_timeout"))
}

/// No route matches.
pub(super) fn none(blueprint: &Blueprint) -> Refusal {
    reason("match_route", Reason::RouteNone, &blueprint.places.of("routes"))
}

/// Any other reason.
pub(super) fn reason(stage: &'static str, reason: Reason, at: &str) -> Refusal {
    let row = reason.row();
    let rfc = match reason {
        Reason::AuthRequired | Reason::AuthInvalid | Reason::AuthExpired => "RFC 6750 section 3",
        Reason::BodyTooLarge => "RFC 9110 section 15.5.14",
        Reason::HeaderTimeout => "RFC 9110 section 15.5.9",
        Reason::RouteNone => "RFC 9110 section 15.5.5",
        _ => "RFC 9110 section 15",
    };
    Refusal { stage, reason: row.word, status: row.status, detail: row.title.to_owned(), rfc, at: at.to_owned() }
}
