//! The session cookie: Auth.js opens ours, we open those of Auth.js, and both refuse the same.

use serde_json::{Value, json};
use shared::caller::{SECURE_SESSION_COOKIE, SESSION_COOKIE};
use shared::session_cookie::{Claims, CookieKeys, chunks, from_cookies};
use shared::{Clock, Secret};
use tests::{AuthCore, Given};

const NAMES: [&str; 2] = [SESSION_COOKIE, SECURE_SESSION_COOKIE];
const OLD: &str = "an-old-secret-0123456789-0123456789";
const NEW: &str = "a-new-secret-with-an-é-0123456789-0123456789";
const DAY: i64 = 24 * 60 * 60;

fn keys(secrets: &[&str]) -> CookieKeys {
    CookieKeys::new(secrets.iter().map(|secret| Secret::new(*secret)).collect())
}

fn open(secrets: &[&str], name: &str, value: &str) -> Option<Claims> {
    keys(secrets).open(name, value, Clock::default().now())
}

fn claims() -> Claims {
    let now = Clock::default().now().as_second();
    Claims {
        sub: Some("user_0123".into()),
        name: Some("Ada “Countess” Lovelace 👩‍💻\u{2028}".into()),
        email: Some("ada@example.com".into()),
        picture: None,
        role: Some("ADMIN".into()),
        sid: Some("a-session-token".into()),
        iat: now,
        exp: now + DAY,
        jti: Some("one-of-a-kind".into()),
    }
}

/// What a request with these cookies carries as the cookie `name`.
fn received(name: &str, cookies: &[(String, String)]) -> Option<String> {
    let request = cookies
        .iter()
        .fold(http::Request::builder(), |request, (name, value)| request.header("cookie", format!("{name}={value}")));
    from_cookies(&request.body(()).unwrap().into_parts().0, name)
}

#[tokio::test]
async fn ours_is_opened_by_auth_js() {
    let mut auth = AuthCore::start(&Given::get());
    let claims = claims();
    for name in NAMES {
        let value = keys(&[NEW, OLD]).seal(name, &claims);
        assert_eq!(auth.decode(&[NEW], name, &value).await, Ok(json!(claims)), "{name}");
        assert_eq!(auth.read(&[NEW], name, &[(name.to_owned(), value)]).await, json!(claims), "{name}");
    }
}

#[tokio::test]
async fn that_of_auth_js_is_opened_by_us() {
    let mut auth = AuthCore::start(&Given::get());
    let Claims { sub, name, email, role, .. } = claims();
    for cookie in NAMES {
        // Auth.js says null for what it does not know, and an application adds claims of its own.
        let token = json!({ "sub": sub, "name": name, "email": email, "picture": null, "role": role, "more": [1, {}] });
        let value = auth.encode(&[NEW], cookie, &token, DAY).await;
        let opened = open(&[NEW], cookie, &value).unwrap();
        let mut expected = auth.decode(&[NEW], cookie, &value).await.unwrap();
        assert!(opened.jti.is_some());
        for other in ["picture", "more"] {
            expected.as_object_mut().unwrap().remove(other);
        }
        assert_eq!(json!(opened), expected);
    }
}

#[tokio::test]
async fn an_old_secret_opens_and_no_longer_seals() {
    let mut auth = AuthCore::start(&Given::get());
    for name in NAMES {
        let theirs = auth.encode(&[OLD], name, &json!({ "sub": "user_1" }), DAY).await;
        let ours = keys(&[OLD]).seal(name, &claims());
        for value in [&theirs, &ours] {
            assert!(open(&[NEW, OLD], name, value).is_some());
            assert!(auth.decode(&[NEW, OLD], name, value).await.is_ok());
        }
        let (ours, theirs) =
            (keys(&[NEW, OLD]).seal(name, &claims()), auth.encode(&[NEW, OLD], name, &json!({}), DAY).await);
        for value in [&ours, &theirs] {
            assert_eq!(open(&[OLD], name, value), None);
            assert!(auth.decode(&[OLD], name, value).await.is_err());
        }
    }
}

#[tokio::test]
async fn a_large_one_is_cut_in_the_same_places() {
    let mut auth = AuthCore::start(&Given::get());
    let large = Claims { picture: Some("p".repeat(6_000)), ..claims() };
    for name in NAMES {
        let ours = keys(&[NEW]).seal(name, &large);
        let mut cookies = chunks(name, &ours);
        assert_eq!(cookies.len(), 3);
        assert_eq!(auth.chunks(name, &ours).await, cookies);
        cookies.reverse();
        assert_eq!(auth.read(&[NEW], name, &cookies).await, json!(large));

        let theirs = auth.encode(&[NEW], name, &json!({ "picture": large.picture }), DAY).await;
        let mut cookies = auth.chunks(name, &theirs).await;
        assert_eq!(chunks(name, &theirs), cookies);
        cookies.reverse();
        let received = received(name, &cookies).unwrap();
        assert_eq!(received, theirs);
        assert_eq!(open(&[NEW], name, &received).unwrap().picture, large.picture);
    }
    for length in [0, 1, 3_936, 3_937, 7_872, 7_873, 12_000] {
        let value = "v".repeat(length);
        assert_eq!(auth.chunks("name", &value).await, chunks("name", &value), "{length} characters");
    }
}

#[tokio::test]
async fn both_refuse_what_is_forged() {
    let mut auth = AuthCore::start(&Given::get());
    let [name, other] = NAMES;
    let values =
        [keys(&[NEW]).seal(name, &claims()), auth.encode(&[NEW], name, &json!({ "sub": "user_1" }), DAY).await];
    for value in values {
        assert!(open(&[NEW], name, &value).is_some());
        let mut forged = vec![(other, value.clone(), "for another name".to_owned())];
        let parts: Vec<_> = value.split('.').collect();
        assert_eq!(parts.len(), 5);
        for (index, part) in parts.iter().enumerate() {
            // The last letter is left alone: some of its bits mean nothing, and Auth.js does not mind them.
            for place in [0, part.len() / 2] {
                let letter = if part.as_bytes().get(place) == Some(&b'A') { "B" } else { "A" };
                let changed = format!("{}{letter}{}", &part[..place], part.get(place + 1..).unwrap_or_default());
                forged.push((name, with(&parts, index, &changed), format!("letter {place} of part {index}")));
            }
            let half = &part[..part.len() / 2];
            let shorter = if part.is_empty() { "AAAA" } else { half };
            forged.push((name, with(&parts, index, shorter), format!("part {index} cut")));
        }
        for (name, value, what) in forged {
            assert_eq!(open(&[NEW, OLD], name, &value), None, "{what}");
            assert!(auth.decode(&[NEW, OLD], name, &value).await.is_err(), "{what}");
        }
    }
}

fn with(parts: &[&str], index: usize, changed: &str) -> String {
    let mut parts = parts.to_vec();
    parts[index] = changed;
    parts.join(".")
}

#[tokio::test]
async fn both_refuse_what_has_ended() {
    let mut auth = AuthCore::start(&Given::get());
    for (seconds, opens) in [(DAY, true), (-DAY, false)] {
        let now = Clock::default().now().as_second();
        let theirs = auth.encode(&[NEW], SESSION_COOKIE, &json!({}), seconds).await;
        let ours = keys(&[NEW]).seal(SESSION_COOKIE, &Claims { exp: now + seconds, ..claims() });
        for value in [theirs, ours] {
            assert_eq!(open(&[NEW], SESSION_COOKIE, &value).is_some(), opens, "{seconds}");
            let decoded: Result<Value, String> = auth.decode(&[NEW], SESSION_COOKIE, &value).await;
            assert_eq!(decoded.is_ok(), opens, "{seconds}: {decoded:?}");
        }
    }
}
