//! What a sign-in page asks for, and addresses that lead to pages of the front end.

use serde_json::json;
use tests::with_stack;

use crate::provider::with_provider;
use crate::visitor::FRONT_END;

#[tokio::test(flavor = "multi_thread")]
async fn the_ways_to_sign_in_are_those_that_are_set_up() {
    with_stack(async |stack| {
        let providers = stack.get("/api/auth/providers", None).await.expect(200);
        assert_eq!(providers.as_object().unwrap().keys().collect::<Vec<_>>(), ["credentials"]);
    })
    .await;
    with_provider(async |stack, _| {
        let providers = stack.get("/api/auth/providers", None).await.expect(200);
        let names: Vec<_> = providers.as_object().unwrap().keys().collect();
        assert_eq!(names, ["apple", "credentials", "facebook", "github", "google"]);
        let expected = json!({
            "id": "google", "name": "Google", "type": "oidc",
            "signinUrl": "http://localhost:3000/api/auth/signin/google",
            "callbackUrl": "http://localhost:3000/api/auth/callback/google",
        });
        assert_eq!(providers["google"], expected);
        assert_eq!(
            (&providers["github"]["type"], &providers["credentials"]["type"]),
            (&json!("oauth"), &json!("credentials"))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_auth_js_lead_to_pages_of_the_front_end() {
    with_stack(async |stack| {
        for (path, page) in [
            ("/api/auth/signin", "/auth/signin"),
            ("/api/auth/signin?callbackUrl=/tokens", "/auth/signin?callbackUrl=http%3A%2F%2Flocalhost%3A3000%2Ftokens"),
            (
                "/api/auth/signin?callbackUrl=https://evil.example",
                "/auth/signin?callbackUrl=http%3A%2F%2Flocalhost%3A3000%2F",
            ),
            ("/api/auth/signin?error=CredentialsSignin", "/auth/signin?error=CredentialsSignin"),
            ("/api/auth/error", "/auth/error?error=Default"),
            ("/api/auth/error?error=AccessDenied", "/auth/error?error=AccessDenied"),
            ("/api/auth/error?error=<script>", "/auth/error?error=Default"),
        ] {
            let answer = stack.get(path, None).await;
            answer.expect(302);
            assert_eq!(answer.header("location"), format!("{FRONT_END}{page}"), "{path}");
        }
        // The form for passwords is its own endpoint, not a provider's.
        stack.get("/api/auth/callback/credentials", None).await.expect_error(405, "method_not_allowed");
    })
    .await;
}
