//! Tokens with ECDSA and RSA signatures, made with real keys by another library than the one that checks them.

use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
    RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::issuer::claims;
use super::{get_with, table};
use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

const ECDSA: [(&str, &EcdsaSigningAlgorithm, &str); 2] =
    [("ES256", &ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"), ("ES384", &ECDSA_P384_SHA384_FIXED_SIGNING, "P-384")];

const RSA: [(&str, &dyn RsaEncoding); 6] = [
    ("RS256", &RSA_PKCS1_SHA256),
    ("RS384", &RSA_PKCS1_SHA384),
    ("RS512", &RSA_PKCS1_SHA512),
    ("PS256", &RSA_PSS_SHA256),
    ("PS384", &RSA_PSS_SHA384),
    ("PS512", &RSA_PSS_SHA512),
];

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a signature is over: the header and good claims.
fn signed(algorithm: &str, kid: &str) -> String {
    let header = json!({ "alg": algorithm, "kid": kid, "typ": "JWT" });
    format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims("user-7").to_string().as_bytes()))
}

fn token(signed: &str, signature: &[u8]) -> String {
    format!("{signed}.{}", encode(signature))
}

fn ecdsa_pair(algorithm: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).expect("randomness");
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref()).expect("a key pair")
}

fn ecdsa_signature(pair: &EcdsaKeyPair, signed: &str) -> Vec<u8> {
    pair.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature").as_ref().to_vec()
}

fn ecdsa_jwk(pair: &EcdsaKeyPair, curve: &str, kid: &str) -> Value {
    // An uncompressed point (SEC 1 section 2.3.3): a byte and two coordinates.
    let point = pair.public_key().as_ref();
    let (x, y) = point[1..].split_at(point.len() / 2);
    json!({ "kty": "EC", "crv": curve, "x": encode(x), "y": encode(y), "kid": kid, "use": "sig" })
}

fn rsa_pair() -> RsaKeyPair {
    RsaKeyPair::generate(KeySize::Rsa2048).expect("randomness")
}

fn rsa_signature(pair: &RsaKeyPair, encoding: &'static dyn RsaEncoding, signed: &str) -> Vec<u8> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("a signature");
    signature
}

fn rsa_jwk(pair: &RsaKeyPair, kid: &str) -> Value {
    // RFC 8017 appendix A.1.1: a sequence of the modulus and the exponent.
    let mut numbers = contents(&mut pair.public_key().as_ref(), 0x30);
    let mut number = || {
        let bytes = contents(&mut numbers, 0x02);
        encode(bytes.strip_prefix(&[0]).unwrap_or(bytes))
    };
    let (n, e) = (number(), number());
    json!({ "kty": "RSA", "n": n, "e": e, "kid": kid, "use": "sig" })
}

/// What is in the next DER value, which must be of this type.
fn contents<'a>(der: &mut &'a [u8], kind: u8) -> &'a [u8] {
    let (head, rest) = der.split_at(2);
    assert_eq!(head[0], kind);
    let more = if head[1] < 0x80 { 0 } else { usize::from(head[1] & 0x7f) };
    let (long, rest) = rest.split_at(more);
    let length =
        if more == 0 { usize::from(head[1]) } else { long.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)) };
    let (inner, behind) = rest.split_at(length);
    *der = behind;
    inner
}

/// A gateway that asks for tokens of any of these keys.
fn start(upstream: &Upstream, folder: &Path, keys: &[Value]) -> Gateway {
    let path = folder.join("jwks.json");
    std::fs::write(&path, json!({ "keys": keys }).to_string()).expect("a file");
    let all = ECDSA.map(|(name, ..)| name).into_iter().chain(RSA.map(|(name, _)| name)).collect::<Vec<_>>();
    let auth = format!("{}\nalgorithms = {}", table(path.to_str().expect("text"), "supplex"), json!(all));
    Gateway::start(&Config::to(upstream).route("auth = \"users\"").and(&auth))
}

/// A token is good, and bad with a signature that differs in one bit.
fn is_checked(client: &mut Client, upstream: &Upstream, signed: &str, signature: &[u8]) {
    assert_eq!(client.request(get_with(&token(signed, signature))).status(), 200, "{signed}");
    assert_eq!(upstream.seen().message.all("x-user-id"), ["user-7"]);
    let mut other = signature.to_vec();
    other[signature.len() / 2] ^= 1;
    assert_problem(&client.request(get_with(&token(signed, &other))), 401, "auth.invalid");
}

#[test]
fn ecdsa_tokens_are_checked() {
    let (upstream, folder) = (Upstream::saying("ok"), tempfile::tempdir().expect("a folder"));
    let pairs = ECDSA.map(|(name, algorithm, curve)| (name, curve, ecdsa_pair(algorithm)));
    let keys: Vec<_> = pairs.iter().map(|(name, curve, pair)| ecdsa_jwk(pair, curve, name)).collect();
    let gateway = start(&upstream, folder.path(), &keys);
    let mut client = Client::connect(&gateway);
    for (name, _, pair) in &pairs {
        let signed = signed(name, name);
        is_checked(&mut client, &upstream, &signed, &ecdsa_signature(pair, &signed));
    }
    let signed = signed("ES256", "ES256");
    let stranger = ecdsa_signature(&ecdsa_pair(&ECDSA_P256_SHA256_FIXED_SIGNING), &signed);
    assert_problem(&client.request(get_with(&token(&signed, &stranger))), 401, "auth.invalid");
}

#[test]
fn an_ecdsa_signature_has_the_form_of_jose() {
    let (upstream, folder) = (Upstream::saying("ok"), tempfile::tempdir().expect("a folder"));
    let pair = ecdsa_pair(&ECDSA_P256_SHA256_ASN1_SIGNING);
    let gateway = start(&upstream, folder.path(), &[ecdsa_jwk(&pair, "P-256", "k")]);
    let signed = signed("ES256", "k");
    // RFC 7518 section 3.4: two numbers of 32 bytes, and not the DER that others write.
    let response = Client::connect(&gateway).request(get_with(&token(&signed, &ecdsa_signature(&pair, &signed))));
    assert_problem(&response, 401, "auth.invalid");
}

#[test]
fn rsa_tokens_are_checked() {
    let (upstream, folder) = (Upstream::saying("ok"), tempfile::tempdir().expect("a folder"));
    let pair = rsa_pair();
    let gateway = start(&upstream, folder.path(), &[rsa_jwk(&pair, "k")]);
    let mut client = Client::connect(&gateway);
    for (name, encoding) in RSA {
        let signed = signed(name, "k");
        is_checked(&mut client, &upstream, &signed, &rsa_signature(&pair, encoding, &signed));
    }
    for (name, encoding) in [("PS256", RSA[0].1), ("RS256", RSA[3].1), ("RS512", RSA[0].1)] {
        let signed = signed(name, "k");
        let response = client.request(get_with(&token(&signed, &rsa_signature(&pair, encoding, &signed))));
        assert_problem(&response, 401, "auth.invalid");
    }
    let signed = signed("RS256", "k");
    let stranger = rsa_signature(&rsa_pair(), &RSA_PKCS1_SHA256, &signed);
    assert_problem(&client.request(get_with(&token(&signed, &stranger))), 401, "auth.invalid");
}
