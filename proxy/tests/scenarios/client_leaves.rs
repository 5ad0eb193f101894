//! Clients that break their connection: there is nobody left to work for, and the upstream is let go.

mod while_sending;
mod while_waiting;
