//! The front end's own client, `next-auth/react`, unchanged, against the bundle.

use serde_json::{Value, json};
use tests::PASSWORD;

use crate::front_end::{text, with_front_end};

const COOKIE: &str = "authjs.session-token";
const DAY: i64 = 24 * 3_600;
/// Where a page might be told to lead people who sign in or out, and where that is inside the front end.
const WANTED: [(&str, &str); 9] = [
    ("/tokens?a=1&b=%C3%A9", "/tokens?a=1&b=%C3%A9"),
    ("https://evil.example/x", "/"),
    ("//evil.example/x", "/"),
    ("/\\evil.example", "/"),
    ("\\\\evil.example", "/"),
    ("\t//evil.example", "/"),
    ("javascript:alert(1)", "/"),
    ("http://localhost:1/", "/"),
    ("http://localhost@evil.example/", "/"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_out() {
    with_front_end(async |stack, front_end| {
        let ada = stack.sign_up("ada").await;
        stack.sql("update users set name = 'Ada Lovelace', image = 'https://example.com/ada.png'").await;
        let mut browser = front_end.browser();
        let token = browser.value("getCsrfToken", &[]).await;
        assert!(text(&token).len() == 64 && text(&token).bytes().all(|b| b.is_ascii_hexdigit()), "{token}");
        assert_eq!(browser.value("getCsrfToken", &[]).await, token, "the browser keeps it");
        let providers = browser.value("getProviders", &[]).await;
        let expected = json!({
            "id": "credentials", "name": "Credentials", "type": "credentials",
            "signinUrl": front_end.at("/api/auth/signin/credentials"),
            "callbackUrl": front_end.at("/api/auth/callback/credentials"),
        });
        assert_eq!(providers["credentials"], expected);
        assert_eq!(browser.session().await, Value::Null);

        let refused = browser.sign_in(&ada.email, "wrong password").await;
        let expected =
            json!({ "error": "CredentialsSignin", "code": "credentials", "status": 401, "ok": false, "url": null });
        assert_eq!(refused, expected);
        assert!(!browser.cookies().await.contains_key(COOKIE));

        // Without a wish of its own the client asks to come back to the page that it is on.
        browser.ask(&json!({ "do": "open", "url": "/tokens?from=here" })).await;
        let signed_in = browser.sign_in(" Ada@Example.com ", PASSWORD).await;
        assert_eq!(signed_in, json!({ "status": 200, "ok": true, "url": front_end.at("/tokens?from=here") }));
        let session = browser.session().await;
        let expected = json!({
            "id": ada.id, "email": ada.email, "role": "ADMIN",
            "name": "Ada Lovelace", "image": "https://example.com/ada.png",
        });
        assert_eq!(session["user"], expected);
        assert!(text(&session["expires"]).parse::<jiff::Timestamp>().is_ok(), "{session}");
        let kept = browser.cookies().await;
        let cookie = &kept[COOKIE];
        assert!(cookie.get("httponly").is_some() && cookie.get("secure").is_none(), "{cookie}");
        assert_eq!((text(&cookie["samesite"]), text(&cookie["path"])), ("Lax", "/"));
        assert_eq!(text(&cookie["max-age"]), (30 * DAY).to_string());
        assert_eq!(front_end.session_of(&kept).await, session, "the front end's server sees the same");

        let mut phone = front_end.browser();
        phone.sign_in(&ada.email, PASSWORD).await;
        let signed_out = browser.value("signOut", &[json!({ "redirect": false })]).await;
        assert_eq!(signed_out, json!({ "url": front_end.at("/tokens?from=here") }));
        assert_eq!(browser.session().await, Value::Null);
        assert!(!browser.cookies().await.contains_key(COOKIE));
        // A copy of the cookie is worth nothing.
        browser.ask(&json!({ "do": "take", "cookies": kept })).await;
        assert_eq!(browser.session().await, Value::Null);
        assert_eq!(front_end.session_of(&kept).await, Value::Null);
        assert_eq!(phone.session().await["user"]["id"], ada.id.as_str(), "the other browser's session goes on");
        // Again: there is nothing to end, and that is no error.
        browser.value("signOut", &[json!({ "redirect": false })]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_in_use_outlives_its_month_and_ends_everywhere_at_once() {
    with_front_end(async |stack, front_end| {
        let ada = stack.sign_up("ada").await;
        let mut browser = front_end.browser();
        browser.sign_in(&ada.email, PASSWORD).await;
        let first = browser.session().await;
        let cookie = browser.cookies().await[COOKIE].clone();
        stack.set_clock(25 * 3_600);
        let second = browser.session().await;
        let prolonged = browser.cookies().await[COOKIE].clone();
        assert_ne!(prolonged["value"], cookie["value"]);
        assert_eq!(text(&prolonged["max-age"]), (30 * DAY).to_string());
        assert_eq!(second["user"], first["user"]);
        assert!(text(&second["expires"]) > text(&first["expires"]), "{first} {second}");
        stack.set_clock(30 * DAY + 3_600);
        assert_eq!(browser.session().await["user"], first["user"], "past the end that it had at first");

        let mut other = front_end.browser();
        other.sign_in(&ada.email, PASSWORD).await;
        stack.sql("update sessions set revoked_at = now()").await;
        for browser in [&mut browser, &mut other] {
            assert_eq!(browser.session().await, Value::Null);
            assert!(!browser.cookies().await.contains_key(COOKIE), "of no more use");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_out_of_the_front_end() {
    with_front_end(async |stack, front_end| {
        let ada = stack.sign_up("ada").await;
        let mut browser = front_end.browser();
        browser.ask(&json!({ "do": "open", "url": "/somewhere" })).await;
        let alike = ["@evil.example/", ".evil.example/", "0/"].map(|more| (front_end.at(more), "/"));
        let wanted = WANTED.map(|(wanted, inside)| (wanted.to_owned(), inside)).into_iter().chain(alike);
        for (wanted, path) in wanted {
            let inside = front_end.at(path);
            let staying = json!({ "email": ada.email, "password": PASSWORD, "callbackUrl": wanted, "redirect": false });
            let leaving = json!({ "email": ada.email, "password": PASSWORD, "redirectTo": wanted });
            for (name, provider) in [("signIn", Some(json!("credentials"))), ("signOut", None)] {
                let given = |options: &Value| provider.iter().chain([options]).cloned().collect::<Vec<_>>();
                assert_eq!(browser.value(name, &given(&staying)).await["url"], inside.as_str(), "{name} {wanted}");
                let sent = browser.call(name, &given(&leaving)).await;
                assert_eq!(sent["went"], json!([inside]), "{name} {wanted}: {sent}");
            }
        }
        // The client asks for another reload when only the part after the # may differ.
        let options = json!({ "email": ada.email, "password": PASSWORD, "redirectTo": "/tokens#top" });
        let sent = browser.call("signIn", &[json!("credentials"), options]).await;
        assert_eq!(sent["went"], json!([front_end.at("/tokens#top"), "reload"]));

        let wrong = json!({ "email": ada.email, "password": "wrong password", "redirectTo": "https://evil.example" });
        let sent = browser.call("signIn", &[json!("credentials"), wrong]).await;
        assert_eq!(sent["went"], json!([front_end.at("/auth/signin?error=CredentialsSignin&code=credentials")]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_understands_every_refusal() {
    with_front_end(async |stack, front_end| {
        let ada = stack.sign_up("ada").await;
        let mut browser = front_end.browser();
        let long = "p".repeat(1_025);
        for (email, password) in [("ada", PASSWORD), ("", PASSWORD), (&ada.email, ""), (&ada.email, &long)] {
            let refused = browser.sign_in(email, password).await;
            let said = (&refused["error"], &refused["code"], &refused["status"]);
            assert_eq!(said, (&json!("CredentialsSignin"), &json!("credentials"), &json!(400)), "{email}");
        }

        // The longest password there is and a page with a long address.
        browser.ask(&json!({ "do": "open", "url": format!("/search?q={}", "q".repeat(2_500)) })).await;
        assert_eq!(browser.sign_in(&ada.email, &"ß".repeat(500)).await["status"], 401);
        assert_eq!(browser.sign_in(&ada.email, PASSWORD).await["ok"], true);
        let broken = "alter table sessions rename to sessions_away";
        stack.sql(broken).await;
        let kept = browser.call("signOut", &[json!({})]).await;
        let refused = browser.sign_in(&ada.email, PASSWORD).await;
        stack.sql("alter table sessions_away rename to sessions").await;
        assert_eq!(kept["went"], json!([front_end.at("/auth/error?error=Configuration")]), "{kept}");
        assert_eq!((&refused["error"], &refused["status"]), (&json!("Configuration"), &json!(503)));
        assert!(browser.session().await.is_object(), "it was not ended");
        browser.value("signOut", &[json!({ "redirect": false })]).await;
        assert_eq!(browser.session().await, Value::Null);

        // Without cookies no form can be told from another site's.
        browser.ask(&json!({ "do": "block" })).await;
        let refused = browser.sign_in(&ada.email, PASSWORD).await;
        assert_eq!((&refused["error"], &refused["status"]), (&json!("MissingCSRF"), &json!(403)));
        let sent = browser.call("signOut", &[json!({})]).await;
        assert_eq!(sent["went"], json!([front_end.at("/auth/signin?error=MissingCSRF")]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_shows_who_is_signed_in() {
    with_front_end(async |stack, front_end| {
        let ada = stack.sign_up("ada").await;
        let mut browser = front_end.browser();
        browser.ask(&json!({ "do": "render" })).await;
        assert_eq!(browser.until("unauthenticated").await, Value::Null);
        browser.sign_in(&ada.email, PASSWORD).await;
        assert_eq!(browser.until("authenticated").await["user"]["id"], ada.id.as_str());

        stack.sql("update users set name = 'Countess', role = 'USER'").await;
        let updated = browser.ask(&json!({ "do": "update" })).await;
        assert_eq!(
            (&updated["value"]["user"]["name"], &updated["value"]["user"]["role"]),
            (&json!("Countess"), &json!("USER"))
        );

        // Another tab of the same browser signs out, and in again.
        let in_other_tab =
            |name: &str, arguments: Value| json!({ "do": "call", "tab": 1, "name": name, "arguments": arguments });
        browser.ask(&in_other_tab("signOut", json!([{ "redirect": false }]))).await;
        browser.until("unauthenticated").await;
        let options = json!({ "email": ada.email, "password": PASSWORD, "redirect": false });
        browser.ask(&in_other_tab("signIn", json!(["credentials", options]))).await;
        browser.ask(&in_other_tab("getSession", json!([]))).await;
        browser.until("authenticated").await;

        // Signed out everywhere: the page notices when the person looks at it again.
        stack.sql("update sessions set revoked_at = now()").await;
        browser.ask(&json!({ "do": "look" })).await;
        browser.until("unauthenticated").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_to_sign_in_is_led_to_the_page_for_it() {
    with_front_end(async |_, front_end| {
        let mut browser = front_end.browser();
        browser.ask(&json!({ "do": "open", "url": "/tokens?a=1" })).await;
        browser.ask(&json!({ "do": "render", "options": { "required": true } })).await;
        let back = "callbackUrl=http%3A%2F%2Flocalhost%3A";
        for sent in [
            browser.ask(&json!({ "do": "sent" })).await,
            browser.call("signIn", &[]).await,
            browser.call("signIn", &[json!("myspace")]).await,
        ] {
            let url = text(&sent["went"][0]);
            assert!(url.starts_with(&front_end.at("/api/auth/signin?")) && url.contains(back), "{sent}");
            let landed = browser.ask(&json!({ "do": "visit", "url": url })).await;
            assert_eq!(landed["status"], 200);
            let page = text(&landed["url"]);
            assert!(page.starts_with(&front_end.at("/auth/signin?")), "{page}");
            assert!(page.contains(back) && page.contains("%2Ftokens%3Fa%3D1"), "{page}");
            assert_eq!(page.contains("error=SessionRequired"), url.contains("error=SessionRequired"), "{page}");
        }
    })
    .await;
}
