//! Responses that come before the request is complete.

mod response_while_uploading;
mod upload_refused_and_closed;
