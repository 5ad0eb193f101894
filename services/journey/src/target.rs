//! Where the shoppers go: the gateway of a stack that runs here, or one that is named.

use std::net::SocketAddr;

use hyper::Uri;
use supplex_stack::component::Component;
use supplex_stack::layout::{Layout, Options};
use supplex_stack::state::State;

use crate::options::TargetOptions;

/// What to do when there is no stack.
const NOT_RUNNING: &str = "the stack is not running; start it with `make up`, or name a gateway with --gateway";

/// A gateway, and the stack behind it if that runs here.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where the gateway listens.
    pub gateway: SocketAddr,
    /// Its name, for the field `Host`.
    pub host: String,
    /// The stack. `None` when the gateway was named.
    pub stack: Option<Layout>,
}

impl Target {
    /// Finds the gateway.
    ///
    /// # Errors
    /// In words, when there is none.
    pub async fn find(options: &TargetOptions) -> Result<Self, String> {
        match &options.gateway {
            Some(url) => Self::named(url).await,
            None => Self::of_stack(options),
        }
    }

    async fn named(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("`{url}` is not a URL: {error}"))?;
        let (Some("http"), Some(authority), "/" | "") = (uri.scheme_str(), uri.authority(), uri.path()) else {
            return Err(format!("`{url}` must be such as http://127.0.0.1:8080"));
        };
        let (host, port) = (authority.host(), authority.port_u16().unwrap_or(80));
        let found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await;
        let gateway = found.map_err(|error| format!("{host}: {error}"))?.next();
        let gateway = gateway.ok_or_else(|| format!("{host} has no address"))?;
        Ok(Self { gateway, host: authority.to_string(), stack: None })
    }

    fn of_stack(options: &TargetOptions) -> Result<Self, String> {
        // The layout would make the folder.
        if !options.run.join("stack.json").is_file() {
            return Err(NOT_RUNNING.to_owned());
        }
        let in_words = |error: supplex_stack::Error| error.to_string();
        let layout = Layout::new(&Options::in_folder(&options.run)).map_err(in_words)?;
        let state = State::load(&layout).map_err(in_words)?;
        let gateway = state.alive(Component::Gateway).ok_or(NOT_RUNNING)?.address;
        Ok(Self { gateway, host: gateway.to_string(), stack: Some(layout) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_plain_urls_without_a_path_are_gateways() {
        let named = Target::named("http://127.0.0.1:8080").await.expect("a gateway");
        assert_eq!((named.gateway.to_string(), named.host), ("127.0.0.1:8080".into(), "127.0.0.1:8080".into()));
        assert_eq!(Target::named("http://[::1]").await.expect("a gateway").gateway.to_string(), "[::1]:80");
        for wrong in ["", "127.0.0.1:8080", "https://127.0.0.1", "http://127.0.0.1/api"] {
            assert!(Target::named(wrong).await.is_err(), "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn without_a_stack_it_says_how_to_start_one() {
        let run = std::env::temp_dir().join("supplex-no-such-folder");
        let options = TargetOptions { run: run.clone(), gateway: None };
        assert!(Target::find(&options).await.expect_err("none").contains("make up"));
        assert!(!run.exists(), "nothing was made");
    }
}
