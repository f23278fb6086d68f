//! Referrals that were left, and tokens that are owed.

use serde_json::json;
use tests::{PASSWORD, Person, Stack, with_stack};

use crate::{done, five_at_once, run, sum};

/// People whom Ada brought and whose address was proved while nobody looked.
async fn brought(stack: &Stack, ada: &Person, count: usize) {
    let link = stack.get("/api/referral/link", Some(&ada.token)).await.expect(200);
    for number in 0..count {
        let email = format!("friend{number}@inbox{number}.example");
        let body = json!({ "email": email, "password": PASSWORD, "referralCode": link["code"] });
        stack.post("/api/auth/signup", &body).await.expect(200);
    }
    // From other networks.
    stack
        .sql("update referrals set ip_address = null; update referrals set created_at = created_at - interval '2 days'")
        .await;
}

const PROVE: &str = "update users set email_verified = now() where email like 'friend%'";
/// Each a day after the one before, so that they may be from one network.
const APART: &str = "
update referrals r
   set created_at = r.created_at - interval '2 days' * n.place
  from (select id, row_number() over (order by id desc) as place from referrals) n
 where n.id = r.id";

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_that_was_left_is_paid_once() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        brought(stack, &ada, 3).await;
        stack.sql(APART).await;
        assert_eq!(done(stack, "referrals.sweep").await, json!({ "completed": 0, "invalid": 0, "failed": 0 }));
        stack.sql(PROVE).await;
        stack.sql("update users set deleted_at = now(), email = null, name = null, password_hash = null where email like 'friend2%'").await;
        let worked = five_at_once(stack, "referrals.sweep").await;
        assert_eq!((sum(&worked, "completed"), sum(&worked, "invalid")), (2, 0), "{worked:?}");
        assert_eq!(stack.balance(&ada).await["balance"], 10 + 2 * 50);
        assert_eq!(stack.number("select count(*) from referrals where status = 'COMPLETED'").await, 2);
        assert_eq!(done(stack, "referrals.sweep").await["completed"], 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_does_not_keep_the_others_waiting() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        brought(stack, &ada, 3).await;
        stack.sql(APART).await;
        stack.sql(PROVE).await;
        // The first of them has a wallet that can't be written.
        stack
            .sql(
                "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
                 create trigger refuse before update on user_token_balances for each row
                   when (old.balance = 11) execute function refuse();
                 alter table user_token_balances disable trigger user_token_balances_updated_at;
                 update token_transactions set amount = 11, balance_after = 11
                  where user_id = (select referee_id from referrals order by id limit 1);
                 update user_token_balances set balance = 11, total_earned = 11
                  where user_id = (select referee_id from referrals order by id limit 1)",
            )
            .await;
        let result = done(stack, "referrals.sweep").await;
        assert_eq!(result, json!({ "completed": 2, "invalid": 0, "failed": 1 }));
        let failed = run(stack, "referrals.sweep").await;
        assert_eq!(failed["status"], "FAILED", "nothing but failures: {failed}");
        stack.sql("drop trigger refuse on user_token_balances").await;
        assert_eq!(done(stack, "referrals.sweep").await["completed"], 1);
    })
    .await;
}

async fn owes(stack: &Stack, who: &Person, id: &str, tokens: i64) {
    stack
        .sql(&format!(
            "insert into token_debts (id, user_id, cause, tokens, created_at)
             values ('{id}', '{}', '{id}', {tokens}, now())",
            who.id
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_is_collected_as_the_wallet_fills() {
    with_stack(async |stack| {
        let (ada, bob) = (stack.sign_up("ada").await, stack.sign_up("bob").await);
        owes(stack, &ada, "debt_1", 3).await;
        owes(stack, &ada, "debt_2", 12).await;
        let worked = five_at_once(stack, "tokens.debts").await;
        assert_eq!((sum(&worked, "tokens"), sum(&worked, "settled")), (10, 1), "{worked:?}");
        let entries = "select count(*) from token_transactions where source = 'token_debt'";
        assert_eq!(stack.number(entries).await, 2);
        assert_eq!(done(stack, "tokens.debts").await, json!({ "people": 0, "tokens": 0, "settled": 0 }));

        // The well fills again.
        stack.set_clock(4 * 60 * 60);
        assert_eq!(stack.balance(&ada).await["balance"], 10);
        assert_eq!(done(stack, "tokens.debts").await, json!({ "people": 1, "tokens": 5, "settled": 1 }));
        assert_eq!(stack.balance(&ada).await["balance"], 5);
        assert_eq!(stack.balance(&bob).await["balance"], 10);
        assert_eq!(stack.number("select count(*) from token_debts where settled_at is null").await, 0);
        assert_eq!(stack.number(entries).await, 3);
    })
    .await;
}

/// Killed anywhere, a token is taken once and never without its debt.
#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_each_debt_is_collected_once() {
    with_stack(async |stack| {
        stack
            .sql(
                "insert into users (id, email, created_at)
                 select 'user_' || n, 'debtor' || n || '@example.com', now() from generate_series(1, 400) n;
                 insert into user_token_balances
                     (user_id, balance, last_regeneration, total_earned, transaction_count, created_at)
                 select 'user_' || n, 10, now(), 10, 1, now() from generate_series(1, 400) n;
                 insert into token_transactions
                     (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
                 select 'user_' || n, 1, 'txn_' || n, 10, 'EARN_BONUS', 'welcome', 'welcome', 10, now()
                   from generate_series(1, 400) n;
                 insert into token_debts (id, user_id, cause, tokens, created_at)
                 select 'debt_' || n, 'user_' || n, 'x', 7, now() from generate_series(1, 400) n",
            )
            .await;
        let settled = "select count(*) from token_debts where settled_at is not null";
        let killer = async {
            while stack.number(settled).await < 20 {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
            stack.bundle.kill("scheduled");
        };
        let invoked = stack.bundle.invoke("scheduled", json!({ "job": "tokens.debts" }));
        let (answer, ()) = tokio::join!(invoked, killer);
        answer.unwrap_err();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let before = stack.number(settled).await;
        assert!((20..400).contains(&before), "{before}");
        stack.set_clock(631);
        assert_eq!(done(stack, "tokens.debts").await["settled"], 400 - before);
        let taken = "select count(*) from token_transactions where source = 'token_debt' and amount = -7";
        assert_eq!(stack.number(taken).await, 400);
        assert_eq!(stack.number("select count(*) from user_token_balances where balance = 3").await, 400);
    })
    .await;
}
