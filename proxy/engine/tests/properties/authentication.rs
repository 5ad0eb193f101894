//! Whatever a client sends, it passes only with a token whose signature holds; what is remembered changes nothing but the
//! cost; and what the gateway says about a client is never the client's own word.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use supplex_engine::auth::{Cache, Denial, Identity, Unverified, Vouched};
use supplex_engine::config::{Algorithm, Auth, HeaderEdits, Jwks, Rewrite};
use supplex_engine::exchange::stages::authenticate::authenticate;
use supplex_engine::http1::{Limits, RequestContext, RequestHead, write_request};

const LIMITS: Limits = Limits { bytes: 32 * 1024, fields: 80 };

fn auth() -> Auth {
    Auth {
        name: "users".into(),
        jwks: Jwks::File("keys.json".into()),
        issuer: "i".into(),
        audience: "a".into(),
        algorithms: vec![Algorithm::EdDsa],
        leeway: Duration::from_secs(5),
        refresh: Duration::from_secs(60),
        forward: vec![("x-user-id".into(), "sub".into())],
        claims: vec!["sub".into()],
    }
}

fn parsed(fields: &[u8]) -> Option<(RequestHead, Vec<u8>)> {
    let bytes = [b"GET / HTTP/1.1\r\nhost: x\r\n", fields, b"\r\n"].concat();
    let mut head = RequestHead::new();
    (head.parse(&bytes, LIMITS) == Ok(Some(bytes.len()))).then_some((head, bytes))
}

/// As the gateway would with a signature that holds when it is `good`.
fn judge(fields: &[u8], now: u64, cache: &mut Cache) -> Option<Result<Option<String>, Denial>> {
    let (head, bytes) = parsed(fields)?;
    let verify = |token: &Unverified<'_>| match token.signature {
        "Z29vZA" => Ok(()),
        _ => Err(Denial::Signature),
    };
    let verdict = authenticate(&head, &bytes, &auth(), false, now, cache, verify);
    let sub = |identity: &Identity| identity.claim("sub").unwrap_or_default().to_owned();
    Some(verdict.map(|identity| identity.map(|identity| sub(&identity))))
}

/// Tokens that nearly hold, each with its signature in clear text.
fn token() -> impl Strategy<Value = String> {
    let header = prop::sample::select(vec![
        r#"{"alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","kid":"k"}"#,
        r#"{"alg":"none"}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"ES256"}"#,
        r#"{"alg":"EdDSA","crit":["x"]}"#,
        "{}",
    ]);
    let claim = |options: &[&'static str]| prop::sample::select(options.to_vec());
    let claims = (
        claim(&[r#""iss":"i""#, r#""iss":"j""#, r#""x":1"#]),
        claim(&[r#""aud":"a""#, r#""aud":["b","a"]"#, r#""aud":"b""#]),
        0..40_u64,
        0..40_u64,
        "[a-c]{0,2}",
    );
    let signature = prop::sample::select(vec!["good", "bad", ""]);
    (header, claims, signature).prop_map(|(header, (iss, aud, exp, nbf, sub), signature)| {
        let payload = format!(r#"{{{iss},{aud},"exp":{exp},"nbf":{nbf},"sub":"{sub}"}}"#);
        [header, &payload, signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    })
}

proptest! {
    #[test]
    fn arbitrary_credentials_never_pass(value in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut cache = Cache::new(1);
        if let Some(verdict) = judge(&[b"authorization: bearer ", &value[..], b"\r\n"].concat(), 1, &mut cache) {
            prop_assert!(verdict.is_err());
        }
        prop_assert!(cache.is_empty());
    }

    #[test]
    fn nothing_passes_without_signature_algorithm_and_time(token in token(), now in 0..60_u64) {
        let verdict = judge(format!("authorization: Bearer {token}\r\n").as_bytes(), now, &mut Cache::new(1));
        let parts: Vec<_> = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url")).collect();
        let text = |part: usize| String::from_utf8_lossy(&parts[part]).into_owned();
        let claims: serde_json::Value = serde_json::from_str(&text(1)).expect("JSON");
        let time = |name: &str| claims[name].as_u64().expect("a time");
        let holds = text(0).contains("EdDSA") && !text(0).contains("crit") && text(2) == "good"
            && claims["iss"] == "i" && (claims["aud"] == "a" || claims["aud"].is_array())
            && now < time("exp") + 5 && now + 5 >= time("nbf");
        prop_assert_eq!(verdict.expect("a head").is_ok(), holds);
    }

    #[test]
    fn what_is_remembered_changes_nothing(
        tokens in prop::collection::vec(token(), 1..6),
        requests in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u64), 1..60),
    ) {
        let (mut cache, mut now) = (Cache::new(9), 0);
        for (which, passed) in requests {
            now += passed;
            let field = format!("authorization: Bearer {}\r\n", which.get(&tokens));
            let remembered = judge(field.as_bytes(), now, &mut cache);
            prop_assert_eq!(remembered, judge(field.as_bytes(), now, &mut Cache::new(1)));
        }
    }

    #[test]
    fn a_vouched_field_has_one_author(
        names in prop::collection::vec("[xX][-_][uU][sS][eE][rR][-_][iI][dD]", 0..5),
        value in "[a-z]{1,8}",
    ) {
        let fields: String = names.iter().map(|name| format!("{name}: {value}\r\nother: 1\r\n")).collect();
        let (head, bytes) = parsed(fields.as_bytes()).expect("a head");
        let forward = auth().forward;
        let mut out = Vec::new();
        let cx = RequestContext {
            head: &head,
            bytes: &bytes,
            rewrite: &Rewrite::default(),
            edits: &HeaderEdits::default(),
            vouched: Vouched { fields: &forward, identity: None },
            client: [192, 0, 2, 1].into(),
            trusted: true,
            secure: false,
            request_id: b"id",
            deadline_ms: None,
            trace: None,
        };
        let _ = write_request(&mut out, &cx);
        let out = String::from_utf8(out).expect("text").to_ascii_lowercase().replace('_', "-");
        prop_assert!(!out.contains("x-user-id"), "{}", out);
        prop_assert_eq!(out.matches("other: 1").count(), names.len());
    }
}
