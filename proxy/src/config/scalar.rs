//! The kinds of single values: each knows how it is written, what it may be and what to say when it is not.
//!
//! Nothing here looks at another value; what values mean together is in `check.rs`.

pub(crate) mod access_log;
pub(crate) mod address;
pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod duration;
pub(crate) mod field;
pub(crate) mod file_path;
mod flag;
pub(crate) mod hash_key;
pub(crate) mod host;
mod http_url;
pub(crate) mod limit;
pub(crate) mod method;
pub(crate) mod name;
pub(crate) mod number;
mod part;
pub(crate) mod path;
pub(crate) mod pattern;
pub(crate) mod probe;
pub(crate) mod rate;
pub(crate) mod ratio;
pub(crate) mod redis_login;
pub(crate) mod redis_node;
pub(crate) mod redis_url;
pub(crate) mod size;
pub(crate) mod token;
mod tolerance;
pub(crate) mod word;

pub(crate) use access_log::{LogFormat, LogPath};
pub(crate) use address::Target;
pub(crate) use auth::{ClaimName, ClaimText};
pub(crate) use body::Body;
pub(crate) use duration::Duration;
pub(crate) use field::{EditableField, FieldName, FieldValue};
pub(crate) use file_path::FilePath;
pub(crate) use method::MethodToken;
pub(crate) use name::Name;
pub(crate) use number::{Number, Workers};
pub(crate) use path::{PathPrefix, UrlPath};
pub(crate) use pattern::Pattern;
pub(crate) use rate::Rate;
pub(crate) use ratio::Share;
pub(crate) use redis_login::{RedisPassword, RedisWord};
pub(crate) use redis_url::RedisUrl;
pub(crate) use size::Size;
pub(crate) use token::AdminToken;
pub(crate) use word::RetryCause;
