//! Request methods (RFC 9110 section 9).

macro_rules! methods {
    ($($variant:ident $token:literal)*) => {
        /// A request method; a small number, so that it can index tables.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Method {
            $(#[doc = $token] $variant,)*
            /// Any other token; forwarded as it was written.
            Extension,
        }

        impl Method {
            /// Every method, in the order of the enum.
            pub const ALL: [Method; [$($token),*].len() + 1] = [$(Method::$variant,)* Method::Extension];

            /// The method of a token; tokens are case-sensitive (RFC 9110 section 9.1).
            #[must_use]
            pub fn from_token(token: &[u8]) -> Self {
                $(if token == $token.as_bytes() { return Method::$variant; })*
                Method::Extension
            }

            /// The label of metrics: the token, or `other`.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self {
                    $(Method::$variant => $token,)*
                    Method::Extension => "other",
                }
            }
        }
    };
}

methods! {
    Get "GET" Head "HEAD" Post "POST" Put "PUT" Delete "DELETE" Options "OPTIONS" Patch "PATCH" Connect "CONNECT" Trace "TRACE"
}

impl Method {
    /// Whether repeating the request has the same effect as sending it once (RFC 9110 section 9.2.2).
    #[must_use]
    pub fn is_idempotent(self) -> bool {
        matches!(self, Method::Get | Method::Head | Method::Put | Method::Delete | Method::Options | Method::Trace)
    }
}
