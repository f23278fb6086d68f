//! Who brought whom, and what both get for it.

use std::collections::HashMap;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::database::DatabaseUrl;
use shared::referrals::{Outcome, Reason, Referrals};
use shared::{ApiError, Clock, Config, Database, Tokens};
use tests::{Answer, Browser, PASSWORD, Person, Stack, with_stack};

async fn call(stack: &Stack, method: &str, path: &str, person: &Person, body: &Value) -> Answer {
    stack.send(stack.request(method, path).bearer_auth(&person.token).json(body)).await
}

async fn code_of(stack: &Stack, person: &Person) -> String {
    let link = stack.get("/api/referral/link", Some(&person.token)).await.expect(200);
    link["code"].as_str().unwrap().to_owned()
}

/// Somebody new who says whose code they have.
async fn brought(stack: &Stack, email: &str, code: &str, address: Option<&str>) -> Person {
    let body = json!({ "email": email, "password": PASSWORD, "referralCode": code });
    let request = stack.request("POST", "/api/auth/signup").json(&body);
    let request = address.into_iter().fold(request, |request, address| request.header("x-forwarded-for", address));
    let account = stack.send(request).await.expect(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Person { id: text(&account["user"]["id"]), email: email.to_owned(), token: text(&account["token"]) }
}

async fn prove(stack: &Stack, person: &Person) {
    stack.sql(&format!("update users set email_verified = now() where id = '{}'", person.id)).await;
}

/// Settles the referral of `person` as the functions do, beside them.
async fn settle(stack: &Stack, person: &Person) -> Outcome {
    settle_at(stack, person, Clock::default().now()).await.unwrap()
}

async fn settle_at(stack: &Stack, person: &Person, now: Timestamp) -> Result<Outcome, ApiError> {
    let variables = [("ENVIRONMENT", "test"), ("BLOCKED_EMAIL_DOMAINS", "throwaway.example")];
    let variables: HashMap<_, _> = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let referrals = Referrals::new(&Config::from_variables(variables).unwrap()).unwrap();
    let database = Database::new(DatabaseUrl::parse(&stack.pooled_url).unwrap(), Clock::default());
    referrals.complete(&database, &person.id, now).await
}

async fn balance(stack: &Stack, person: &Person) -> i64 {
    stack.number(&format!("select balance from user_token_balances where user_id = '{}'", person.id)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_has_one_code_for_ever() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.sql("update users set referral_code = null").await;
        let link = stack.get("/api/referral/link", Some(&ada.token)).await.expect(200);
        let code = link["code"].as_str().unwrap();
        assert!(code.len() == 8 && code.bytes().all(|b| b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789".contains(&b)), "{code}");
        assert_eq!(link["url"], format!("http://localhost:3000/?ref={code}"));
        assert_eq!(stack.get("/api/referral/link", Some(&ada.token)).await.expect(200), link);
        stack.get("/api/referral/link", None).await.expect_error(401, "unauthorized");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_are_paid_once_the_newcomer_has_proved_their_address() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let code = code_of(stack, &ada).await.to_lowercase();
        let john = brought(stack, "john@example.org", &code, None).await;
        let stats = stack.get("/api/referral/stats", Some(&ada.token)).await.expect(200);
        let figures = json!({ "totalReferrals": 1, "completedReferrals": 0, "pendingReferrals": 1, "tokensEarned": 0 });
        assert_eq!(stats["stats"], figures);
        assert_eq!(settle(stack, &john).await, Outcome::Waiting);
        assert_eq!(balance(stack, &john).await, 10);

        let letters = stack.letters().await;
        let letter = letters.iter().find(|letter| letter.to == john.email).unwrap();
        let token = letter.token("verify-email").unwrap();
        stack.post("/api/auth/verify-email", &json!({ "token": token })).await.expect(200);
        assert_eq!((balance(stack, &ada).await, balance(stack, &john).await), (60, 60));
        stack.post("/api/auth/verify-email", &json!({ "token": token })).await;
        assert_eq!(settle(stack, &john).await, Outcome::NothingToDo);
        assert_eq!((balance(stack, &ada).await, balance(stack, &john).await), (60, 60));

        let answer = stack.get("/api/referral/stats", Some(&ada.token)).await;
        assert!(!answer.text.contains("john@"), "{}", answer.text);
        let stats = answer.expect(200);
        let figures =
            json!({ "totalReferrals": 1, "completedReferrals": 1, "pendingReferrals": 0, "tokensEarned": 50 });
        assert_eq!(stats["stats"], figures);
        assert!(stats["totalReferrals"] == 1 && stats["tokensEarned"] == 50, "{stats}");
        let referred = &stats["referredUsers"][0];
        assert_eq!(referred["email"], "j***@example.org");
        assert_eq!((&referred["status"], &referred["tokensGranted"]), (&json!("COMPLETED"), &json!(50)));

        for (query, count) in [
            ("select count(*) from token_transactions where source = 'referral_reward' and type = 'EARN_BONUS'", 1),
            ("select count(*) from token_transactions where source = 'referral_signup_bonus' and amount = 50", 1),
            ("select count(*) from token_transactions t join referrals r on r.id = t.source_id", 2),
            ("select count(*) from token_transactions where metadata is not null and source like 'referral%'", 0),
            ("select tokens_granted from referrals where status = 'COMPLETED'", 100),
            ("select sum(referral_count) from users", 1),
        ] {
            assert_eq!(stack.number(query).await, count, "{query}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_completions_at_once_pay_once() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let john = brought(stack, "john@example.org", &code_of(stack, &ada).await, None).await;
        prove(stack, &john).await;
        // Settling takes a while, so that all would find it still to be done.
        stack
            .sql(
                "create function nap() returns trigger language plpgsql as
                     $$ begin perform pg_sleep(0.1); return null; end $$;
                 create trigger nap after update on referrals for each row execute function nap()",
            )
            .await;
        let (stack, person) = (&*stack, &john);
        let outcomes = join_all((0..20).map(|_| async move { settle(stack, person).await })).await;
        let paid = outcomes.iter().filter(|outcome| **outcome == Outcome::Completed(Tokens(50))).count();
        let idle = outcomes.iter().filter(|outcome| **outcome == Outcome::NothingToDo).count();
        assert_eq!((paid, idle), (1, 19), "{outcomes:?}");
        assert_eq!((balance(stack, &ada).await, balance(stack, &john).await), (60, 60));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_half_way_pays_nobody_and_can_be_repeated() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let john = brought(stack, "john@example.org", &code_of(stack, &ada).await, None).await;
        prove(stack, &john).await;
        // The last statement of all is refused.
        stack.sql("alter table users add constraint full_up check (referral_count < 1)").await;
        settle_at(stack, &john, Clock::default().now()).await.unwrap_err();
        assert_eq!((balance(stack, &ada).await, balance(stack, &john).await), (10, 10));
        assert_eq!(stack.number("select count(*) from referrals where status = 'PENDING'").await, 1);
        stack.sql("alter table users drop constraint full_up").await;
        assert_eq!(settle(stack, &john).await, Outcome::Completed(Tokens(50)));
        assert_eq!((balance(stack, &ada).await, balance(stack, &john).await), (60, 60));
    })
    .await;
}

/// Each of many newcomers at once is paid for, up to the tenth of the day; the next day starts anew.
#[tokio::test(flavor = "multi_thread")]
async fn ten_are_paid_for_in_a_day() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let code = code_of(stack, &ada).await;
        let mut people = Vec::new();
        for number in 0..12 {
            people.push(brought(stack, &format!("n{number}@example.org"), &code, None).await);
        }
        stack.sql("update users set email_verified = now()").await;
        let (stack, people) = (&*stack, &people);
        let late: Timestamp = "2026-06-01T23:59:59Z".parse().unwrap();
        let outcomes = people[..11].iter().map(async |person| settle_at(stack, person, late).await.unwrap());
        let outcomes = join_all(outcomes).await;
        let refused = outcomes.iter().filter(|outcome| **outcome == Outcome::Invalid(Reason::DailyLimit)).count();
        assert_eq!(refused, 1, "{outcomes:?}");
        assert_eq!(balance(stack, &ada).await, 510);
        let midnight = late + SignedDuration::from_secs(1);
        let next_day = settle_at(stack, &people[11], midnight).await.unwrap();
        assert_eq!(next_day, Outcome::Completed(Tokens(50)));
        assert_eq!(stack.number("select count(*) from referrals where invalid_reason = 'daily_limit'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cheats_is_not_paid_for() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.sql(&format!("update users set email = 'ada.love@gmail.com' where id = '{}'", ada.id)).await;
        let code = code_of(stack, &ada).await;
        let home = Some("203.0.113.9");
        for (email, address, outcome) in [
            ("a@mailinator.com", None, Outcome::Invalid(Reason::DisposableEmail)),
            ("a@in.throwaway.example", None, Outcome::Invalid(Reason::DisposableEmail)),
            ("adalove+2@googlemail.com", None, Outcome::Invalid(Reason::SameInbox)),
            ("grace@example.org", home, Outcome::Completed(Tokens(50))),
            ("grace+again@example.org", None, Outcome::Invalid(Reason::SameInbox)),
            ("g.race@example.org", None, Outcome::Completed(Tokens(50))),
            ("flatmate@example.org", home, Outcome::Invalid(Reason::SameNetwork)),
            ("v6@example.org", Some("2001:db8:1:2::1"), Outcome::Completed(Tokens(50))),
            ("v6too@example.org", Some("2001:db8:1:2:ffff::1"), Outcome::Invalid(Reason::SameNetwork)),
        ] {
            let person = brought(stack, email, &code, address).await;
            prove(stack, &person).await;
            assert_eq!(settle(stack, &person).await, outcome, "{email}");
            assert_eq!(settle(stack, &person).await, Outcome::NothingToDo, "{email}: it is final");
        }
        // A day later the network counts no more.
        stack.sql("update referrals set created_at = created_at - interval '25 hours'").await;
        let visitor = brought(stack, "visitor@example.org", &code, home).await;
        prove(stack, &visitor).await;
        assert_eq!(settle(stack, &visitor).await, Outcome::Completed(Tokens(50)));
        // Who deleted their account took along where they came from: it may have been the same place.
        let body = json!({ "password": PASSWORD });
        call(stack, "DELETE", "/api/settings/account", &visitor, &body).await.expect(200);
        let late = brought(stack, "late@example.org", &code, Some("203.0.113.10")).await;
        prove(stack, &late).await;
        assert_eq!(settle(stack, &late).await, Outcome::Invalid(Reason::SameNetwork));
        assert_eq!(balance(stack, &ada).await, 10 + 4 * 50);
        let unexplained = "select count(*) from referrals where status = 'INVALID' and invalid_reason is null";
        assert_eq!(stack.number(unexplained).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_or_leaves_is_not_paid_for() {
    with_stack(async |stack| {
        let (ada, admin_too) = (stack.sign_up("ada").await, stack.sign_up("root").await);
        stack.sql("update users set role = 'ADMIN'").await;
        let code = code_of(stack, &ada).await;
        let leave = json!({ "password": PASSWORD });
        let john = brought(stack, "john@example.org", &code, None).await;
        call(stack, "DELETE", "/api/settings/account", &john, &leave).await.expect(200);
        let back = brought(stack, "john@example.org", &code, None).await;
        prove(stack, &back).await;
        assert_eq!(settle(stack, &back).await, Outcome::NothingToDo);
        // Without a code at first, and with one afterwards.
        call(stack, "DELETE", "/api/settings/account", &back, &leave).await.expect(200);
        let again = brought(stack, "john@example.org", "", None).await;
        prove(stack, &again).await;
        let applied = call(stack, "POST", "/api/referral/apply", &again, &json!({ "code": code })).await.expect(200);
        assert_eq!(applied, json!({ "success": false, "tokensGranted": 0 }));
        let reasons = "select count(*) from referrals where invalid_reason in ('returning', 'referee_gone')";
        assert_eq!(stack.number(reasons).await, 3);

        let grace = brought(stack, "grace@example.org", &code, None).await;
        prove(stack, &grace).await;
        call(stack, "DELETE", "/api/settings/account", &ada, &leave).await.expect(200);
        assert_eq!(settle(stack, &grace).await, Outcome::Invalid(Reason::ReferrerGone));
        let lost = brought(stack, "lost@example.org", &code, None).await;
        prove(stack, &lost).await;
        assert_eq!(settle(stack, &lost).await, Outcome::NothingToDo, "the code of somebody who left is nobody's");
        assert_eq!(stack.number("select count(*) from token_transactions where source like 'referral%'").await, 0);
        drop(admin_too);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_may_say_later_who_brought_them() {
    with_stack(async |stack| {
        let (ada, john) = (stack.sign_up("ada").await, stack.sign_up("john").await);
        let (hers, his) = (code_of(stack, &ada).await, code_of(stack, &john).await);
        let apply = async |person: &Person, code: &str| {
            call(stack, "POST", "/api/referral/apply", person, &json!({ "code": code })).await
        };
        apply(&john, "").await.expect_error(400, "invalid_field");
        apply(&john, "nonsense!").await.expect_error(404, "not_found");
        apply(&john, "AAAAAAAA").await.expect_error(404, "not_found");
        apply(&john, &his).await.expect_error(400, "invalid_field");
        prove(stack, &john).await;
        let applied = apply(&john, &format!(" {} ", hers.to_lowercase())).await.expect(200);
        assert_eq!(applied, json!({ "success": true, "tokensGranted": 50 }));
        assert_eq!((balance(stack, &ada).await, balance(stack, &john).await), (60, 60));
        apply(&john, &hers).await.expect_error(403, "not_allowed");
        // Not in a circle.
        apply(&ada, &his).await.expect_error(400, "invalid_field");

        let grace = stack.sign_up("grace").await;
        assert_eq!(apply(&grace, &hers).await.expect(200), json!({ "success": true, "tokensGranted": 0 }));
        let late = stack.sign_up("late").await;
        stack.sql(&format!("update users set created_at = now() - interval '8 days' where id = '{}'", late.id)).await;
        apply(&late, &hers).await.expect_error(403, "not_allowed");

        let twice = stack.sign_up("twice").await;
        prove(stack, &twice).await;
        let (first, second) = tokio::join!(apply(&twice, &hers), apply(&twice, &his));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 403]);
        assert_eq!(balance(stack, &twice).await, 60);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_looked_up_before_signing_up_but_not_by_the_thousand() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let code = code_of(stack, &ada).await;
        stack.sql("update users set name = 'Ada'").await;
        let validate = async |code: &str, address: &str| {
            let request = stack.request("POST", "/api/referral/validate").header("x-forwarded-for", address);
            stack.send(request.json(&json!({ "code": code }))).await
        };
        let valid = validate(&code.to_lowercase(), "203.0.113.1").await.expect(200);
        assert_eq!(valid, json!({ "valid": true, "referrerName": "Ada", "bonusTokens": 50 }));
        for unknown in ["AAAAAAAA", "x", "a'b\0"] {
            let invalid = validate(unknown, "203.0.113.1").await.expect(200);
            assert_eq!(invalid, json!({ "valid": false, "bonusTokens": 0 }));
        }
        validate(" ", "203.0.113.1").await.expect_error(400, "invalid_field");
        for _ in 0..20 {
            validate(&code, "203.0.113.2").await.expect(200);
        }
        let refused = validate(&code, "203.0.113.2").await;
        refused.expect_error(429, "too_many_requests");
        assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
        validate(&code, "203.0.113.3").await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_remembered_until_the_visitor_signs_up() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let code = code_of(stack, &ada).await;
        let mut browser = Browser::default();
        let visit = browser.request(stack, "GET", &format!("/api/referral/visit?ref={code}&to=https://evil.example"));
        let answer = browser.send(stack, visit.header("accept", "text/html,*/*;q=0.8")).await;
        assert_eq!((answer.status, answer.header("location")), (303, "http://localhost:3000/"));
        let cookie = answer.header("set-cookie");
        assert_eq!(cookie, format!("ref_code={code}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"));

        let body = json!({ "email": "john@example.org", "password": PASSWORD });
        let sign_up = browser.request(stack, "POST", "/api/auth/signup").json(&body);
        browser.send(stack, sign_up).await.expect(200);
        assert!(!browser.cookies.contains_key("ref_code"), "{browser:?}");
        let pending = format!("select count(*) from referrals where referrer_id = '{}' and status = 'PENDING'", ada.id);
        assert_eq!(stack.number(&pending).await, 1);

        // A script is not sent anywhere; an unknown code leaves no cookie.
        let answer = stack.get(&format!("/api/referral/visit?ref={}", code.to_lowercase()), None).await;
        assert!(answer.status == 204 && answer.cookies() == [format!("ref_code={code}")], "{answer:?}");
        for path in ["/api/referral/visit", "/api/referral/visit?ref=AAAAAAAA", "/api/referral/visit?ref=%0d%0aX:1"] {
            let answer = stack.get(path, None).await;
            assert!(answer.status == 204 && answer.cookies().is_empty(), "{answer:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_people_brought_are_listed_by_pages() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack
            .sql(&format!(
                "insert into users (id, email, created_at) select 'user_' || n, 'p' || n || '@example.org', now()
                   from generate_series(1, 70) n;
                 insert into referrals (id, referrer_id, referee_id, created_at)
                 select 'ref_' || n, '{}', 'user_' || n, now() + n * interval '1 second' from generate_series(1, 70) n;
                 update users set email = null where id = 'user_70'",
                ada.id
            ))
            .await;
        let page = async |query: &str| stack.get(&format!("/api/referral/users{query}"), Some(&ada.token)).await;
        let first = page("").await.expect(200);
        assert_eq!((&first["total"], &first["page"], &first["limit"]), (&json!(70), &json!(1), &json!(50)));
        assert_eq!((&first["users"][0]["email"], &first["users"][0]["id"]), (&json!("unknown"), &json!("ref_70")));
        let second = page("?page=2&limit=60").await.expect(200);
        assert_eq!(second["users"].as_array().unwrap().len(), 10);
        assert_eq!(second["users"][9]["id"], "ref_1");
        assert_eq!(page("?page=99").await.expect(200)["users"], json!([]));
        for bad in ["?page=0", "?limit=101", "?limit=0", "?page=x"] {
            page(bad).await.expect_error(400, "malformed_query");
        }
        let stats = stack.get("/api/referral/stats", Some(&ada.token)).await.expect(200);
        assert_eq!(stats["referredUsers"].as_array().unwrap().len(), 50);
        assert_eq!((&stats["pendingReferrals"], &stats["stats"]["totalReferrals"]), (&json!(70), &json!(70)));
        let eve = stack.sign_up("eve").await;
        assert_eq!(stack.get("/api/referral/users", Some(&eve.token)).await.expect(200)["total"], 0);
    })
    .await;
}
