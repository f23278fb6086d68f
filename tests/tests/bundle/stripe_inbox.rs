//! Events that fail, and what an administrator can do about them.

use local::stripe::{Package, event, paid_checkout};
use serde_json::{Value, json};
use tests::{Person, STRIPE_SECRETS, Stack, with_stack};

const COMPLETED: &str = "checkout.session.completed";

fn checkout(person: &Person) -> Value {
    paid_checkout(&person.id, &person.email, Package::find("starter").unwrap()).unwrap()
}

async fn administrator(stack: &Stack) -> Person {
    let root = stack.sign_up("root").await;
    stack.sql(&format!("update users set role = 'ADMIN' where id = '{}'", root.id)).await;
    root
}

async fn replay(stack: &Stack, who: &Person, id: &str) -> tests::Answer {
    let path = format!("/api/admin/stripe/events/{id}/replay");
    stack.send(stack.request("POST", &path).bearer_auth(&who.token)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_event_is_kept_and_applied_when_it_comes_again() {
    with_stack(async |stack| {
        let (root, ada) = (administrator(stack).await, stack.sign_up("ada").await);
        stack
            .sql(
                "create function fails() returns trigger language plpgsql as $$ begin raise exception 'of %', new.user_id; end $$;
                 create trigger fails before insert on stripe_payments for each row execute function fails()",
            )
            .await;
        let first = event(COMPLETED, checkout(&ada)).unwrap();
        let second = event(COMPLETED, checkout(&ada)).unwrap();
        for _ in 0..2 {
            stack.stripe(&first, STRIPE_SECRETS[0]).await.expect_error(500, "internal");
        }
        stack.stripe(&second, STRIPE_SECRETS[0]).await.expect_error(500, "internal");
        assert_eq!(stack.balance(&ada).await["balance"], 10);
        let list = stack.get("/api/admin/stripe/events?outcome=FAILED", Some(&root.token)).await.expect(200);
        assert_eq!(list["events"].as_array().unwrap().len(), 2, "{list}");
        let id = first["id"].as_str().unwrap();
        let shown = stack.get(&format!("/api/admin/stripe/events/{id}"), Some(&root.token)).await.expect(200);
        assert_eq!((&shown["attempts"], &shown["payload"]), (&2.into(), &first));
        assert!(!shown["reason"].as_str().unwrap().contains(&ada.id), "{shown}");
        replay(stack, &root, id).await.expect_error(500, "internal");

        stack.sql("drop trigger fails on stripe_payments").await;
        stack.stripe(&first, STRIPE_SECRETS[0]).await.expect(200);
        let second = second["id"].as_str().unwrap();
        for _ in 0..2 {
            let again = replay(stack, &root, second).await.expect(200);
            assert_eq!((&again["outcome"], &again["attempts"]), (&"APPLIED".into(), &2.into()));
        }
        assert_eq!(stack.balance(&ada).await["balance"], 30);
        let audited = "select count(*) from audit_logs where action = 'INTEGRATION_SYNC'";
        assert_eq!(stack.number(audited).await, 2, "one for each that was worked on");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_rejected_is_applied_once_its_cause_is_gone() {
    with_stack(async |stack| {
        let (root, ada) = (administrator(stack).await, stack.sign_up("ada").await);
        stack.sql("update tokens_packages set amount_minor = 300 where code = 'starter'").await;
        let event = event(COMPLETED, checkout(&ada)).unwrap();
        let id = event["id"].as_str().unwrap();
        stack.stripe(&event, STRIPE_SECRETS[0]).await.expect(200);
        assert_eq!(replay(stack, &root, id).await.expect(200)["outcome"], "REJECTED");
        stack.sql("update tokens_packages set amount_minor = 299 where code = 'starter'").await;
        // Stripe's own repetition does not: it has been told that the event was taken.
        stack.stripe(&event, STRIPE_SECRETS[0]).await.expect(200);
        assert_eq!(stack.balance(&ada).await["balance"], 10);
        assert_eq!(replay(stack, &root, id).await.expect(200)["outcome"], "APPLIED");
        assert_eq!(stack.balance(&ada).await["balance"], 20);
        replay(stack, &ada, id).await.expect_error(403, "admin_required");
        replay(stack, &root, "evt_of_nobody").await.expect_error(404, "not_found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_is_read_page_by_page() {
    with_stack(async |stack| {
        let root = administrator(stack).await;
        for number in 0..5 {
            let kind = if number == 0 { "payment_intent.succeeded" } else { "customer.tax_id.created" };
            let object = json!({ "id": format!("x_{number}"), "metadata": { "type": "merch_order" } });
            stack.stripe(&event(kind, object).unwrap(), STRIPE_SECRETS[0]).await.expect(200);
        }
        let (mut seen, mut next) = (vec![], String::new());
        loop {
            let path = format!("/api/admin/stripe/events?limit=2&cursor={next}");
            let page = stack.get(&path, Some(&root.token)).await.expect(200);
            seen.extend(page["events"].as_array().unwrap().iter().map(|event| event["objectId"].clone()));
            match page["nextCursor"].as_str() {
                Some(cursor) => next = cursor.to_owned(),
                None => break,
            }
        }
        assert_eq!(json!(seen), json!(["x_4", "x_3", "x_2", "x_1", "x_0"]));
        let orders = "/api/admin/stripe/events?outcome=IGNORED&type=payment_intent.succeeded";
        let orders = stack.get(orders, Some(&root.token)).await.expect(200);
        assert_eq!(orders["events"][0]["reason"], "orders are not taken yet");
        for query in ["outcome=x", "limit=0", "limit=101", "limit=x"] {
            let answer = stack.get(&format!("/api/admin/stripe/events?{query}"), Some(&root.token)).await;
            assert_eq!(answer.status, 400, "{query}");
        }
    })
    .await;
}
