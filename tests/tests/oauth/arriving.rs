//! People who come through a provider for the first time, and again.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::Stack;

use crate::provider::{KEY, Provider, with_provider};
use crate::visitor::{FRONT_END, Visitor};

const PROVIDERS: [&str; 4] = ["google", "apple", "github", "facebook"];

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_has_an_account_and_a_session() {
    with_provider(async |stack, provider| {
        for (n, name) in PROVIDERS.into_iter().enumerate() {
            let (person, email) = (format!("ada{n}"), format!("ada{n}@example.com"));
            provider.person(&person, Some(&email.to_uppercase()), true).await;
            let mut visitor = Visitor::new();
            let answer = visitor.sign_in(stack, name, &person).await;
            answer.expect(303);
            assert_eq!(answer.header("location"), format!("{FRONT_END}/tokens?a=1"));
            assert!(!visitor.browser.cookies.contains_key("authjs.state"), "it has done its work");

            let session = visitor.browser.session(stack).await;
            assert_eq!(session["user"]["email"], email, "{name}");
            // Apple tells only the address.
            let told = (name != "apple")
                .then(|| (format!("{person} at the provider"), format!("https://example.com/{person}.png")));
            let (their_name, image) = told.unzip();
            assert_eq!(session["user"]["name"], json!(their_name));
            assert_eq!(session["user"]["image"], json!(image));
            let balance = visitor.browser.request(stack, "GET", "/api/tokens/balance");
            assert_eq!(visitor.browser.send(stack, balance).await.expect(200)["balance"], 10);
        }
        assert_eq!(stack.number("select count(*) from users where email_verified is not null").await, 4);
        assert_eq!(stack.number("select count(distinct user_id) from accounts").await, 4);
        assert_eq!(stack.number("select count(*) from oauth_attempts").await, 0);
        assert_eq!(stack.number("select count(*) from users where role = 'ADMIN'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_comes_again_is_the_same_person() {
    with_provider(async |stack, provider| {
        for name in PROVIDERS {
            let email = format!("{name}@example.com");
            provider.person(name, Some(&email), true).await;
            let mut visitor = Visitor::new();
            visitor.sign_in(stack, name, name).await.expect(303);
            let first = visitor.browser.session(stack).await;

            // Another address and another browser. What is told replaces what was, and what is not told stays.
            let before = match name {
                "apple" => format!("update users set email_verified = null where email = '{email}'"),
                _ => format!("update users set name = 'before', image = 'https://x.y/' where email = '{email}'"),
            };
            stack.sql(&before).await;
            provider.person(name, Some(&format!("new-{email}")), true).await;
            let mut visitor = Visitor::new();
            visitor.sign_in(stack, name, name).await.expect(303);
            let again = visitor.browser.session(stack).await;
            assert_eq!(again["user"], first["user"], "{name}: refreshed, and the address stays");
        }
        assert_eq!(stack.number("select count(*) from users").await, 4);
        assert_eq!(stack.number("select count(*) from accounts").await, 4);
        let unproved = "select count(*) from users where email_verified is null";
        assert_eq!(stack.number(unproved).await, 1, "another address proves nothing about the first");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apple_posts_from_its_own_page_and_tells_the_name_once() {
    with_provider(async |stack, provider| {
        let claims = json!({ "email": "ada@example.com", "email_verified": "true" });
        provider.ask(&json!({ "do": "account", "id": "ada", "claims": claims })).await;
        let mut visitor = Visitor::new();
        let pressed = visitor.press(stack, "apple", "ada", "/").await;
        let cookie = pressed.header("set-cookie");
        assert!(cookie.starts_with("authjs.state=") && cookie.ends_with("; SameSite=None; Secure"), "{cookie}");
        assert!(cookie.contains("; HttpOnly; ") && cookie.contains("; Max-Age=900; "), "{cookie}");
        let back = visitor.at_provider(pressed.json()["url"].as_str().unwrap()).await;
        assert!(back.form.is_some());
        let user = r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"mallory@example.com"}"#;
        visitor.come_back(stack, &back.saying("user", Some(user))).await.expect(303);
        let session = visitor.browser.session(stack).await;
        assert_eq!(session["user"]["name"], "Ada Lovelace");
        assert_eq!(session["user"]["email"], "ada@example.com", "what is signed counts");

        let mut visitor = Visitor::new();
        visitor.sign_in(stack, "apple", "ada").await.expect(303);
        assert_eq!(visitor.browser.session(stack).await["user"]["name"], "Ada Lovelace");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_an_address_keeps_one_account() {
    with_provider(async |stack, provider| {
        for name in ["github", "facebook", "google"] {
            provider.person(name, None, false).await;
            let mut ids = Vec::new();
            for _ in 0..2 {
                let mut visitor = Visitor::new();
                visitor.sign_in(stack, name, name).await.expect(303);
                let session = visitor.browser.session(stack).await;
                assert!(session["user"]["email"].is_null(), "{session}");
                ids.push(session["user"]["id"].clone());
            }
            assert_eq!(ids[0], ids[1]);
        }
        assert_eq!(stack.number("select count(*) from users").await, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_browsers_at_once_are_one_person() {
    with_provider(async |stack, provider| {
        stack.sign_up("first").await;
        for (person, email) in [("ada", Some("ada@example.com")), ("noone", None)] {
            provider.person(person, email, true).await;
            let mut arrivals = Vec::new();
            for _ in 0..3 {
                let mut visitor = Visitor::new();
                let back = visitor.leave(stack, "github", person).await;
                arrivals.push((visitor, back));
            }
            let stack = &*stack;
            let sessions = join_all(arrivals.into_iter().map(|(mut visitor, back)| async move {
                visitor.come_back(stack, &back).await.expect(303);
                visitor.browser.session(stack).await["user"]["id"].clone()
            }));
            let ids: Vec<Value> = sessions.await;
            assert!(ids[0].is_string() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        }
        assert_eq!(stack.number("select count(*) from users").await, 3);
        assert_eq!(stack.number("select count(*) from accounts").await, 2);
        assert_eq!(stack.number("select count(*) from sessions").await, 7);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_deleted_their_account_gets_a_new_one() {
    with_provider(async |stack, provider| {
        for (person, email) in [("ada", Some("ada@example.com")), ("noone", None)] {
            provider.person(person, email, true).await;
            let mut visitor = Visitor::new();
            visitor.sign_in(stack, "github", person).await.expect(303);
            let first = visitor.browser.session(stack).await["user"]["id"].clone();
            let gone =
                "update users set email = null, name = null, image = null, deleted_at = now() where deleted_at is null";
            stack.sql(&format!("{gone}; delete from accounts; delete from sessions")).await;
            assert!(!visitor.is_signed_in(stack).await);
            visitor.sign_in(stack, "github", person).await.expect(303);
            let second = visitor.browser.session(stack).await["user"]["id"].clone();
            assert!(second.is_string() && second != first);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_brought_a_newcomer_is_rewarded_at_once() {
    with_provider(async |stack, provider| {
        let ada = stack.sign_up("ada").await;
        stack.sql("update users set referral_code = 'ABCD2345', email_verified = now()").await;
        provider.person("grace", Some("grace@example.com"), true).await;
        let mut visitor = Visitor::new();
        visitor.browser.cookies.insert("ref_code".to_owned(), "ABCD2345".to_owned());
        visitor.sign_in(stack, "google", "grace").await.expect(303);
        assert!(!visitor.browser.cookies.contains_key("ref_code"), "it has done its work");
        assert_eq!(stack.number("select count(*) from referrals where status = 'COMPLETED'").await, 1);
        assert_eq!(stack.balance(&ada).await["balance"], 60);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_kept_sealed_in_their_place() {
    with_provider(async |stack, provider| {
        provider.person("ada", Some("ada@example.com"), true).await;
        Visitor::new().sign_in(stack, "google", "ada").await.expect(303);
        for column in ["access_token", "refresh_token", "id_token"] {
            let sealed = kept(stack, column).await;
            assert!(sealed.starts_with("v1."), "{column}: {sealed}");
            let token = opened(provider, &sealed, &format!("accounts:google:ada:{column}")).await;
            let parts = token.as_str().unwrap().split('.').count();
            assert_eq!(parts, if column == "id_token" { 3 } else { 1 }, "{column}: {token}");
            assert_eq!(opened(provider, &sealed, &format!("accounts:google:eve:{column}")).await, Value::Null);
        }
        // A second sign-in keeps what the provider does not give again, under the id of the first.
        let account = "select count(*) from accounts where updated_at > created_at and expires_at > now() and scope like '%email%'";
        Visitor::new().sign_in(stack, "google", "ada").await.expect(303);
        assert_eq!(stack.number(account).await, 1);
    })
    .await;
}

async fn kept(stack: &Stack, column: &str) -> String {
    let rows = stack.database.query_typed(&format!("select {column} from accounts"), &[]).await.unwrap();
    rows[0].get(0)
}

async fn opened(provider: &mut Provider, sealed: &str, place: &str) -> Value {
    provider.ask(&json!({ "do": "open", "key": KEY, "sealed": sealed, "place": place })).await["token"].clone()
}
