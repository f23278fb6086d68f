//! Vouchers that are not redeemed, and looking at one without redeeming it.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Answer, Person, Stack, with_stack};

use crate::vouchers::{add_up, crowd, kept, redeem, refused, voucher};

async fn validate(stack: &Stack, code: &str) -> Answer {
    stack.post("/api/vouchers/validate", &json!({ "code": code })).await
}

async fn validate_as(stack: &Stack, token: &str, code: &str) -> Answer {
    let request = stack.request("POST", "/api/vouchers/validate").bearer_auth(token);
    stack.send(request.json(&json!({ "code": code }))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_says_why() {
    with_stack(async |stack| {
        for code in ["OVER", "ENDED", "OFF", "USED", "GONE"] {
            voucher(stack, code, "FIXED_TOKENS", 10, Some(5)).await;
        }
        voucher(stack, "TRIAL", "SUBSCRIPTION_TRIAL", 30, None).await;
        stack
            .sql(
                "update vouchers set expires_at = now() - interval '1 second' where code = 'OVER';
                 update vouchers set status = 'EXPIRED' where code = 'ENDED';
                 update vouchers set status = 'INACTIVE' where code = 'OFF';
                 update vouchers set status = 'DEPLETED' where code = 'USED';
                 update vouchers set deleted_at = now() where code = 'GONE'",
            )
            .await;
        let expected = [
            ("UNKNOWN", "voucher_not_found"),
            ("GONE", "voucher_not_found"),
            ("OFF", "voucher_inactive"),
            ("OVER", "voucher_expired"),
            ("ENDED", "voucher_expired"),
            ("USED", "voucher_depleted"),
            ("TRIAL", "voucher_not_supported"),
        ];
        for (person, (code, reason)) in crowd(stack, expected.len()).await.iter().zip(expected) {
            refused(&redeem(stack, person, code).await, reason);
            assert_eq!(validate(stack, code).await.expect_error(400, reason)["valid"], false);
            assert_eq!(kept(stack, person).await, 10);
        }
        let long = "A".repeat(51);
        for code in ["AB-1", "A B", &long, "É", "A\0"] {
            let body = validate(stack, code).await.expect_error(400, "invalid_field");
            assert_eq!(body["error"], "Invalid voucher code format");
        }
        for body in [json!({}), json!({ "code": null }), json!({ "code": 5 }), json!({ "code": " " })] {
            let body = stack.post("/api/vouchers/validate", &body).await.expect_error(400, "invalid_field");
            assert_eq!(
                (&body["error"], &body["details"]["field"]),
                (&"Voucher code is required".into(), &"code".into())
            );
        }
        add_up(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_attempts_in_vain_are_enough_and_successes_do_not_count() {
    with_stack(async |stack| {
        for n in 0..9 {
            voucher(stack, &format!("GOOD{n}"), "FIXED_TOKENS", 1, None).await;
        }
        let ada = stack.sign_up("ada").await;
        for n in 0..7 {
            redeem(stack, &ada, &format!("GOOD{n}")).await.expect(200);
        }
        let vain = ["AB-1", &"A".repeat(51), "", "UNKNOWN", "GOOD1"];
        for (code, expected) in vain.iter().zip([
            "invalid_field",
            "invalid_field",
            "invalid_field",
            "voucher_not_found",
            "voucher_already_redeemed",
        ]) {
            redeem(stack, &ada, code).await.expect_error(400, expected);
        }
        // Also with a good code, or guessing would go on; and before the code is looked at.
        for code in ["GOOD7", "AB-1"] {
            let answer = redeem(stack, &ada, code).await;
            answer.expect_error(429, "too_many_requests");
            let seconds: u32 = answer.header("retry-after").parse().unwrap();
            assert!((1..=3_600).contains(&seconds), "{seconds}");
            assert_eq!(answer.header("x-ratelimit-remaining"), "0");
        }
        let grace = stack.sign_up("grace").await;
        redeem(stack, &grace, "GOOD7").await.expect(200);
        stack.set_clock(3_601);
        redeem(stack, &ada, "GOOD7").await.expect(200);
        add_up(stack).await;
    })
    .await;
}

/// A limit that many guesses at once could pass would be none.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_guesses_at_once_five_are_answered() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let shared = &*stack;
        let guesses = (0..40).map(|n| {
            let ada = &ada;
            async move { redeem(shared, ada, &format!("GUESS{n}")).await.status }
        });
        let statuses = join_all(guesses).await;
        let count = |status| statuses.iter().filter(|one| **one == status).count();
        assert_eq!((count(400), count(429)), (5, 35), "{statuses:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_checks_is_size_caller_limit_code() {
    with_stack(async |stack| {
        let large = json!({ "code": "A".repeat(1_100) });
        let nobody = async |body: &Value| stack.post("/api/vouchers/redeem", body).await;
        nobody(&large).await.expect_error(413, "body_too_large");
        nobody(&json!({})).await.expect_error(401, "unauthorized");
        let ended = Person { id: String::new(), email: String::new(), token: "no-session-of-anybody".to_owned() };
        redeem(stack, &ended, "AB-1").await.expect_error(401, "unauthorized");
        let ada = stack.sign_up("ada").await;
        let malformed = stack.request("POST", "/api/vouchers/redeem").bearer_auth(&ada.token).body("{\"code\":");
        stack.send(malformed).await.expect_error(400, "malformed_body");
        stack.post("/api/vouchers/validate", &large).await.expect_error(413, "body_too_large");
        assert_eq!(stack.number("select count(*) from voucher_redemptions").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_a_code_changes_nothing() {
    with_stack(async |stack| {
        voucher(stack, "BETA25", "FIXED_TOKENS", 25, Some(500)).await;
        voucher(stack, "SHARE", "PERCENTAGE_BONUS", 20, None).await;
        stack.sql("update vouchers set expires_at = '2100-01-01T00:00:00.5Z' where code = 'SHARE'").await;
        let ada = stack.sign_up("ada").await;
        let beta = |remaining: i64| {
            json!({ "valid": true, "voucher": {
                "code": "BETA25", "type": "FIXED_TOKENS", "value": 25, "remainingUses": remaining, "expiresAt": null } })
        };
        for _ in 0..3 {
            assert_eq!(validate(stack, " beta25 ").await.expect(200), beta(500));
            assert_eq!(validate_as(stack, &ada.token, "BETA25").await.expect(200), beta(500));
        }
        let share = &validate(stack, "share").await.expect(200)["voucher"];
        let expected = ("PERCENTAGE_BONUS", 20, Value::Null, "2100-01-01T00:00:00.500Z");
        assert_eq!((&share["type"], &share["value"]), (&expected.0.into(), &expected.1.into()));
        assert_eq!((&share["remainingUses"], &share["expiresAt"]), (&expected.2, &expected.3.into()));

        redeem(stack, &ada, "BETA25").await.expect(200);
        let again = validate_as(stack, &ada.token, "BETA25").await.expect_error(400, "voucher_already_redeemed");
        assert_eq!(again["valid"], false);
        // To nobody in particular it is as good as before; so it is to somebody whose session has ended.
        assert_eq!(validate(stack, "BETA25").await.expect(200), beta(499));
        assert_eq!(validate_as(stack, "no-session-of-anybody", "BETA25").await.expect(200), beta(499));
        assert_eq!(stack.number("select current_uses from vouchers where code = 'BETA25'").await, 1);
        let looked = stack.metrics("tokens").into_iter().filter(|line| line["Route"] == "POST /api/vouchers/validate");
        assert!(looked.into_iter().all(|line| line["RoundTrips"] == 1));
        add_up(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_looks_at_fifty_codes_an_hour() {
    with_stack(async |stack| {
        let stack = &*stack;
        let look = async |from: &str| {
            let request = stack.request("POST", "/api/vouchers/validate").header("x-forwarded-for", from);
            stack.send(request.json(&json!({ "code": "GUESS" }))).await
        };
        let statuses: Vec<_> = join_all((0..60).map(|_| look("2001:db8::1"))).await.iter().map(|a| a.status).collect();
        let count = |status| statuses.iter().filter(|one| **one == status).count();
        assert_eq!((count(400), count(429)), (50, 10), "{statuses:?}");
        look("2001:db8::2").await.expect_error(429, "too_many_requests");
        look("192.0.2.1").await.expect_error(400, "voucher_not_found");
        stack.set_clock(3_601);
        look("2001:db8::1").await.expect_error(400, "voucher_not_found");
    })
    .await;
}
