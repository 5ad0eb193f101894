//! What connections take, they give back.

mod connections_leave_nothing;
