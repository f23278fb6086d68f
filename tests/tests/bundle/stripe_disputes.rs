//! Payments that a bank asks back.

use local::stripe::{Package, dispute, event, paid_checkout};
use serde_json::Value;
use tests::{STRIPE_SECRETS, Stack, with_stack};

async fn send(stack: &Stack, kind: &str, object: Value) {
    stack.stripe(&event(kind, object).unwrap(), STRIPE_SECRETS[0]).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_dispute_takes_the_tokens_and_a_won_one_does_not() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        // Each event by itself, in the order of each row; all rows end as their closed dispute says.
        let (bought, created, closed) =
            ("checkout.session.completed", "charge.dispute.created", "charge.dispute.closed");
        let orders = [
            [bought, created, closed],
            [bought, closed, created],
            [created, bought, closed],
            [created, closed, bought],
            [closed, bought, created],
            [closed, created, bought],
        ];
        let mut number = 0;
        for end in ["won", "lost"] {
            for order in orders {
                number += 1;
                let package = Package::find("starter").unwrap();
                let session = paid_checkout(&ada.id, &ada.email, package).unwrap();
                let id = format!("dp_{number}");
                for kind in order {
                    let object = match kind {
                        "charge.dispute.created" => dispute(&session, &id, "needs_response").unwrap(),
                        "charge.dispute.closed" => dispute(&session, &id, end).unwrap(),
                        _ => session.clone(),
                    };
                    send(stack, kind, object).await;
                    if kind == created && order == orders[0] {
                        let open = "select count(*) from stripe_payments where status = 'DISPUTED'";
                        assert_eq!(stack.number(open).await, 1, "no tokens are moved while it is open");
                    }
                }
                let status = if end == "won" { "SUCCEEDED" } else { "REFUNDED" };
                let query = format!(
                    "select count(*) from stripe_payments p join stripe_disputes d on d.payment_id = p.id
                      where d.id = '{id}' and d.status = '{end}' and p.status = '{status}'"
                );
                assert_eq!(stack.number(&query).await, 1, "{end} {order:?}");
            }
        }
        assert_eq!(stack.balance(&ada).await["balance"], 10 + 6 * 10);
    })
    .await;
}
