use serde_json::json;

use super::*;

const NAME: &str = "authjs.session-token";
/// Made by @auth/core 0.41.0: `encode({ token: { sub: 'user_1', name: 'Ada', role: 'USER' }, secret: 's'.repeat(32) … })`.
const BY_AUTH_JS: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwia2lkIjoiN3ozUkpJMVZwX0tuVWJza19m\
    YUhsajY2QjFPSUx4QVN5Q1J0OF85aFNkMzJXc3ZMY1B6MnNpVjk4WU1FM0NpMXEtdUllMU9MS0FUVFlXWURoWW5HN1EifQ..EpPZ51VEwfb5Wb\
    wDghxgnA.wBs0sCRuOhcNg632z5BVfxIS5wexeFAgTGmhDIYvulqdA6yLbYVBwoT3VGogRxIqdkYSkBGPt9SfuLf8mj8aDAvn8Mlm06AjX_lZc\
    BwbGuIBnFUiBhU5adM4oUJXMQ345MPnTKL0qyCmzbSYm92T3diJT_ykV2_TWRgzdX3bhwk.FQWF2_D7TDt39DpQ1qtwMQcfnH-KZLvmL95qHXX\
    ZBNY";

fn keys(letters: &str) -> CookieKeys {
    CookieKeys::new(letters.chars().map(|letter| Secret::new(letter.to_string().repeat(32))).collect())
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn claims() -> Claims {
    Claims { sub: Some("user_1".into()), sid: Some("token".into()), iat: 1_000, exp: 2_000, ..Claims::default() }
}

/// A cookie with any header and payload, under the first key.
fn sealed(keys: &CookieKeys, header: &Value, payload: &[u8]) -> String {
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let iv = [7; encryption::IV_BYTES];
    let (ciphertext, tag) = keys.key(NAME, 0).unwrap().key.seal(header.as_bytes(), &iv, payload);
    let [iv, ciphertext, tag] = [&iv[..], &ciphertext, &tag].map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{header}..{iv}.{ciphertext}.{tag}")
}

#[test]
fn a_cookie_of_auth_js_opens() {
    let expected = Claims {
        sub: Some("user_1".into()),
        name: Some("Ada".into()),
        role: Some("USER".into()),
        iat: 1_795_378_970,
        exp: 4_948_978_970,
        jti: Some("3d98f731-9c9f-4ff3-99cc-91d7e1de6b9e".into()),
        ..Claims::default()
    };
    let now = at(1_795_378_971);
    assert_eq!(keys("s").open(NAME, BY_AUTH_JS, now), Some(expected.clone()));
    assert_eq!(keys("xs").open(NAME, BY_AUTH_JS, now), Some(expected));
    assert_eq!(keys("x").open(NAME, BY_AUTH_JS, now), None);
    assert_eq!(keys("s").open("__Secure-authjs.session-token", BY_AUTH_JS, now), None);
}

#[test]
fn the_first_secret_seals_and_any_opens() {
    let value = keys("a").seal(NAME, &claims());
    assert_eq!(keys("ba").open(NAME, &value, at(1_500)), Some(claims()));
    assert_eq!(keys("b").open(NAME, &value, at(1_500)), None);
    assert_eq!(keys("a").open(NAME, &keys("ba").seal(NAME, &claims()), at(1_500)), None);
    assert_ne!(value, keys("a").seal(NAME, &claims()), "the same again is sealed in another way");
}

#[test]
fn keys_are_made_at_first_use_and_once() {
    let keys = keys("ab");
    let count = || keys.made.lock().unwrap().len();
    assert_eq!(count(), 0);
    let value = keys.seal(NAME, &claims());
    assert_eq!((keys.open(NAME, &value, at(1_500)).is_some(), count()), (true, 1));
    keys.clone().seal("other", &claims());
    keys.seal("other", &claims());
    assert_eq!(count(), 2);
}

#[test]
fn without_a_secret_nothing_is_sealed_or_opened() {
    for none in [CookieKeys::new(Vec::new()), CookieKeys::new(vec![Secret::new("")])] {
        assert_eq!(none.seal(NAME, &claims()), "");
        assert_eq!(none.open(NAME, BY_AUTH_JS, at(1_795_378_971)), None);
    }
}

#[test]
fn a_cookie_ends_with_its_time_and_the_tolerance() {
    let keys = keys("a");
    let value = keys.seal(NAME, &claims());
    for (second, open) in [(0, true), (2_000, true), (2_014, true), (2_015, false)] {
        assert_eq!(keys.open(NAME, &value, at(second)).is_some(), open, "at {second}");
    }
    for exp in [i64::MIN, i64::MAX] {
        let value = keys.seal(NAME, &Claims { exp, ..claims() });
        assert_eq!(keys.open(NAME, &value, at(0)).is_some(), exp > 0);
    }
}

#[test]
fn a_header_asks_for_what_auth_js_does_or_is_refused() {
    let keys = keys("ab");
    let id = keys.key(NAME, 0).unwrap().id.clone();
    let payload = serde_json::to_vec(&claims()).unwrap();
    for (header, open) in [
        (json!({ "alg": "dir", "enc": ENCRYPTION, "kid": id }), true),
        (json!({ "alg": "dir", "enc": ENCRYPTION }), true),
        (json!({ "alg": "dir", "enc": ENCRYPTION, "kid": keys.key(NAME, 1).unwrap().id }), false),
        (json!({ "alg": "dir", "enc": ENCRYPTION, "kid": null }), false),
        (json!({ "alg": "dir", "enc": ENCRYPTION, "kid": [id] }), false),
        (json!({ "alg": "dir", "enc": ENCRYPTION, "zip": "DEF" }), false),
        (json!({ "alg": "dir", "enc": ENCRYPTION, "zip": null }), false),
        (json!({ "alg": "dir", "enc": ENCRYPTION, "crit": ["exp"], "exp": 1 }), false),
        (json!({ "alg": "none", "enc": ENCRYPTION }), false),
        (json!({ "alg": "DIR", "enc": ENCRYPTION }), false),
        (json!({ "alg": "A256KW", "enc": ENCRYPTION }), false),
        (json!({ "alg": "dir", "enc": "A256GCM" }), false),
        (json!({ "alg": "dir", "enc": "A128CBC-HS256" }), false),
        (json!({ "alg": "dir" }), false),
        (json!({ "enc": ENCRYPTION }), false),
        (json!(["dir", ENCRYPTION]), false),
        (json!("dir"), false),
    ] {
        assert_eq!(keys.open(NAME, &sealed(&keys, &header, &payload), at(1_500)).is_some(), open, "{header}");
    }
}

#[test]
fn what_is_inside_must_be_claims() {
    let keys = keys("a");
    let header = json!({ "alg": "dir", "enc": ENCRYPTION });
    for (payload, open) in [
        (r#"{"iat":1,"exp":2000}"#, true),
        (r#"{"iat":1,"exp":2000,"sub":null,"other":[1],"nbf":1515}"#, true),
        (r#"{"iat":1,"exp":2000,"nbf":1516}"#, false),
        (r#"{"iat":1,"exp":2000,"nbf":"1"}"#, false),
        (r#"{"iat":1,"exp":2000,"sub":1}"#, false),
        (r#"{"iat":1,"exp":2000,"role":["ADMIN"]}"#, false),
        (r#"{"iat":1,"exp":"2000"}"#, false),
        (r#"{"iat":1,"exp":1e99}"#, false),
        (r#"{"iat":1}"#, false),
        (r#"{"exp":2000}"#, false),
        ("[null,null,null,null,null,null,1,2000,null]", false),
        ("null", false),
        ("", false),
        ("{", false),
        ("\u{0}", false),
    ] {
        let value = sealed(&keys, &header, payload.as_bytes());
        assert_eq!(keys.open(NAME, &value, at(1_500)).is_some(), open, "{payload}");
    }
    assert_eq!(keys.open(NAME, &sealed(&keys, &header, b"\xff\xfe"), at(1_500)), None);
}

#[test]
fn nothing_malformed_opens_or_panics() {
    let keys = keys("a");
    let value = keys.seal(NAME, &claims());
    let opens = |value: &str| keys.open(NAME, value, at(1_500)).is_some();
    assert!(opens(&value));
    for length in 0..value.len() {
        assert!(!opens(&value[..length]), "cut to {length}");
        assert!(!opens(&value[value.len() - length..]), "the last {length}");
        // Neither another letter, nor one that base64url does not have, nor a character of two bytes.
        let rest = &value[length + 1..];
        let other = if &value[length..=length] == "A" { "B" } else { "A" };
        for letter in [other, "=", "+", " ", ".", "é"] {
            let changed = format!("{}{letter}{rest}", &value[..length]);
            assert!(changed == value || !opens(&changed), "{letter} at {length}");
        }
    }
    let parts: Vec<_> = value.split('.').collect();
    for part in 0..parts.len() {
        for replacement in ["", "A", "AA", "AAAA", "====", "é", "."] {
            let mut changed = parts.clone();
            changed[part] = replacement;
            assert!(changed == parts || !opens(&changed.join(".")), "{replacement} as part {part}");
        }
    }
    for other in ["....", ".....", "", ".", &format!("{value}."), &format!("{value}.AA"), &format!("{value}=")] {
        assert!(!opens(other), "{other}");
    }
    assert!(!opens(&"A".repeat(1_000_000)));
    let large = keys.seal(NAME, &Claims { picture: Some("x".repeat(12_500)), ..claims() });
    assert!(large.len() > limits::SESSION_COOKIE_BYTES && !opens(&large));
}
