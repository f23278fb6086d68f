//! Every order of the same events tells the same story.

use serde_json::{Value, json};

use super::facts::Fact;
use super::state::{Cause, Item, Story, told};
use crate::stripe::catalogue::{Catalogue, Plan, Price, Tier};

fn catalogue() -> Catalogue {
    let price = |pence| Price(pence, "gbp".to_owned());
    let tier =
        |(name, capacity, pence): (&str, i64, i64)| Tier { name: name.to_owned(), capacity, price: price(pence) };
    let plan = Plan { code: "hobby".to_owned(), tokens: 30, price: price(499), keeps: Some(30) };
    let tiers = [("FREE", 10, 0), ("BASIC", 20, 500), ("STANDARD", 50, 1000), ("PREMIUM", 100, 2000)];
    Catalogue { plans: vec![plan], tiers: tiers.map(tier).into() }
}

const P1: (i64, i64) = (1_000, 2_000);
const P2: (i64, i64) = (2_000, 3_000);

fn metadata(tier: &str, before: &str) -> Value {
    json!({ "type": "tier_upgrade", "userId": "user_1", "tier": tier, "previousTier": before })
}

fn fact(id: &str, kind: &str, at: i64, object: Value) -> Fact {
    Fact::of(id.to_owned(), kind, at, &json!({ "object": object })).unwrap()
}

fn checkout(tier: &str, pence: i64) -> Fact {
    let session = json!({
        "payment_status": "paid", "amount_total": pence, "currency": "gbp", "metadata": metadata(tier, "FREE"),
    });
    fact("evt_checkout", "checkout.session.completed", 1_010, session)
}

fn snapshot(id: &str, kind: &str, at: i64, status: &str, pence: i64, period: (i64, i64), metadata: Value) -> Fact {
    let item = json!({
        "id": "si_1", "price": { "unit_amount": pence, "currency": "gbp" },
        "current_period_start": period.0, "current_period_end": period.1,
    });
    let object = json!({
        "status": status, "created": 1_000, "cancel_at_period_end": false, "metadata": metadata,
        "items": { "data": [item] },
    });
    fact(id, &format!("customer.subscription.{kind}"), at, object)
}

fn invoice(id: &str, at: i64, reason: &str, pence: i64, period: (i64, i64)) -> Fact {
    let line = json!({ "amount": pence, "period": { "start": period.0, "end": period.1 } });
    let object = json!({
        "id": id, "billing_reason": reason, "amount_paid": pence, "currency": "gbp", "subscription": "sub_1",
        "lines": { "data": [line] },
    });
    fact(id, "invoice.paid", at, object)
}

/// Every order of `facts`.
fn orders(facts: &[Fact]) -> Vec<Vec<Fact>> {
    let Some((first, rest)) = facts.split_first() else { return vec![vec![]] };
    let insert = |order: Vec<Fact>| {
        (0..=order.len()).map(move |place| {
            let mut order = order.clone();
            order.insert(place, first.clone());
            order
        })
    };
    orders(rest).into_iter().flat_map(insert).collect()
}

fn same_in_every_order(facts: &[Fact]) -> Story {
    let story = told("sub_1", facts.to_vec(), &catalogue());
    let all = orders(facts);
    assert_eq!(all.len(), (1..=facts.len()).product::<usize>());
    for mut order in all {
        let again = order.first().cloned();
        order.extend(again);
        let other = told("sub_1", order, &catalogue());
        assert_eq!((&other.state, &other.grants), (&story.state, &story.grants));
    }
    story
}

#[test]
fn a_tier_that_is_bought_lowered_and_renewed() {
    let story = same_in_every_order(&[
        checkout("PREMIUM", 2_000),
        snapshot("evt_1", "created", 1_000, "incomplete", 2_000, P1, metadata("PREMIUM", "FREE")),
        snapshot("evt_2", "updated", 1_020, "active", 2_000, P1, metadata("PREMIUM", "FREE")),
        invoice("in_1", 1_005, "subscription_create", 2_000, P1),
        snapshot("evt_3", "updated", 1_500, "active", 500, P1, metadata("PREMIUM", "FREE")),
        invoice("in_2", 2_005, "subscription_cycle", 500, P2),
    ]);
    let state = story.state.unwrap();
    assert_eq!(
        (&state.item, state.status, state.downgrade_to, state.period),
        (&Item::Tier(1), "ACTIVE", None, Some(P2))
    );
    assert_eq!(story.grants.len(), 1, "a lower tier and a renewal give nothing: {:?}", story.grants);
    assert_eq!((story.grants[0].tokens, &story.grants[0].cause), (100, &Cause::Upgrade(3)));
    assert!(story.faults.is_empty(), "{:?}", story.faults);
}

#[test]
fn a_lower_tier_waits_for_the_end_of_the_period_and_nothing_follows_the_end() {
    let mut facts = vec![
        checkout("BASIC", 500),
        snapshot("evt_1", "created", 1_000, "active", 500, P1, metadata("BASIC", "FREE")),
        snapshot("evt_2", "updated", 1_100, "active", 2_000, P1, metadata("PREMIUM", "BASIC")),
        snapshot("evt_3", "updated", 1_200, "past_due", 500, P1, metadata("PREMIUM", "BASIC")),
    ];
    let story = same_in_every_order(&facts);
    let state = story.state.unwrap();
    assert_eq!((&state.item, state.status, state.downgrade_to), (&Item::Tier(3), "PAST_DUE", Some(1)));
    let keys: Vec<_> = story.grants.iter().map(|grant| grant.event_key.as_str()).collect();
    assert_eq!(keys, ["stripe:tier:sub_1:BASIC", "stripe:tier:sub_1:PREMIUM"]);

    facts.push(snapshot("evt_4", "deleted", 1_300, "canceled", 500, P1, metadata("PREMIUM", "BASIC")));
    facts.push(snapshot("evt_5", "updated", 1_400, "active", 2_000, P1, metadata("PREMIUM", "BASIC")));
    let state = same_in_every_order(&facts).state.unwrap();
    assert_eq!((state.status, state.downgrade_to), ("CANCELED", None));
}

#[test]
fn what_is_paid_decides() {
    let told = |fact: Fact| told("sub_1", vec![fact], &catalogue());
    for (tier, pence) in [("GOLD", 500), ("FREE", 0), ("PREMIUM", 1), ("PREMIUM", 500), ("", 500)] {
        let story = told(checkout(tier, pence));
        assert!(story.state.is_none() && story.grants.is_empty() && story.faults.len() == 1, "{tier} {pence}");
    }
    // Less than the metadata claims is less, and no grant.
    let story = told(snapshot("evt_1", "updated", 1, "active", 500, P1, metadata("PREMIUM", "FREE")));
    assert_eq!(story.state.unwrap().item, Item::Tier(1));
    assert!(story.grants.is_empty());
    for status in ["incomplete", "trialing", "past_due"] {
        let story = told(snapshot("evt_1", "created", 1, status, 500, P1, metadata("BASIC", "FREE")));
        assert!(story.grants.is_empty(), "{status}");
    }
    assert_eq!(told(invoice("in_1", 1, "subscription_cycle", 499, P1)).user_id, None, "nothing says whose it is");
}

#[test]
fn a_status_that_nobody_knows_gives_nothing() {
    for (stripe, ours) in [
        ("active", "ACTIVE"),
        ("trialing", "TRIALING"),
        ("past_due", "PAST_DUE"),
        ("unpaid", "UNPAID"),
        ("incomplete", "UNPAID"),
        ("paused", "UNPAID"),
        ("something new", "UNPAID"),
        ("canceled", "CANCELED"),
        ("incomplete_expired", "CANCELED"),
    ] {
        let story = told(
            "sub_1",
            vec![snapshot("evt_1", "updated", 1, stripe, 500, P1, metadata("BASIC", "BASIC"))],
            &catalogue(),
        );
        assert_eq!(story.state.unwrap().status, ours, "{stripe}");
    }
}
