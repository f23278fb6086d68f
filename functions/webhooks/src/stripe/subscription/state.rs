//! Where a subscription is, from everything that was ever said about it: the same events give the same state, in whatever
//! order and however often they come.

use super::facts::{Change, Fact, Metadata, Period, Snapshot, What};
use crate::stripe::catalogue::{Catalogue, Plan, Price, Rank};

/// What somebody pays for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Plan(String),
    Tier(Rank),
}

/// A subscription of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub user_id: String,
    pub item: Item,
    /// As `subscriptions.status` has it.
    pub status: &'static str,
    pub cancel_at_period_end: bool,
    pub stripe_item_id: Option<String>,
    pub period: Option<Period>,
    /// A lower tier that is paid for from the end of the period on.
    pub downgrade_to: Option<Rank>,
    /// When it began, in seconds since 1970.
    pub started: i64,
    /// The newest event: when it was made, and its id.
    pub changed: (i64, String),
}

/// Tokens that a subscription gives once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub event_key: String,
    pub tokens: i64,
    pub cause: Cause,
}

/// What for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The first month of a plan.
    FirstMonth,
    /// Another month of it, that began at this time.
    Month { invoice: String, start: i64 },
    /// A larger well, full.
    Upgrade(Rank),
}

/// What the facts come to.
#[derive(Debug, Default)]
pub struct Story {
    /// Nothing when no fact is about something that we sell.
    pub state: Option<State>,
    /// In their order.
    pub grants: Vec<Grant>,
    /// Whose it is said to be.
    pub user_id: Option<String>,
    /// Lower tiers that Stripe has spoken of.
    pub announced: Vec<Rank>,
    /// What does not agree with the catalogue: event, and what is wrong.
    pub faults: Vec<(String, String)>,
}

/// Reads `facts` in their own order.
pub fn told(subscription_id: &str, mut facts: Vec<Fact>, catalogue: &Catalogue) -> Story {
    facts.sort_by(|a, b| a.order().cmp(&b.order()));
    let ours = |fact: &&Fact| fact.metadata.user_id.is_some() && fact.metadata.r#type.is_some();
    let Some(own) = facts.iter().find(ours).map(|fact| fact.metadata.clone()) else { return Story::default() };
    let user_id = own.user_id.clone();
    let mut teller = Teller { subscription_id, catalogue, own, story: Story { user_id, ..Story::default() } };
    for fact in &facts {
        if let Err(fault) = teller.tell(fact) {
            teller.story.faults.push((fact.event_id.clone(), fault));
        }
    }
    teller.story
}

struct Teller<'a> {
    subscription_id: &'a str,
    catalogue: &'a Catalogue,
    /// For events that do not say it themselves.
    own: Metadata,
    story: Story,
}

impl Teller<'_> {
    fn tell(&mut self, fact: &Fact) -> Result<(), String> {
        let paid_for = self.paid_for(fact);
        if let Ok(item) = &paid_for {
            self.grant(fact, item);
            self.enter(fact, item);
        }
        let Some(state) = &mut self.story.state else { return paid_for.map(|_| ()) };
        match &fact.what {
            What::Snapshot(snapshot) => {
                state.status = status(&snapshot.status, snapshot.change);
                state.cancel_at_period_end = snapshot.cancel_at_period_end && state.status != "CANCELED";
                state.stripe_item_id = snapshot.item.clone().or(state.stripe_item_id.take());
                state.started = snapshot.started;
                state.changed = (fact.at, fact.event_id.clone());
                if state.status == "CANCELED" {
                    state.downgrade_to = None;
                    return Ok(());
                }
            }
            What::Checkout { .. } | What::Invoice { .. } => {}
        }
        paid_for.map(|_| ())
    }

    /// Which of the things that we sell the fact is about; the price decides whether it is that.
    fn paid_for(&self, fact: &Fact) -> Result<Item, String> {
        let metadata = if fact.metadata.r#type.is_some() { &fact.metadata } else { &self.own };
        let price = fact.price.as_ref();
        match metadata.r#type.as_deref() {
            Some("subscription") => {
                let code = metadata.plan_id.as_deref().unwrap_or_default();
                let plan = self.catalogue.plan(code).ok_or_else(|| format!("there is no plan {code}"))?;
                let whole = match &fact.what {
                    What::Invoice { paid, renews: true, .. } => *paid == plan.price.0,
                    _ => true,
                };
                match price == Some(&plan.price) && whole {
                    true => Ok(Item::Plan(plan.code.clone())),
                    false => Err(mismatch(code, &plan.price, price)),
                }
            }
            Some("tier_upgrade") => {
                let name = metadata.tier.as_deref().unwrap_or_default();
                let claimed = self.catalogue.rank(name).filter(|rank| *rank > 0);
                let claimed = claimed.ok_or_else(|| format!("there is no tier {name} to be bought"))?;
                let sold = price.and_then(|price| self.catalogue.sold_at(price));
                let asked = self.catalogue.tiers.get(claimed).map(|tier| &tier.price);
                match (&fact.what, sold) {
                    (What::Checkout { .. }, Some(sold)) if sold == claimed => Ok(Item::Tier(claimed)),
                    // Less is paid than the metadata says: that is what there is.
                    (What::Snapshot(_), Some(sold)) => Ok(Item::Tier(sold.min(claimed))),
                    (What::Invoice { .. }, Some(sold)) => Ok(Item::Tier(sold)),
                    _ => Err(asked.map_or_else(String::new, |asked| mismatch(name, asked, price))),
                }
            }
            other => Err(format!("{other:?} is no type of ours")),
        }
    }

    /// What the fact has earned, if anything.
    fn grant(&mut self, fact: &Fact, item: &Item) {
        let (id, catalogue) = (self.subscription_id, self.catalogue);
        let plan = |code: &str| catalogue.plan(code).map_or(0, |plan: &Plan| plan.tokens);
        let full = |rank: Rank| catalogue.tiers.get(rank).map_or(0, |tier| tier.capacity);
        let grant = match (&fact.what, item) {
            (What::Checkout { paid: true }, Item::Plan(code)) => Grant {
                event_key: format!("stripe:subscription:{id}:initial"),
                tokens: plan(code),
                cause: Cause::FirstMonth,
            },
            (What::Invoice { id: invoice, renews: true, .. }, Item::Plan(code)) => Grant {
                event_key: format!("stripe:invoice:{invoice}"),
                tokens: plan(code),
                cause: Cause::Month { invoice: invoice.clone(), start: fact.period.map_or(0, |period| period.0) },
            },
            (What::Checkout { paid: true }, Item::Tier(rank)) => self.upgrade(*rank, full(*rank)),
            (What::Snapshot(snapshot), Item::Tier(rank)) if self.is_upgrade(fact, snapshot, *rank) => {
                self.upgrade(*rank, full(*rank))
            }
            _ => return,
        };
        if !self.story.grants.iter().any(|known| known.event_key == grant.event_key) {
            self.story.grants.push(grant);
        }
    }

    fn upgrade(&self, rank: Rank, tokens: i64) -> Grant {
        let event_key = format!("stripe:tier:{}:{}", self.subscription_id, self.catalogue.name(rank));
        Grant { event_key, tokens, cause: Cause::Upgrade(rank) }
    }

    /// Whether a live subscription has come to this tier from a lower one, as far as this event alone can tell.
    fn is_upgrade(&self, fact: &Fact, snapshot: &Snapshot, rank: Rank) -> bool {
        let rank_of = |name: &Option<String>| name.as_deref().and_then(|name| self.catalogue.rank(name));
        let before = rank_of(&snapshot.tier_before).max(rank_of(&fact.metadata.previous_tier)).unwrap_or(0);
        snapshot.status == "active"
            && snapshot.change != Change::Deleted
            && rank_of(&fact.metadata.tier) == Some(rank)
            && rank > before
    }

    /// The fact's item and period, against those before.
    fn enter(&mut self, fact: &Fact, item: &Item) {
        let Some(state) = &mut self.story.state else {
            self.story.state = Some(State {
                user_id: self.story.user_id.clone().unwrap_or_default(),
                item: item.clone(),
                status: "ACTIVE",
                cancel_at_period_end: false,
                stripe_item_id: None,
                period: fact.period,
                downgrade_to: None,
                started: fact.at,
                changed: (0, fact.event_id.clone()),
            });
            return;
        };
        let entered = fact.period.is_some_and(|period| state.period.is_none_or(|known| period.0 > known.0));
        let first = state.period.is_none();
        state.period = state.period.max(fact.period);
        match (&mut state.item, item) {
            (Item::Tier(tier), Item::Tier(paid)) if paid >= tier => {
                *tier = *paid;
                state.downgrade_to = None;
            }
            (Item::Tier(tier), Item::Tier(paid)) if entered && !first => {
                *tier = *paid;
                state.downgrade_to = None;
            }
            (Item::Tier(_), Item::Tier(paid)) => {
                state.downgrade_to = Some(*paid);
                self.story.announced.push(*paid);
            }
            (known, _) => *known = item.clone(),
        }
    }
}

/// Ours for Stripe's.
fn status(status: &str, change: Change) -> &'static str {
    match status {
        _ if change == Change::Deleted => "CANCELED",
        "active" => "ACTIVE",
        "trialing" => "TRIALING",
        "past_due" => "PAST_DUE",
        "canceled" | "incomplete_expired" => "CANCELED",
        // Also for what Stripe may add: nothing is given for a status that nobody knows.
        _ => "UNPAID",
    }
}

fn mismatch(what: &str, asked: &Price, price: Option<&Price>) -> String {
    let paid =
        price.map_or_else(|| "nothing that is known".to_owned(), |Price(amount, code)| format!("{amount} {code}"));
    format!("{what} costs {} {}, but {paid} was paid", asked.0, asked.1)
}
