//! An operation as requests to Stripe, and what it leaves in our own rows.

use jiff::SignedDuration;

use super::api::{Conversation, ItemChange, Line, Page, StripeError, SubscriptionChange};
use super::buyer::{Buyer, Subscription};
use super::cashier::Cashier;
use super::operation::{Done, Kind, Operation};
use super::sale::{Catalogue, Offer, What};
use crate::database::Statement;
use crate::error::ApiError;
use crate::limits;

/// Why an operation was not done.
pub enum Trouble {
    /// Stripe's answer, or none.
    Stripe(StripeError),
    /// Ours.
    Own(ApiError),
}

impl From<StripeError> for Trouble {
    fn from(error: StripeError) -> Self {
        Trouble::Stripe(error)
    }
}

impl Cashier {
    /// Asks Stripe for what `operation` says. Asked again, it sends the same again.
    ///
    /// # Errors
    /// Stripe's, or the database's.
    pub async fn perform(&self, operation: &Operation, buyer: &Buyer, catalogue: &Catalogue) -> Result<Done, Trouble> {
        let talk = self.talk();
        match operation.kind.sells() {
            Some(what) => {
                let offer = operation.item.as_deref().and_then(|code| catalogue.find(what, code)).ok_or_else(gone)?;
                let customer = self.customer(&talk, buyer).await?;
                self.make_page(&talk, operation, buyer, offer, &customer).await
            }
            None => {
                let subscription = buyer.live_subscription().ok_or_else(gone)?;
                change(&talk, operation, buyer, subscription, catalogue).await?;
                Ok(Done::default())
            }
        }
    }

    async fn customer(&self, talk: &Conversation<'_>, buyer: &Buyer) -> Result<String, Trouble> {
        if let Some(customer) = &buyer.customer {
            return Ok(customer.clone());
        }
        let email = buyer.email.as_deref().unwrap_or_default();
        let made = talk.make_customer(&buyer.user_id, email, buyer.name.as_deref()).await?;
        let keep = Statement::new(KEEP_CUSTOMER).bind(buyer.user_id.as_str()).bind(made.id.as_str());
        let kept = Statement::new(KEPT_CUSTOMER).bind(buyer.user_id.as_str());
        let [_, kept] = self.database.write([keep, kept]).await.map_err(|error| Trouble::Own(error.into()))?;
        let kept = kept.first().map(|row| row.try_get::<_, Option<String>>("stripe_customer_id")).transpose();
        let kept = kept.map_err(|error| Trouble::Own(error.into()))?.flatten();
        Ok(kept.unwrap_or(made.id))
    }

    async fn make_page(
        &self,
        talk: &Conversation<'_>,
        operation: &Operation,
        buyer: &Buyer,
        offer: &Offer,
        customer: &str,
    ) -> Result<Done, Trouble> {
        let (amount_minor, currency) = operation.price.clone().unwrap_or((offer.amount_minor, offer.currency.clone()));
        let monthly = operation.kind != Kind::CheckoutPackage;
        let (name, success) = match operation.kind {
            Kind::CheckoutPackage => {
                (offer.name.clone(), "tokens?purchase=success&session_id={CHECKOUT_SESSION_ID}".to_owned())
            }
            Kind::CheckoutPlan => {
                (offer.name.clone(), "tokens?subscription=success&session_id={CHECKOUT_SESSION_ID}".to_owned())
            }
            _ => (well(offer), upgraded(&offer.code)),
        };
        let lifetime = SignedDuration::try_from(limits::SUBSCRIPTION_CHECKOUT_LIFETIME).unwrap_or_default();
        let page = Page {
            customer,
            line: Line { name: &name, amount_minor, currency: &currency, monthly },
            metadata: &metadata(operation, buyer, offer),
            success_url: &self.page(&success),
            cancel_url: &self.page("pricing?canceled=true"),
            expires_at: operation.created_at.checked_add(lifetime).ok().filter(|_| monthly),
        };
        let session = talk.make_page(&page, &operation.id).await?;
        Ok(Done { session_id: Some(session.id), url: Some(session.url) })
    }
}

/// What was there when it was decided is no longer there.
fn gone() -> Trouble {
    Trouble::Stripe(StripeError::Refused {
        status: 0,
        kind: "ours".to_owned(),
        code: "gone".to_owned(),
        param: String::new(),
        request_id: String::new(),
    })
}

const KEEP_CUSTOMER: &str = "update users set stripe_customer_id = $2 where id = $1 and stripe_customer_id is null";
const KEPT_CUSTOMER: &str = "select stripe_customer_id from users where id = $1";

/// The page of the front end for somebody who has a higher tier now.
pub fn upgraded(tier: &str) -> String {
    format!("settings/subscription?upgrade=success&tier={tier}")
}

fn well(offer: &Offer) -> String {
    format!("Token Well - {}", offer.name)
}

/// What the webhooks read. They look up what is granted; the numbers are for people who look at Stripe's dashboard.
fn metadata(operation: &Operation, buyer: &Buyer, offer: &Offer) -> Vec<(&'static str, String)> {
    let mut pairs = vec![("userId", buyer.user_id.clone()), ("operationId", operation.id.clone())];
    pairs.extend(match operation.kind.sells() {
        Some(What::Package) => vec![
            ("type", "token_purchase".to_owned()),
            ("packageId", offer.code.clone()),
            ("tokens", offer.tokens.to_string()),
        ],
        Some(What::Plan) => vec![
            ("type", "subscription".to_owned()),
            ("planId", offer.code.clone()),
            ("tokensPerMonth", offer.tokens.to_string()),
            ("maxRollover", offer.max_rollover.to_string()),
        ],
        _ => vec![
            ("type", "tier_upgrade".to_owned()),
            ("tier", offer.code.clone()),
            ("previousTier", buyer.tier.clone()),
            ("wellCapacity", offer.tokens.to_string()),
        ],
    });
    pairs
}

async fn change(
    talk: &Conversation<'_>,
    operation: &Operation,
    buyer: &Buyer,
    subscription: &Subscription,
    catalogue: &Catalogue,
) -> Result<(), Trouble> {
    // What it is to cost from now on, or from the next period on: the period that is paid stays paid.
    let tier = match operation.kind {
        Kind::ChangeTier => operation.item.as_deref(),
        Kind::ScheduleDowngrade => operation.item.as_deref().filter(|tier| *tier != "FREE"),
        Kind::UndoDowngrade => subscription.tier.as_deref(),
        _ => None,
    };
    let offer = tier.and_then(|tier| catalogue.find(What::Tier, tier));
    let is_upgrade = operation.kind == Kind::ChangeTier;
    let metadata = offer.filter(|_| is_upgrade).map_or_else(Vec::new, |offer| metadata(operation, buyer, offer));
    let (product, name) =
        offer.map_or_else(Default::default, |offer| (format!("token_well_{}", offer.code.to_lowercase()), well(offer)));
    let item = offer.map(|offer| ItemChange {
        item: subscription.item.as_deref(),
        product: &product,
        name: &name,
        amount_minor: offer.amount_minor,
        currency: &offer.currency,
        prorated: is_upgrade,
    });
    let (_, cancel_at_period_end) = afterwards(operation, subscription);
    let change = SubscriptionChange { item, cancel_at_period_end, metadata: &metadata };
    Ok(talk.change_subscription(&subscription.id, &change, &operation.id).await?)
}

/// `downgrade_to` and `cancel_at_period_end` once it is done.
fn afterwards<'a>(operation: &'a Operation, subscription: &'a Subscription) -> (Option<&'a str>, bool) {
    let scheduled = subscription.downgrade_to.as_deref();
    match operation.kind {
        Kind::ScheduleDowngrade => (operation.item.as_deref(), operation.item.as_deref() == Some("FREE")),
        Kind::CancelAtPeriodEnd => (scheduled, true),
        Kind::Resume => (scheduled.filter(|tier| *tier != "FREE"), false),
        _ => (None, false),
    }
}

/// The statement that keeps what a change left. Everything else about a subscription, Stripe tells.
pub fn effect(operation: &Operation, buyer: &Buyer) -> Option<Statement> {
    let subscription = buyer.live_subscription().filter(|_| operation.kind.sells().is_none())?;
    let (downgrade_to, cancel_at_period_end) = afterwards(operation, subscription);
    let statement = Statement::new(EFFECT).bind(buyer.user_id.as_str()).bind(subscription.id.as_str());
    Some(statement.bind(downgrade_to).bind(cancel_at_period_end))
}

const EFFECT: &str = "
update subscriptions
   set downgrade_to = $3, cancel_at_period_end = $4
 where user_id = $1 and stripe_subscription_id = $2 and status <> 'CANCELED'";
