//! Refunds: of a spend that there is, never more than it took, each once.

use futures_util::future::join_all;
use shared::ledger::{self, Outcome, RefundOutcome};
use shared::{Statement, Tokens};
use tests::with_stack;

use crate::till::{cost, database, earning, people, post, refund, refunding, spending, three_sums, waiting};

#[tokio::test(flavor = "multi_thread")]
async fn cancel_failure_and_cleanup_at_once_give_back_once() {
    with_stack(async |stack| {
        people(stack, 1, 200).await;
        let database = database(stack);
        for round in 0..20 {
            let key = format!("job:{round}");
            assert!(matches!(post(&database, || spending("p0", 10, &key)).await, Outcome::Posted(_)));
            let locked = async |reason: &str| {
                let statements = [ledger::lock("p0"), refunding("p0", &key, None, 10, reason)];
                let [_, rows] = database.write(statements).await.unwrap();
                ledger::refund_outcome(&rows, cost(10)).unwrap()
            };
            // Two that lock the wallet first, and one that does not.
            let outcomes = tokio::join!(
                Box::pin(locked("cancelled")),
                Box::pin(locked("processing_failed")),
                Box::pin(refund(&database, "p0", &key, None, 10))
            );
            let outcomes = [outcomes.0, outcomes.1, outcomes.2];
            let made = outcomes.iter().filter(|one| matches!(one, RefundOutcome::Refunded(_))).count();
            let known = outcomes.iter().filter(|one| **one == RefundOutcome::AlreadyRefunded).count();
            assert_eq!((made, known), (1, 2), "{outcomes:?}");
        }
        assert_eq!(three_sums(stack, "p0").await, [200, 200, 200]);
        assert_eq!(stack.number("select total_refunded from user_token_balances").await, 200);
        let named = "select count(*) from token_transactions r join token_transactions s
                         on s.user_id = r.user_id and s.event_key = r.metadata ->> 'refundOf'
                      where r.type = 'REFUND' and r.source = 'enhancement_failed' and r.source_id = s.source_id";
        assert_eq!(stack.number(named).await, 20);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_never_add_up_to_more_than_was_spent() {
    with_stack(async |stack| {
        people(stack, 1, 10).await;
        let database = database(stack);
        post(&database, || spending("p0", 10, "batch")).await;
        let outcomes = join_all((1..=8).map(|part| refund(&database, "p0", "batch", Some(part), 3))).await;
        let made = outcomes.iter().filter(|one| matches!(one, RefundOutcome::Refunded(_))).count();
        let refused = outcomes.iter().filter(|one| **one == RefundOutcome::TooMuch(Tokens(1))).count();
        assert_eq!((made, refused), (3, 5), "{outcomes:?}");
        assert_eq!(refund(&database, "p0", "batch", None, 10).await, RefundOutcome::TooMuch(Tokens(1)));
        assert_eq!(refund(&database, "p0", "batch", Some(100), 1).await, RefundOutcome::Refunded(Tokens(10)));
        assert_eq!(refund(&database, "p0", "batch", Some(100), 1).await, RefundOutcome::AlreadyRefunded);
        assert_eq!(refund(&database, "p0", "batch", Some(99), 1).await, RefundOutcome::TooMuch(Tokens(0)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_ones_own_spends_are_given_back() {
    with_stack(async |stack| {
        people(stack, 2, 10).await;
        let database = database(stack);
        post(&database, || spending("p0", 5, "job:1")).await;
        post(&database, || earning("p1", "EARN_PURCHASE", 5, "bought")).await;
        for (person, key) in [("p1", "job:1"), ("p0", "job:2"), ("p1", "bought"), ("p1", "import"), ("nobody", "job:1")]
        {
            assert_eq!(refund(&database, person, key, None, 5).await, RefundOutcome::NoSuchSpend, "{person} {key}");
        }
        assert_eq!(refund(&database, "p0", "job:1", None, 6).await, RefundOutcome::TooMuch(Tokens(5)));
        assert_eq!(refund(&database, "p0", "job:1", None, 5).await, RefundOutcome::Refunded(Tokens(10)));
        // A refund is no spend either.
        assert_eq!(refund(&database, "p0", "refund:job:1", None, 5).await, RefundOutcome::NoSuchSpend);
    })
    .await;
}

/// Without the lock a refund that had to wait finds that the wallet has moved, and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_waited_is_tried_again() {
    with_stack(async |stack| {
        people(stack, 1, 10).await;
        let database = database(stack);
        post(&database, || spending("p0", 4, "job:1")).await;
        let (holder, _) = database.begin([refunding("p0", "job:1", Some(1), 4, "cancelled")]).await.unwrap();
        let other = tokio::spawn({
            let database = database.clone();
            async move { database.write([refunding("p0", "job:1", Some(2), 4, "cleanup")]).await }
        });
        waiting(stack, 1).await;
        holder.commit([] as [Statement; 0]).await.unwrap();
        let [rows] = other.await.unwrap().unwrap();
        assert_eq!(ledger::refund_outcome(&rows, cost(4)).unwrap(), RefundOutcome::Contended);
        assert_eq!(refund(&database, "p0", "job:1", Some(2), 4).await, RefundOutcome::TooMuch(Tokens(0)));
        assert_eq!(three_sums(stack, "p0").await, [10, 10, 10]);
    })
    .await;
}
