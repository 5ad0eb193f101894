//! Interim responses (1xx) in front of the final one.

mod continue_is_passed_on;
mod early_hints;
mod final_response_instead_of_continue;
mod http_1_0_gets_none;
