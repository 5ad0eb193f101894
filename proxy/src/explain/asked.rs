//! The request to explain, and the bytes that a client would send for it.

use std::net::IpAddr;

/// A request as somebody asks about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The target of the request line: path and query.
    pub(crate) target: String,
    /// The host; `localhost` when neither this nor a field says one.
    pub(crate) host: Option<String>,
    /// Header lines, as written.
    pub(crate) fields: Vec<String>,
    /// The other end of the connection.
    pub(crate) client: IpAddr,
}

impl Asked {
    /// The same, unless it is more than a request line and header lines: a line break would hide another line in it.
    ///
    /// # Errors
    /// What is wrong.
    pub(crate) fn checked(self) -> Result<Self, &'static str> {
        let texts = [&self.method, &self.target].into_iter().chain(&self.host).chain(&self.fields);
        if texts.into_iter().any(|text| text.contains(['\r', '\n'])) {
            return Err("neither the method nor the path, the host or a header may hold a line break");
        }
        if self.method.is_empty() || self.target.is_empty() || self.fields.iter().any(String::is_empty) {
            return Err("neither the method nor the path nor a header may be empty");
        }
        Ok(self)
    }

    /// The head of the request, empty line included.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let is_host = |line: &String| line.split(':').next().is_some_and(|name| name.eq_ignore_ascii_case("host"));
        match &self.host {
            Some(host) => head += &format!("host: {host}\r\n"),
            None if self.fields.iter().any(is_host) => {}
            None => head += "host: localhost\r\n",
        }
        for line in &self.fields {
            head += line;
            head += "\r\n";
        }
        head += "\r\n";
        head.into_bytes()
    }
}
