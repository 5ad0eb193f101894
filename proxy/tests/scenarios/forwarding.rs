//! What a request and a response look like on the other side of the gateway.

mod absolute_form;
mod forwarded_fields;
mod hop_by_hop;
mod options_asterisk;
mod request_id;
mod unchanged;
mod via_and_host;
