//! The person's side of a subscription: their row, their tier, their tokens.

use jiff::Timestamp;
use serde_json::{Value, json};
use shared::ledger::{self, Movement};
use shared::{ApiError, Statement, Tokens};
use tokio_postgres::Row;

use super::rollover::{Month, Pool};
use super::state::{Cause, Grant, Item, State, Story};
use crate::stripe::catalogue::{Catalogue, Rank};

/// What there is, under the wallet's lock.
pub struct Wallet<'a> {
    subscription: &'a str,
    user_id: String,
    balance: i64,
    /// In all, less what was refunded.
    spent: i64,
    kept: Option<Kept>,
    /// Keys of grants that were made.
    known: Vec<String>,
}

/// The row of the person's subscription.
struct Kept {
    id: String,
    status: String,
    tier: Option<String>,
    downgrade_to: Option<String>,
    period_start: Option<i64>,
    started: i64,
    pool: Pool,
    spent_before: i64,
}

/// What is to be done, and said.
#[derive(Default)]
pub struct Outcome {
    pub statements: Vec<Statement>,
    /// Why someone has to look, though everything was done that could be.
    pub conflict: Option<String>,
    /// What is worth knowing of what was done.
    pub note: Option<String>,
}

impl<'a> Wallet<'a> {
    /// Locks the wallet until the transaction ends.
    pub fn lock(user_id: &str) -> Statement {
        Statement::new(LOCK).bind(user_id)
    }

    /// The row of the person's subscription.
    pub fn subscription(user_id: &str) -> Statement {
        Statement::new(SUBSCRIPTION).bind(user_id)
    }

    /// Which of these keys are in the ledger.
    pub fn granted(user_id: &str, keys: Value) -> Statement {
        Statement::new(GRANTED).bind(user_id).bind(keys)
    }

    /// What the answers say.
    ///
    /// # Errors
    /// A column is missing.
    pub fn of(subscription: &'a str, wallet: &Row, row: Option<&Row>, known: &[Row]) -> Result<Self, ApiError> {
        let kept = |row: &Row| -> Result<Kept, ApiError> {
            Ok(Kept {
                id: row.try_get("stripe_subscription_id")?,
                status: row.try_get("status")?,
                tier: row.try_get("tier")?,
                downgrade_to: row.try_get("downgrade_to")?,
                period_start: row.try_get("period_start")?,
                started: row.try_get("started")?,
                pool: Pool { tokens: row.try_get("plan_pool")? },
                spent_before: row.try_get("spent_before")?,
            })
        };
        Ok(Wallet {
            subscription,
            user_id: wallet.try_get("user_id")?,
            balance: wallet.try_get("balance")?,
            spent: wallet.try_get("spent")?,
            kept: row.map(kept).transpose()?,
            known: known.iter().map(|row| row.try_get("event_key")).collect::<Result<_, _>>()?,
        })
    }

    /// Brings row, tier and tokens to where the story ends.
    pub fn brought_to(self, story: &Story, catalogue: &Catalogue, now: Timestamp) -> Outcome {
        let mut outcome = Outcome::default();
        let Some(state) = &story.state else { return outcome };
        let state = self.with_own_wish(state.clone(), story, catalogue);
        let is_live = |status: &str| status != "CANCELED";
        let newest = match &self.kept {
            Some(kept) if kept.id != self.subscription => {
                let is_newer = (state.started, self.subscription) > (kept.started, kept.id.as_str());
                if is_live(&kept.status) && is_live(state.status) {
                    let text = format!("{} and {} are paid for at the same time: end one", kept.id, self.subscription);
                    match is_newer {
                        true => outcome.note = Some(text),
                        false => outcome.conflict = Some(text),
                    }
                }
                is_newer
            }
            _ => true,
        };
        let pool = match self.kept.as_ref().filter(|kept| kept.id == self.subscription) {
            Some(kept) => kept.pool.after(self.spent - kept.spent_before),
            None => Pool { tokens: 0 },
        };
        let mut granter = Granter { wallet: &self, pool, balance: self.balance, statements: vec![], now };
        if newest {
            granter.statements.push(tier(&self.user_id, &state, catalogue, now));
        }
        for grant in &story.grants {
            if !self.known.contains(&grant.event_key) {
                granter.grant(grant, story, &state, catalogue, newest);
            }
        }
        let pool = granter.pool;
        outcome.statements = granter.statements;
        if newest {
            outcome.statements.push(self.row(&state, pool, catalogue));
        }
        outcome
    }

    /// A downgrade that the person has asked for here, and that Stripe has not spoken of, happens when a new period begins.
    fn with_own_wish(&self, mut state: State, story: &Story, catalogue: &Catalogue) -> State {
        let Some(kept) = self.kept.as_ref().filter(|kept| kept.id == self.subscription) else { return state };
        let wished = kept.downgrade_to.as_deref().and_then(|name| catalogue.rank(name));
        let (Item::Tier(tier), Some(wished)) = (&mut state.item, wished) else { return state };
        if state.status == "CANCELED" || state.downgrade_to.is_some() || story.announced.contains(&wished) {
            return state;
        }
        let was = kept.tier.as_deref().and_then(|name| catalogue.rank(name)).unwrap_or(0);
        let entered = state.period.is_some_and(|period| kept.period_start.is_some_and(|known| period.0 > known));
        match entered {
            true => *tier = wished.min(*tier),
            false if *tier > was => {}
            false => state.downgrade_to = Some(wished),
        }
        state
    }

    fn row(&self, state: &State, pool: Pool, catalogue: &Catalogue) -> Statement {
        let moment = |seconds: i64| Timestamp::from_second(seconds).ok();
        let (plan, tier) = match &state.item {
            Item::Plan(code) => (Some(code.as_str()), None),
            Item::Tier(rank) => (None, Some(catalogue.name(*rank))),
        };
        Statement::new(ROW)
            .bind(self.user_id.as_str())
            .bind(self.subscription)
            .bind(state.stripe_item_id.as_deref())
            .bind(state.status)
            .bind(tier)
            .bind(plan)
            .bind(state.period.and_then(|period| moment(period.0)))
            .bind(state.period.and_then(|period| moment(period.1)))
            .bind(state.cancel_at_period_end)
            .bind(state.downgrade_to.map(|rank| catalogue.name(rank)))
            .bind(pool.tokens)
            .bind(self.spent.max(0))
            .bind(moment(state.changed.0))
            .bind(state.changed.1.as_str())
            .bind(moment(state.started))
    }
}

/// Makes grants, one after another.
struct Granter<'a> {
    wallet: &'a Wallet<'a>,
    pool: Pool,
    balance: i64,
    statements: Vec<Statement>,
    now: Timestamp,
}

impl Granter<'_> {
    fn grant(&mut self, grant: &Grant, story: &Story, state: &State, catalogue: &Catalogue, newest: bool) {
        let (source, id) = match &grant.cause {
            Cause::FirstMonth => ("subscription", self.wallet.subscription),
            Cause::Month { invoice, .. } => ("subscription_renewal", invoice.as_str()),
            Cause::Upgrade(_) => ("tier_upgrade", self.wallet.subscription),
        };
        if newest && let Item::Plan(code) = &state.item {
            let keeps = catalogue.plan(code).and_then(|plan| plan.keeps);
            let (pool, expired) = self.pool.granted(self.month(grant, story), grant.tokens, keeps);
            self.pool = pool;
            let expired = expired.min(self.balance);
            if expired > 0 {
                let key = format!("{}:rollover", grant.event_key);
                self.post("EARN_ADMIN_ADJUSTMENT", "subscription_rollover", id, key, -expired);
            }
        }
        self.post("EARN_PURCHASE", source, id, grant.event_key.clone(), grant.tokens);
    }

    fn post(&mut self, kind: &'static str, source: &'static str, id: &str, event_key: String, amount: i64) {
        let movement = Movement {
            user_id: &self.wallet.user_id,
            amount: Tokens(amount),
            kind,
            source,
            source_id: Some(id),
            event_key,
            metadata: Some(json!({ "subscriptionId": self.wallet.subscription })),
        };
        self.balance += amount;
        self.statements.push(ledger::post(movement, self.now));
    }

    /// Where a month is among those that were granted before.
    fn month(&self, grant: &Grant, story: &Story) -> Month {
        let start = |cause: &Cause| match cause {
            Cause::Month { start, .. } => *start,
            Cause::FirstMonth | Cause::Upgrade(_) => 0,
        };
        let granted = story.grants.iter().filter(|other| self.wallet.known.contains(&other.event_key));
        let newest = granted.map(|other| start(&other.cause)).max();
        match grant.cause {
            _ if newest.is_some_and(|newest| newest > start(&grant.cause)) => Month::Earlier,
            Cause::FirstMonth => Month::First,
            _ => Month::Next,
        }
    }
}

/// The tier of a wallet whose owner's subscription is this.
fn tier(user_id: &str, state: &State, catalogue: &Catalogue, now: Timestamp) -> Statement {
    const FREE: Rank = 0;
    let rank = match (&state.item, state.status) {
        (Item::Tier(rank), "ACTIVE" | "TRIALING" | "PAST_DUE") => *rank,
        _ => FREE,
    };
    Statement::new(TIER).bind(user_id).bind(catalogue.name(rank)).bind(now)
}

const LOCK: &str = "
select user_id, balance, total_spent - total_refunded as spent
  from user_token_balances
 where user_id = $1
   for update";

const SUBSCRIPTION: &str = "
select stripe_subscription_id, status::text as status, tier::text as tier, downgrade_to::text as downgrade_to,
       extract(epoch from current_period_start)::bigint as period_start, extract(epoch from created_at)::bigint as started,
       plan_pool, spent_before
  from subscriptions
 where user_id = $1";

const GRANTED: &str = "
select event_key
  from token_transactions
 where user_id = $1
   and event_key in (select jsonb_array_elements_text($2))";

/// A well that was full has not grown: it starts to when it is made larger.
const TIER: &str = "
update user_token_balances b
   set tier = $2,
       last_regeneration = case when b.balance >= t.well_capacity then $3 else b.last_regeneration end
  from tiers t
 where b.user_id = $1
   and t.tier = b.tier
   and b.tier <> $2";

const ROW: &str = "
insert into subscriptions
    (user_id, stripe_subscription_id, stripe_item_id, status, tier, plan_code, current_period_start, current_period_end,
     cancel_at_period_end, downgrade_to, plan_pool, spent_before, changed_at, changed_by, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
on conflict (user_id) do update
   set stripe_subscription_id = excluded.stripe_subscription_id, stripe_item_id = excluded.stripe_item_id,
       status = excluded.status, tier = excluded.tier, plan_code = excluded.plan_code,
       current_period_start = excluded.current_period_start, current_period_end = excluded.current_period_end,
       cancel_at_period_end = excluded.cancel_at_period_end, downgrade_to = excluded.downgrade_to,
       plan_pool = excluded.plan_pool, spent_before = excluded.spent_before, changed_at = excluded.changed_at,
       changed_by = excluded.changed_by, created_at = excluded.created_at";
