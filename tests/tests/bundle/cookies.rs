//! The session cookie: what browsers hold, what the front end's own Auth.js makes of it, and when it ends.

use serde_json::{Value, json};
use tests::{AUTH_SECRET, AuthCore, Browser, Given, PASSWORD, with_stack};

const NAME: &str = "authjs.session-token";
const DAY: i64 = 24 * 3600;

#[tokio::test(flavor = "multi_thread")]
async fn our_cookie_is_read_by_auth_js() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let mut browser = Browser::default();
        browser.sign_in(stack, &ada.email, PASSWORD).await.expect(200);
        let mut auth_js = AuthCore::start(&Given::get());
        let claims = auth_js.decode(&[AUTH_SECRET], NAME, &browser.cookies[NAME]).await.expect("Auth.js reads it");
        assert_eq!((&claims["sub"], &claims["email"]), (&json!(ada.id), &json!(ada.email)));
        assert_eq!((&claims["role"], claims["name"].as_str()), (&json!("ADMIN"), None));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 30 * DAY);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_of_auth_js_signs_in_whom_its_e_mail_names() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let grace = stack.sign_up("grace").await;
        let mut auth_js = AuthCore::start(&Given::get());
        let mut sealed = async |claims: Value| auth_js.encode(&[AUTH_SECRET], NAME, &claims, 3_600).await;

        // The id in it may be of another making, or somebody else's: the e-mail counts.
        let value = sealed(json!({ "sub": grace.id, "email": "Ada@example.com", "role": "SUPER_ADMIN" })).await;
        let mut browser = Browser::default();
        browser.cookies.insert(NAME.to_owned(), value.clone());
        let session = browser.session(stack).await;
        assert_eq!((&session["user"]["id"], &session["user"]["role"]), (&json!(ada.id), &json!("ADMIN")));
        let balance = browser.request(stack, "GET", "/api/tokens/balance");
        browser.send(stack, balance).await.expect(200);
        assert_eq!(
            stack.number("select count(*) from sessions where user_agent is null").await,
            3,
            "one row of its own"
        );

        // Signed out here, the cookie is worth nothing, however often it is sent.
        let form = [("csrfToken", browser.csrf_token(stack).await)];
        let sign_out = browser.request(stack, "POST", "/api/auth/signout").form(&form);
        browser.send(stack, sign_out).await.expect(303);
        browser.cookies.insert(NAME.to_owned(), value);
        for _ in 0..2 {
            let balance = browser.request(stack, "GET", "/api/tokens/balance");
            browser.send(stack, balance).await.expect_error(401, "unauthorized");
        }

        // Nobody is made by a cookie, and one from before a sign-out everywhere is not taken.
        let people = stack.number("select count(*) from users").await;
        let stranger = sealed(json!({ "sub": ada.id, "email": "nobody@example.com" })).await;
        stack.sql("update users set signed_out_at = now() where email = 'grace@example.com'").await;
        let late = sealed(json!({ "sub": grace.id, "email": grace.email })).await;
        for value in [stranger, late] {
            let mut browser = Browser::default();
            browser.cookies.insert(NAME.to_owned(), value);
            assert_eq!(browser.session(stack).await, Value::Null);
        }
        assert_eq!(stack.number("select count(*) from users").await, people);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_in_use_is_prolonged_once_a_day_and_its_cookie_tells_the_truth() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let mut browser = Browser::default();
        browser.sign_in(stack, &ada.email, PASSWORD).await.expect(200);
        let first = browser.cookies[NAME].clone();
        browser.session(stack).await;
        assert_eq!(browser.cookies[NAME], first, "nothing to say");

        stack.set_clock(DAY + 60);
        let session = browser.session(stack).await;
        let second = browser.cookies[NAME].clone();
        assert_ne!(second, first, "prolonged");
        browser.session(stack).await;
        assert_eq!(browser.cookies[NAME], second, "once");
        // Beyond the thirty days of the sign-in.
        stack.set_clock(30 * DAY + 3_600);
        assert_eq!(browser.session(stack).await["user"]["id"], session["user"]["id"]);

        let before = browser.cookies[NAME].clone();
        stack.sql("update users set role = 'USER', name = 'Ada'").await;
        assert_eq!(browser.session(stack).await["user"]["role"], "USER", "as it is now");
        assert_ne!(browser.cookies[NAME], before, "the front end reads the role in the cookie");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_cannot_use_the_cookie() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let mut browser = Browser::default();
        browser.sign_in(stack, &ada.email, PASSWORD).await.expect(200);
        let write = |headers: &[(&str, &str)]| {
            let request = browser.request(stack, "DELETE", "/api/settings/sessions/ses_unknown");
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
        };
        for (headers, status) in [
            (&[("origin", "http://localhost:3000")][..], 404),
            (&[("origin", "https://evil.example")], 403),
            (&[("origin", "http://localhost:3000.evil.example")], 403),
            (&[("origin", "null")], 403),
            (&[("sec-fetch-site", "cross-site")], 403),
            (&[("sec-fetch-site", "same-site")], 403),
            (&[("sec-fetch-site", "same-origin")], 404),
            (&[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], 404),
            (&[], 404),
        ] {
            let answer = stack.send(write(headers)).await;
            assert_eq!(answer.status, status, "{headers:?}: {}", answer.text);
        }
        // A bearer token is only sent on purpose.
        let request = stack.request("DELETE", "/api/settings/sessions/ses_unknown").bearer_auth(&ada.token);
        stack.send(request.header("origin", "https://evil.example")).await.expect_error(404, "not_found");
        // Reading is the browser's own matter: it shows the answer to no other site.
        let read = browser.request(stack, "GET", "/api/tokens/balance").header("origin", "https://evil.example");
        stack.send(read).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers() {
    with_stack(async |stack| {
        for path in ["/api/auth/csrf", "/api/tokens/balance", "/docs", "/api/auth/nothing"] {
            let answer = stack.get(path, None).await;
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "no-referrer"),
                ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ] {
                assert_eq!(answer.header(name), value, "{path}");
            }
            assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        }
    })
    .await;
}
