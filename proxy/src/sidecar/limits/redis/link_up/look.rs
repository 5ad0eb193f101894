//! What a server has to show to be used, and how that is asked.

use redis::{Cmd, ServerErrorKind, Value, cmd};

use super::super::super::script;
use super::dial::text;

/// What a look at a server has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Look {
    /// That it answers.
    Alive,
    /// That it is a master.
    Master,
    /// That it has the buckets' slot of its cluster.
    Owner,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Sight {
    /// The server is the right one.
    Fit,
    /// It is not to be used, for this reason.
    Unfit(String),
    /// The slot moved, in the words of `MOVED`.
    Moved(String),
}

impl Look {
    /// The question.
    pub(in super::super) fn question(self) -> Cmd {
        match self {
            Look::Alive => cmd("PING"),
            Look::Master => cmd("ROLE"),
            // No bucket has this name, and every bucket has its slot.
            Look::Owner => cmd("EXISTS").arg(script::HASH_TAG).take(),
        }
    }

    /// What the reply shows.
    pub(in super::super) fn judge(self, reply: &Value) -> Sight {
        use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, Moved, ReadOnly};
        match (self, reply) {
            (Look::Alive, _) => Sight::Fit,
            (Look::Master, reply) => match role(reply) {
                Ok(()) => Sight::Fit,
                Err(why) => Sight::Unfit(why),
            },
            (Look::Owner, Value::ServerError(error)) => match error.kind() {
                Some(Moved) => Sight::Moved(error.details().unwrap_or_default().to_owned()),
                Some(BusyLoading | ClusterDown | MasterDown | ReadOnly) => Sight::Unfit(error.to_string()),
                // While the slot is on its way to another node this one still has it: ASK says so.
                _ => Sight::Fit,
            },
            (Look::Owner, _) => Sight::Fit,
        }
    }
}

/// Says why a reply to `ROLE` is not that of a master.
fn role(reply: &Value) -> Result<(), String> {
    match reply {
        Value::Array(items) => match items.first().and_then(text).as_deref() {
            Some("master") => Ok(()),
            Some(other) => Err(format!("it is a {other}, not a master")),
            None => Err("it does not tell its role".to_owned()),
        },
        Value::ServerError(error) => Err(format!("it does not tell its role: {error}")),
        _ => Err("it does not tell its role".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_master_is_one() {
        let reply = |word: &str| Value::Array(vec![Value::BulkString(word.into()), Value::Int(1)]);
        assert_eq!(Look::Master.judge(&reply("master")), Sight::Fit);
        assert_eq!(Look::Master.judge(&reply("slave")), Sight::Unfit("it is a slave, not a master".to_owned()));
        for other in [Value::Nil, Value::Array(Vec::new()), Value::Array(vec![Value::Int(1)])] {
            assert!(matches!(Look::Master.judge(&other), Sight::Unfit(_)), "{other:?}");
        }
    }
}
