//! Addresses that have an account already.

use serde_json::json;
use tests::{Browser, PASSWORD};

use crate::provider::with_provider;
use crate::visitor::{Visitor, expect_refused};

#[tokio::test(flavor = "multi_thread")]
async fn a_proved_address_gains_a_way_to_sign_in() {
    with_provider(async |stack, provider| {
        let ada = stack.sign_up("ada").await;
        stack.sql("update users set email_verified = '2020-01-01'").await;
        let key = stack.give_key(&ada).await;
        for name in ["google", "apple", "github", "facebook"] {
            provider.person(name, Some("ada@example.com"), true).await;
            let mut visitor = Visitor::new();
            visitor.sign_in(stack, name, name).await.expect(303);
            assert_eq!(visitor.browser.session(stack).await["user"]["id"], ada.id.as_str());
        }
        // All that was there before still works.
        stack.balance(&ada).await;
        stack.get("/api/tokens/balance", Some(key)).await.expect(200);
        Browser::default().sign_in(stack, &ada.email, PASSWORD).await.expect(200);
        assert_eq!(stack.number("select count(*) from accounts").await, 4);
        assert_eq!(stack.number("select count(*) from users where email_verified = '2020-01-01'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_a_stranger_prepared_goes_to_the_owner_of_its_address() {
    with_provider(async |stack, provider| {
        // Somebody who never proved the address: with a password, a phone, a browser, a key and a link.
        let mallory = stack.sign_up("ada").await;
        let key = stack.give_key(&mallory).await;
        let mut browser = Browser::default();
        browser.sign_in(stack, &mallory.email, PASSWORD).await.expect(200);
        stack
            .sql(&format!(
                "insert into accounts (id, user_id, provider, provider_account_id, created_at)
                 values ('acc_1', '{}', 'github', '666', now())",
                mallory.id
            ))
            .await;
        provider.ask(&json!({ "do": "account", "id": "mallory", "github": { "id": 666 } })).await;

        provider.person("ada", Some("ada@example.com"), true).await;
        let mut visitor = Visitor::new();
        visitor.sign_in(stack, "google", "ada").await.expect(303);
        let session = visitor.browser.session(stack).await;
        assert_eq!(session["user"]["id"], mallory.id.as_str());
        assert_eq!(session["user"]["name"], "ada at the provider");
        assert_eq!(stack.number("select count(*) from users where email_verified is not null").await, 1);

        stack.get("/api/tokens/balance", Some(&mallory.token)).await.expect_error(401, "unauthorized");
        stack.get("/api/tokens/balance", Some(key)).await.expect(401);
        assert!(browser.session(stack).await.is_null());
        Browser::default().sign_in(stack, &mallory.email, PASSWORD).await.expect(401);
        let mut back_again = Visitor::new();
        back_again.sign_in(stack, "github", "mallory").await.expect(303);
        assert_ne!(back_again.browser.session(stack).await["user"]["id"], mallory.id.as_str());
        assert!(visitor.is_signed_in(stack).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_the_provider_did_not_verify_opens_nobodys_account() {
    with_provider(async |stack, provider| {
        let ada = stack.sign_up("ada").await;
        provider.person("mallory", Some("ada@example.com"), false).await;
        for proved in ["null", "now()"] {
            stack.sql(&format!("update users set email_verified = {proved}")).await;
            for name in ["google", "apple", "github"] {
                let mut visitor = Visitor::new();
                expect_refused(&visitor.sign_in(stack, name, "mallory").await, "OAuthAccountNotLinked");
                assert!(!visitor.is_signed_in(stack).await);
            }
        }
        assert_eq!(stack.number("select count(*) from accounts").await, 0);
        stack.balance(&ada).await;

        // Nobody's address makes an account that has yet to prove it.
        provider.person("grace", Some("grace@example.com"), false).await;
        let mut visitor = Visitor::new();
        visitor.sign_in(stack, "google", "grace").await.expect(303);
        assert_eq!(visitor.browser.session(stack).await["user"]["email"], "grace@example.com");
        assert_eq!(
            stack.number("select count(*) from users where email like 'grace%' and email_verified is null").await,
            1
        );
        // It is proved when the provider says so.
        provider.person("grace", Some("grace@example.com"), true).await;
        visitor.sign_in(stack, "google", "grace").await.expect(303);
        assert_eq!(
            stack.number("select count(*) from users where email like 'grace%' and email_verified is null").await,
            0
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_list_of_addresses_githubs_profile_is_only_a_claim() {
    with_provider(async |stack, provider| {
        stack.sign_up("ada").await;
        let profile = json!({ "id": 1, "login": "ada", "email": "ada@example.com" });
        provider.ask(&json!({ "do": "account", "id": "ada", "github": profile })).await;
        expect_refused(&Visitor::new().sign_in(stack, "github", "ada").await, "OAuthAccountNotLinked");
        let emails = json!([{ "email": "ada@example.com", "primary": true, "verified": true }]);
        provider.ask(&json!({ "do": "account", "id": "ada", "github": profile, "emails": emails })).await;
        let mut visitor = Visitor::new();
        visitor.sign_in(stack, "github", "ada").await.expect(303);
        assert_eq!(visitor.browser.session(stack).await["user"]["name"], "ada", "the login stands in for a name");
    })
    .await;
}
