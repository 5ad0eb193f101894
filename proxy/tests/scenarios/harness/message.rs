//! An HTTP/1.1 message as it came over a connection.

/// A request or a response. Names of fields are kept as they came and compared in any case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    /// Request line or status line.
    pub(crate) start: String,
    pub(crate) fields: Vec<(String, String)>,
    /// The content, without chunk framing.
    pub(crate) body: Vec<u8>,
    /// The sizes of the chunks; empty when it did not come in chunks.
    pub(crate) chunks: Vec<usize>,
    pub(crate) trailers: Vec<(String, String)>,
    /// Every byte, as it came.
    pub(crate) raw: Vec<u8>,
}

impl Message {
    /// Reads a head, empty line included. Strict: what is not exactly as RFC 9112 has it fails the scenario.
    pub(crate) fn read_head(head: &[u8]) -> Self {
        let text = std::str::from_utf8(head).expect("a head is text");
        let text = text.strip_suffix("\r\n\r\n").expect("a head ends with an empty line");
        let mut lines = text.split("\r\n");
        let start = lines.next().expect("there is always one").to_owned();
        let fields = lines.map(read_field).collect();
        assert!(!text.replace("\r\n", "").contains(['\r', '\n', '\0']), "a stray control character in {text:?}");
        Self { start, fields, raw: head.to_vec(), ..Self::default() }
    }

    /// The status code of a response.
    pub(crate) fn status(&self) -> u16 {
        let rest = self.start.strip_prefix("HTTP/1.1 ").unwrap_or_else(|| panic!("no response: {}", self.start));
        assert_eq!(rest.as_bytes().get(3), Some(&b' '), "a space follows the status code in {}", self.start);
        rest[..3].parse().expect("a status code is a number")
    }

    /// The target of a request.
    pub(crate) fn target(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or_else(|| panic!("no request: {}", self.start))
    }

    /// The value of the only field of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() < 2, "more than one {name} in {:?}", self.fields);
        values.first().copied()
    }

    /// The values of all fields of this name.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let same = self.fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        same.map(|(_, value)| &**value).collect()
    }

    /// The content as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }
}

/// Reads one field line.
pub(crate) fn read_field(line: &str) -> (String, String) {
    let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("not a field: {line:?}"));
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    assert!(!name.is_empty() && name.bytes().all(is_token), "not a field name: {name:?}");
    (name.to_owned(), value.trim_matches([' ', '\t']).to_owned())
}
