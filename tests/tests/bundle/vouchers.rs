//! Redeeming vouchers: once per person, never more often than made for, and paid exactly.

use futures_util::future::join_all;
use serde_json::json;
use tests::{Answer, Person, Stack, with_stack};

/// Makes a voucher of `kind`, for any number of people without `max_uses`.
pub async fn voucher(stack: &Stack, code: &str, kind: &str, value: i64, max_uses: Option<i64>) {
    let max_uses = max_uses.map_or("null".to_owned(), |most| most.to_string());
    let id = code.to_lowercase();
    stack
        .sql(&format!(
            "insert into vouchers (id, code, type, value, max_uses, created_at)
             values ('vch_{id}', '{code}', '{kind}', {value}, {max_uses}, now())"
        ))
        .await;
}

/// Redeems what `code` says as `who`.
pub async fn redeem(stack: &Stack, who: &Person, code: &str) -> Answer {
    let request = stack.request("POST", "/api/vouchers/redeem").bearer_auth(&who.token);
    stack.send(request.json(&json!({ "code": code }))).await
}

/// Asserts that a code was not redeemed, for this reason.
#[track_caller]
pub fn refused(answer: &Answer, code: &str) {
    assert_eq!(answer.expect_error(400, code)["success"], false, "{}", answer.text);
}

/// A person's balance as it is kept, without looking through the API, which lets it grow.
pub async fn kept(stack: &Stack, person: &Person) -> i64 {
    stack.number(&format!("select balance from user_token_balances where user_id = '{}'", person.id)).await
}

/// Gives or takes until the balance is `balance`.
async fn set_balance(stack: &Stack, person: &Person, balance: i64) {
    let id = &person.id;
    stack
        .sql(&format!(
            "with b as (
                 update user_token_balances
                    set total_adjusted = total_adjusted + {balance} - balance, balance = {balance},
                        transaction_count = transaction_count + 1
                  where user_id = '{id}'
                 returning user_id, transaction_count
             )
             insert into token_transactions
                 (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
             select '{id}', b.transaction_count, 'txn_set_' || '{id}' || b.transaction_count,
                    {balance} - t.balance_after, 'EARN_ADMIN_ADJUSTMENT', 'test', 'set:' || b.transaction_count, {balance},
                    now()
               from b
               join token_transactions t on t.user_id = b.user_id and t.entry_number = b.transaction_count - 1"
        ))
        .await;
}

/// People with a session and ten tokens, made quicker than by signing up.
pub async fn crowd(stack: &Stack, size: usize) -> Vec<Person> {
    stack
        .sql(&format!(
            "create temp table crowd as
                 select 'user_' || lpad(n::text, 32, '0') as id, 'crowd-' || n as token from generate_series(1, {size}) n;
             insert into users (id, email, created_at) select id, id || '@example.com', now() from crowd;
             insert into user_token_balances
                 (user_id, balance, last_regeneration, total_earned, transaction_count, created_at)
             select id, 10, now(), 10, 1, now() from crowd;
             insert into token_transactions
                 (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
             select id, 1, 'txn_' || id, 10, 'EARN_BONUS', 'welcome', 'welcome', 10, now() from crowd;
             insert into sessions (id, user_id, token_hash, created_at, expires_at)
             select 'ses_' || id, id, sha256(convert_to(token, 'UTF8')), now(), now() + interval '1 day' from crowd;
             drop table crowd"
        ))
        .await;
    let person = |n: usize| {
        let id = format!("user_{n:032}");
        Person { email: format!("{id}@example.com"), token: format!("crowd-{n}"), id }
    };
    (1..=size).map(person).collect()
}

/// Asserts that uses, redemptions and ledger entries are the same thing.
pub async fn add_up(stack: &Stack) {
    let uses = "select count(*) from vouchers v
                 where v.current_uses <> (select count(*) from voucher_redemptions r where r.voucher_id = v.id)
                    or (v.current_uses = v.max_uses and v.status = 'ACTIVE')";
    assert_eq!(stack.number(uses).await, 0, "uses are redemptions, and one that is used up says so");
    let unpaid = "select count(*)
                    from voucher_redemptions r
                    full join (select * from token_transactions where source = 'voucher_redemption') t
                      on t.user_id = r.user_id and t.source_id = r.voucher_id
                   where r.id is null or t.id is null or r.tokens_granted <> t.amount or t.type <> 'EARN_BONUS'
                      or t.event_key <> 'voucher:' || r.voucher_id";
    assert_eq!(stack.number(unpaid).await, 0, "every redemption has its entry, and every entry its redemption");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_redeemed_once_by_each_person() {
    with_stack(async |stack| {
        voucher(stack, "LAUNCH100", "FIXED_TOKENS", 100, Some(1_000)).await;
        voucher(stack, "WELCOME50", "FIXED_TOKENS", 50, None).await;
        let (ada, grace) = (stack.sign_up("ada").await, stack.sign_up("grace").await);
        let expected = json!({ "success": true, "tokensGranted": 100, "newBalance": 110 });
        assert_eq!(redeem(stack, &ada, " launch100 ").await.expect(200), expected);
        refused(&redeem(stack, &ada, "LAUNCH100").await, "voucher_already_redeemed");
        assert_eq!(redeem(stack, &grace, "Launch100").await.expect(200), expected);
        assert_eq!(redeem(stack, &ada, "WELCOME50").await.expect(200)["newBalance"], 160, "different codes add up");

        let entry = &stack.get("/api/tokens/history", Some(&ada.token)).await.expect(200)["transactions"][1];
        assert_eq!((&entry["type"], &entry["amount"]), (&"EARN_BONUS".into(), &100.into()));
        assert_eq!((&entry["source"], &entry["sourceId"]), (&"voucher_redemption".into(), &"vch_launch100".into()));
        let noted = "select count(*) from token_transactions where metadata = '{\"voucherCode\": \"LAUNCH100\"}'";
        assert_eq!(stack.number(noted).await, 2);
        assert_eq!(stack.number("select current_uses from vouchers where code = 'LAUNCH100'").await, 2);
        add_up(stack).await;

        let redeemed = stack.metrics("tokens").into_iter().filter(|line| line["Route"] == "POST /api/vouchers/redeem");
        let round_trips: Vec<_> = redeemed.map(|line| line["RoundTrips"].as_i64().unwrap()).collect();
        assert!(round_trips.len() == 4 && round_trips.iter().all(|trips| *trips <= 3), "{round_trips:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_many_times_at_once_gets_it_once() {
    with_stack(async |stack| {
        voucher(stack, "LAUNCH100", "FIXED_TOKENS", 100, None).await;
        voucher(stack, "SHARE", "PERCENTAGE_BONUS", 50, Some(9)).await;
        let (ada, grace) = (stack.sign_up("ada").await, stack.sign_up("grace").await);
        let stack = &*stack;
        // As many as may fail within an hour: each says what happened.
        let answers = join_all((0..5).map(|_| redeem(stack, &ada, "LAUNCH100"))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            refused(answer, "voucher_already_redeemed");
        }
        // More than that: some are not tried.
        let answers = join_all((0..30).map(|_| redeem(stack, &grace, "SHARE"))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| ![200, 429].contains(&answer.status)) {
            refused(answer, "voucher_already_redeemed");
        }
        assert_eq!((kept(stack, &ada).await, kept(stack, &grace).await), (110, 15));
        add_up(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_people_at_once_five_get_what_is_for_five() {
    with_stack(async |stack| {
        voucher(stack, "FIVE", "FIXED_TOKENS", 7, Some(5)).await;
        let people = crowd(stack, 50).await;
        let stack = &*stack;
        let answers = join_all(people.iter().map(|person| redeem(stack, person, "five"))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 5, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            refused(answer, "voucher_depleted");
        }
        let row = "select count(*) from vouchers where current_uses = 5 and status = 'DEPLETED'";
        assert_eq!(stack.number(row).await, 1);
        assert_eq!(stack.number("select sum(balance)::bigint from user_token_balances").await, 50 * 10 + 5 * 7);
        add_up(stack).await;
    })
    .await;
}

/// People with several codes each, in any order: locks are taken in one order, so nobody waits in a circle.
#[tokio::test(flavor = "multi_thread")]
async fn many_people_with_many_codes_at_once_are_all_paid() {
    with_stack(async |stack| {
        for code in ["A", "B", "C"] {
            voucher(stack, code, "FIXED_TOKENS", 10, None).await;
        }
        let people = crowd(stack, 20).await;
        let stack = &*stack;
        let pairs = people.iter().enumerate().flat_map(|(n, person)| {
            let mut codes = ["A", "B", "C"];
            codes.rotate_left(n % 3);
            codes.map(|code| (person, code))
        });
        for answer in join_all(pairs.map(|(person, code)| redeem(stack, person, code))).await {
            answer.expect(200);
        }
        assert_eq!(stack.number("select count(*) from user_token_balances where balance = 40").await, 20);
        add_up(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_percentage_is_of_the_balance_rounded_down() {
    with_stack(async |stack| {
        voucher(stack, "FIFTH", "PERCENTAGE_BONUS", 20, Some(3)).await;
        voucher(stack, "DOUBLE", "PERCENTAGE_BONUS", 100, None).await;
        let (ada, grace, mary) =
            (stack.sign_up("ada").await, stack.sign_up("grace").await, stack.sign_up("mary").await);
        set_balance(stack, &ada, 55).await;
        let answer = redeem(stack, &ada, "FIFTH").await.expect(200);
        assert_eq!((&answer["tokensGranted"], &answer["newBalance"]), (&11.into(), &66.into()));
        set_balance(stack, &grace, 59).await;
        assert_eq!(redeem(stack, &grace, "FIFTH").await.expect(200)["tokensGranted"], 11);

        // A fifth of four is nothing: refused, and the code is not used up by it.
        set_balance(stack, &mary, 4).await;
        stack.sql("update user_token_balances set last_regeneration = now()").await;
        refused(&redeem(stack, &mary, "FIFTH").await, "voucher_worthless");
        assert_eq!(stack.number("select current_uses from vouchers where code = 'FIFTH'").await, 2);
        // An hour later there are eight: what has grown counts, and is in the ledger as grown.
        stack.set_clock(3_600);
        let answer = redeem(stack, &mary, "DOUBLE").await.expect(200);
        assert_eq!((&answer["tokensGranted"], &answer["newBalance"]), (&8.into(), &16.into()));
        let answer = redeem(stack, &mary, "FIFTH").await.expect(200);
        assert_eq!((&answer["tokensGranted"], &answer["newBalance"]), (&3.into(), &19.into()));
        let depleted = "select count(*) from vouchers where code = 'FIFTH' and status = 'DEPLETED'";
        assert_eq!(stack.number(depleted).await, 1);
        add_up(stack).await;
    })
    .await;
}

/// What is due to a person when the code comes is not lost to a well that the code fills.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_have_grown_are_there_after_a_redemption() {
    with_stack(async |stack| {
        voucher(stack, "LAUNCH100", "FIXED_TOKENS", 100, None).await;
        let ada = stack.sign_up("ada").await;
        set_balance(stack, &ada, 0).await;
        stack.sql("update user_token_balances set last_regeneration = now()").await;
        stack.set_clock(45 * 60);
        assert_eq!(redeem(stack, &ada, "LAUNCH100").await.expect(200)["newBalance"], 103);
        assert_eq!(stack.balance(&ada).await["balance"], 103);
        // Somebody imported, without a wallet, gets one first.
        let imported = crowd(stack, 1).await.remove(0);
        stack.sql("delete from token_transactions where user_id like 'user_000%1'").await;
        stack.sql("delete from user_token_balances where user_id like 'user_000%1'").await;
        assert_eq!(redeem(stack, &imported, "LAUNCH100").await.expect(200)["newBalance"], 110);
        add_up(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redemption_that_cannot_be_paid_has_not_happened() {
    with_stack(async |stack| {
        voucher(stack, "LAUNCH100", "FIXED_TOKENS", 100, Some(1)).await;
        let ada = stack.sign_up("ada").await;
        stack.sql("alter table user_token_balances add constraint not_rich check (balance < 100)").await;
        redeem(stack, &ada, "LAUNCH100").await.expect_error(500, "internal");
        assert_eq!(stack.number("select count(*) from voucher_redemptions").await, 0);
        assert_eq!(stack.number("select count(*) from vouchers where status = 'ACTIVE' and current_uses = 0").await, 1);
        stack.sql("alter table user_token_balances drop constraint not_rich").await;

        // Six failures of ours are no attempts in vain.
        stack.sql("revoke update on vouchers from spike_app").await;
        for _ in 0..6 {
            redeem(stack, &ada, "LAUNCH100").await.expect_error(503, "unavailable");
        }
        stack.sql("grant update on vouchers to spike_app").await;
        redeem(stack, &ada, "LAUNCH100").await.expect(200);
        add_up(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vouchers_of_the_launch_are_seeded_and_never_reset() {
    with_stack(async |stack| {
        let seed =
            async || stack.bundle.invoke("migrate", json!({ "action": "seed", "name": "vouchers" })).await.unwrap();
        seed().await;
        let ada = stack.sign_up("ada").await;
        for (code, balance) in [("LAUNCH100", 110), ("WELCOME50", 160), ("BETA25", 185)] {
            assert_eq!(redeem(stack, &ada, code).await.expect(200)["newBalance"], balance);
        }
        stack.sql("update vouchers set status = 'INACTIVE' where code = 'BETA25'").await;
        stack.sql("update vouchers set deleted_at = now() where code = 'WELCOME50'").await;
        seed().await;
        let kept = "select count(*) from vouchers
                     where current_uses = 1 and (code, max_uses) in (('LAUNCH100', 1000), ('BETA25', 500))";
        assert_eq!(stack.number(kept).await, 2);
        assert_eq!(stack.number("select count(*) from vouchers").await, 3);
        assert_eq!(stack.number("select count(*) from vouchers where status = 'INACTIVE'").await, 1);
        add_up(stack).await;
    })
    .await;
}
