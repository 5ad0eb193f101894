//! What an exchange remembers of its request once the head's bytes have gone: its id, method and target, and the fields
//! that the access log shows.
//!
//! One buffer per connection, reused by each exchange; it holds nothing between them if the last request was large.

use supplex_engine::config::{AccessLog, LogField};
use supplex_engine::http1::RequestHead;

/// A request id we keep from a client is at most this long; a longer or odd one is replaced.
const ID_MOST: usize = 128;
/// Bytes of the target kept for the access log.
const TARGET_MOST: usize = 2048;
/// Bytes of each header field kept for it.
const FIELD_MOST: usize = 1024;
/// Capacity kept between exchanges.
const KEEP: usize = 512;

/// The texts of one request.
#[derive(Default)]
pub(super) struct Record {
    text: Vec<u8>,
    id_end: usize,
    method_end: usize,
    target_end: usize,
    host_end: usize,
    referer_end: usize,
}

impl Record {
    /// Forgets the last request and notes down this one. `fresh` makes an id if the client sent none that we trust.
    pub(super) fn begin(&mut self, head: &RequestHead, bytes: &[u8], fresh: impl FnOnce() -> [u8; 32]) {
        self.clear();
        match head.find(bytes, "x-request-id").filter(|id| is_presentable(id)) {
            Some(id) => self.text.extend_from_slice(id),
            None => self.text.extend_from_slice(&fresh()),
        }
        self.id_end = self.text.len();
        self.text.extend_from_slice(head.method_token(bytes));
        self.method_end = self.text.len();
        self.text.extend_from_slice(head.path(bytes));
        if let Some(query) = head.query(bytes) {
            self.text.push(b'?');
            self.text.extend_from_slice(query);
        }
        self.text.truncate(self.method_end + TARGET_MOST);
        self.end_target();
    }

    /// Notes down what the log shows of the head beside. To be called after [`Record::begin`].
    pub(super) fn note(&mut self, head: &RequestHead, bytes: &[u8], log: &AccessLog) {
        let mut add = |field: LogField, value: &[u8]| {
            if log.of_head().contains(&field) {
                self.text.extend_from_slice(value.get(..FIELD_MOST).unwrap_or(value));
            }
            self.text.len()
        };
        self.host_end = add(LogField::Host, head.authority(bytes));
        self.referer_end = add(LogField::Referer, head.find(bytes, "referer").unwrap_or_default());
        add(LogField::UserAgent, head.find(bytes, "user-agent").unwrap_or_default());
    }

    /// Notes down a request that could not be parsed: it has an id and nothing else.
    pub(super) fn begin_unparsed(&mut self, fresh: [u8; 32]) {
        self.clear();
        self.text.extend_from_slice(&fresh);
        (self.id_end, self.method_end) = (self.text.len(), self.text.len());
        self.end_target();
    }

    /// The target is complete, and nothing else is known yet.
    fn end_target(&mut self) {
        self.target_end = self.text.len();
        (self.host_end, self.referer_end) = (self.target_end, self.target_end);
    }

    fn clear(&mut self) {
        self.text.clear();
        self.text.shrink_to(KEEP);
        (self.id_end, self.method_end) = (0, 0);
        self.end_target();
    }

    pub(super) fn id(&self) -> &[u8] {
        self.text.get(..self.id_end).unwrap_or_default()
    }

    pub(super) fn method(&self) -> &[u8] {
        self.text.get(self.id_end..self.method_end).unwrap_or_default()
    }

    /// Path and query.
    pub(super) fn target(&self) -> &[u8] {
        self.text.get(self.method_end..self.target_end).unwrap_or_default()
    }

    /// Host and port as they were asked for; empty unless the log shows it.
    pub(super) fn host(&self) -> &[u8] {
        self.text.get(self.target_end..self.host_end).unwrap_or_default()
    }

    /// The `Referer`; empty when there is none, or unless the log shows it.
    pub(super) fn referer(&self) -> &[u8] {
        self.text.get(self.host_end..self.referer_end).unwrap_or_default()
    }

    /// The `User-Agent`; likewise.
    pub(super) fn user_agent(&self) -> &[u8] {
        self.text.get(self.referer_end..).unwrap_or_default()
    }
}

/// Whether the id that a client sent is one to keep.
pub(crate) fn is_presentable(id: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(byte);
    !id.is_empty() && id.len() <= ID_MOST && id.iter().all(allowed)
}

/// A new request id: 128 random bits in hexadecimal.
pub(super) fn fresh_id(mut random: impl FnMut() -> u64) -> [u8; 32] {
    let mut id = [0; 32];
    for (part, number) in id.chunks_exact_mut(16).zip([random(), random()]) {
        for (place, digit) in part.iter_mut().zip(0..16) {
            *place = b"0123456789abcdef"[(number >> (60 - 4 * digit) & 15) as usize];
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use supplex_engine::config::{LogFormat, LogTarget};
    use supplex_engine::http1::Limits;

    fn record(head: &[u8]) -> Record {
        let mut parsed = RequestHead::new();
        assert_eq!(parsed.parse(head, Limits { bytes: 8192, fields: 10 }), Ok(Some(head.len())));
        let mut record = Record::default();
        record.begin(&parsed, head, || [b'f'; 32]);
        record
    }

    #[test]
    fn a_clients_id_is_kept_if_it_is_presentable() {
        let record = record(b"GET /a?b=c HTTP/1.1\r\nhost: x\r\nx-request-id: abc-1\r\n\r\n");
        assert_eq!((record.id(), record.method(), record.target()), (&b"abc-1"[..], &b"GET"[..], &b"/a?b=c"[..]));
    }

    #[test]
    fn of_the_head_only_what_the_log_shows_is_kept() {
        let head = format!(
            "GET /a HTTP/1.1\r\nhost: shop.test:80\r\nuser-agent: {}\r\nreferer: /from\r\n\r\n",
            "u".repeat(2000)
        );
        let mut parsed = RequestHead::new();
        parsed.parse(head.as_bytes(), Limits { bytes: 8192, fields: 10 }).expect("a head");
        let noted = |fields: &[LogField]| {
            let mut record = Record::default();
            record.begin(&parsed, head.as_bytes(), || [b'f'; 32]);
            record.note(
                &parsed,
                head.as_bytes(),
                &AccessLog::new(LogTarget::Stdout, LogFormat::Json(fields.into()), None),
            );
            assert_eq!(record.target(), b"/a");
            [record.host(), record.referer(), record.user_agent()]
                .map(|text| String::from_utf8_lossy(text).into_owned())
        };
        assert_eq!(noted(&[LogField::Time]), ["", "", ""]);
        assert_eq!(noted(&[LogField::Referer]), ["", "/from", ""]);
        let long = "u".repeat(FIELD_MOST);
        assert_eq!(noted(&[LogField::UserAgent, LogField::Host]), ["shop.test:80", "", &long]);
    }

    #[test]
    fn an_odd_id_is_replaced() {
        for odd in ["", "a b", "\"", &"x".repeat(129)] {
            let head = format!("GET / HTTP/1.1\r\nhost: x\r\nx-request-id: {odd}\r\n\r\n");
            assert_eq!(record(head.as_bytes()).id(), &[b'f'; 32]);
        }
    }

    #[test]
    fn an_id_is_the_number_in_hexadecimal() {
        let mut numbers = [0x0123_4567_89ab_cdef_u64, 0xfedc_ba98_7654_3210].into_iter();
        assert_eq!(&fresh_id(|| numbers.next().unwrap()), b"0123456789abcdeffedcba9876543210");
    }
}
