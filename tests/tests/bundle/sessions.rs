//! Cookies, bearer tokens and API keys; how they end.

use serde_json::json;
use tests::{Answer, Browser, PASSWORD, Stack, with_stack};

/// A browser after it tried to sign in, with the answer and all its cookies.
async fn browser_sign_in(stack: &Stack, email: &str, password: &str) -> (Answer, String) {
    let mut browser = Browser::default();
    let answer = browser.sign_in(stack, email, password).await;
    let cookies: Vec<_> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    (answer, cookies.join("; "))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_and_out() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let (answer, cookies) = browser_sign_in(stack, "ada@example.com", PASSWORD).await;
        assert_eq!(answer.expect(200)["url"], "http://localhost:3000/tokens");
        let set = answer.header("set-cookie");
        assert!(set.contains("; HttpOnly") && set.contains("; SameSite=Lax") && set.contains("; Path=/"), "{set}");
        assert!(set.contains("Max-Age=2592000") && !set.contains("Secure"), "{set}");

        let with_cookies = |method: &str, path: &str| stack.request(method, path).header("cookie", &cookies);
        let session = stack.send(with_cookies("GET", "/api/auth/session")).await.expect(200);
        assert_eq!(session["user"]["id"], ada.id.as_str());
        assert_eq!(session["user"]["role"], "ADMIN");
        stack.send(with_cookies("GET", "/api/tokens/balance")).await.expect(200);

        // A form of another site has the cookies and not the token.
        let forged = with_cookies("POST", "/api/auth/signout").form(&[("csrfToken", "guess")]);
        stack.send(forged).await.expect_error(403, "csrf_mismatch");
        stack.send(with_cookies("GET", "/api/tokens/balance")).await.expect(200);

        let csrf = stack.send(with_cookies("GET", "/api/auth/csrf")).await;
        assert!(csrf.cookies().is_empty(), "the browser keeps its token");
        let token = csrf.expect(200)["csrfToken"].as_str().unwrap().to_owned();
        let out = stack.send(with_cookies("POST", "/api/auth/signout").form(&[("csrfToken", token)])).await;
        out.expect(303);
        assert_eq!(out.header("location"), "http://localhost:3000/");
        assert!(out.header("set-cookie").starts_with("authjs.session-token=; Path=/; Max-Age=0"));

        // The very next request with the old cookie is nobody's.
        assert!(stack.send(with_cookies("GET", "/api/auth/session")).await.expect(200).is_null());
        stack.send(with_cookies("GET", "/api/tokens/balance")).await.expect_error(401, "unauthorized");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_with_a_wrong_password_stays_out() {
    with_stack(async |stack| {
        stack.sign_up("ada").await;
        let (answer, cookies) = browser_sign_in(stack, "ada@example.com", "wrong password").await;
        let body = answer.expect(401);
        assert!(body["url"].as_str().unwrap().contains("/auth/signin?error=CredentialsSignin"), "{body}");
        assert_eq!(body["code"], "invalid_credentials");
        assert!(!cookies.contains("session-token"));

        let without_token = [("email", "ada@example.com"), ("password", PASSWORD)];
        let request = stack.request("POST", "/api/auth/callback/credentials").form(&without_token);
        stack.send(request).await.expect_error(403, "csrf_mismatch");
        let made_up = format!("authjs.csrf-token=abc%7C{}", "0".repeat(64));
        let form = [("csrfToken", "abc"), ("email", "ada@example.com"), ("password", PASSWORD)];
        let request = stack.request("POST", "/api/auth/callback/credentials").header("cookie", made_up).form(&form);
        stack.send(request).await.expect_error(403, "csrf_mismatch");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_signs_out_of_its_own_session_only() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let body = json!({ "email": ada.email, "password": PASSWORD });
        let session = stack.post("/api/auth/mobile/signin", &body).await.expect(200);
        let second = session["token"].as_str().unwrap();
        stack.send(stack.request("POST", "/api/auth/signout").bearer_auth(&ada.token)).await.expect(200);
        stack.get("/api/tokens/balance", Some(&ada.token)).await.expect_error(401, "unauthorized");
        stack.get("/api/tokens/balance", Some(second)).await.expect(200);
        // Again: nothing to end, nothing wrong.
        stack.send(stack.request("POST", "/api/auth/signout").bearer_auth(&ada.token)).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_thirty_days_and_with_its_account() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.set_clock(30 * 24 * 3600 - 60);
        stack.balance(&ada).await;
        stack.set_clock(30 * 24 * 3600 + 1);
        stack.get("/api/tokens/balance", Some(&ada.token)).await.expect_error(401, "unauthorized");
        stack.set_clock(0);
        stack.balance(&ada).await;

        stack.sql("delete from token_transactions; delete from user_token_balances; delete from users").await;
        stack.get("/api/tokens/balance", Some(&ada.token)).await.expect_error(401, "unauthorized");
        assert_eq!(stack.number("select count(*) from users").await, 0, "nobody comes back");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_reads_its_owners_balance_until_it_is_revoked() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let key = stack.give_key(&ada).await;
        assert_eq!(stack.get("/api/tokens/balance", Some(key)).await.expect(200)["balance"], 10);
        let by_header = stack.request("GET", "/api/tokens/history").header("x-api-key", key);
        assert_eq!(stack.send(by_header).await.expect(200)["total"], 1);
        // A session says who a person is; a key does not.
        assert!(stack.get("/api/auth/session", Some(key)).await.expect(200).is_null());

        stack.sql("update api_keys set is_active = false").await;
        stack.get("/api/tokens/balance", Some(key)).await.expect_error(401, "api_key_revoked");
        stack.get("/api/tokens/balance", Some("sk_test_unknown")).await.expect_error(401, "invalid_api_key");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_credential_is_refused() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.get("/api/tokens/balance", None).await.expect_error(401, "unauthorized");
        let long = "x".repeat(4_000);
        for header in [
            "Bearer",
            "Bearer ",
            "Basic YTpi",
            "Bearer x y",
            &format!("Bearer {long}"),
            &format!("Token {}", ada.token),
        ] {
            let request = stack.request("GET", "/api/tokens/balance").header("authorization", header);
            stack.send(request).await.expect_error(401, "unauthorized");
        }
        // An empty header means none: the cookie counts.
        let (_, cookies) = browser_sign_in(stack, &ada.email, PASSWORD).await;
        let request = stack.request("GET", "/api/tokens/balance").header("authorization", "");
        stack.send(request.header("cookie", cookies)).await.expect(200);
        // A cookie that nobody sealed.
        let bare = format!("authjs.session-token={}", ada.token);
        let request = stack.request("GET", "/api/tokens/balance").header("cookie", bare);
        stack.send(request).await.expect_error(401, "unauthorized");
    })
    .await;
}
