//! A paid checkout of a token package: the catalogue says what it grants, the ledger grants it once per checkout.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use shared::ids::new_id;
use shared::ledger::{self, Movement};
use shared::{ApiError, Database, Statement, Tokens};
use tokio_postgres::Row;

use super::delivery::{Refusal, one_at_a_time, refuse};
use super::event::Event;
use super::payment;

/// What we read of a checkout session.
#[derive(Deserialize)]
pub struct CheckoutSession {
    id: String,
    payment_status: Option<String>,
    amount_total: Option<i64>,
    currency: Option<String>,
    payment_intent: Option<String>,
    #[serde(default)]
    pub subscription: Option<String>,
    #[serde(default)]
    metadata: Option<Metadata>,
}

/// What our own checkout wrote into it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    r#type: Option<String>,
    user_id: Option<String>,
    package_id: Option<String>,
}

impl CheckoutSession {
    /// Whether our checkout wrote this type into it.
    pub fn is_of(&self, kind: &str) -> bool {
        self.metadata.as_ref().and_then(|metadata| metadata.r#type.as_deref()) == Some(kind)
    }
}

/// A package of the catalogue.
struct Package {
    tokens: Tokens,
    amount_minor: i64,
    currency: String,
}

/// Credits a checkout of type `token_purchase`, and takes back what was refunded before this event came.
///
/// # Errors
/// The database's; then nothing was changed and Stripe sends the event again.
pub async fn apply(
    database: &Database,
    event: &Event,
    session: &CheckoutSession,
    now: Timestamp,
) -> Result<(), ApiError> {
    let ignored = async |reason| Ok(database.write([event.ignore(None, reason, now)]).await.map(|_| ())?);
    let metadata = session.metadata.as_ref();
    let Some((user_id, package_code)) = metadata.and_then(|m| Some((m.user_id.as_ref()?, m.package_id.as_ref()?)))
    else {
        return ignored("names no buyer or no package").await;
    };
    if session.payment_status.as_deref() != Some("paid") {
        return ignored("not paid yet; the payment has an event of its own").await;
    }

    let event_key = format!("stripe:checkout:{}", session.id);
    let about = session.payment_intent.as_deref().unwrap_or(&session.id);
    let (transaction, [fresh, _, package, _, wallet, credited, charges]) = database
        .begin([
            event.take(&session.id, now),
            one_at_a_time(about),
            Statement::new(PACKAGE).bind(package_code.as_str()),
            ledger::open(user_id, now),
            ledger::lock(user_id),
            ledger::find(user_id, &event_key),
            payment::events(about),
        ])
        .await?;
    if fresh.is_empty() {
        transaction.rollback().await;
        return Ok(());
    }
    if !credited.is_empty() {
        let refusal = Refusal::Ignored("an earlier event credited this checkout");
        return refuse(transaction, event, refusal).await;
    }
    let package = match checked(session, package_code, package.first(), !wallet.is_empty())? {
        Ok(package) => package,
        Err(refusal) => return refuse(transaction, event, refusal).await,
    };
    let movement = Movement {
        user_id,
        amount: package.tokens,
        kind: "EARN_PURCHASE",
        source: "stripe",
        source_id: Some(&session.id),
        event_key,
        metadata: Some(json!({
            "packageId": package_code, "amountPaid": package.amount_minor, "currency": package.currency,
        })),
    };
    let row = Statement::new(PAYMENT)
        .bind(new_id("pay", now))
        .bind(user_id.as_str())
        .bind(package_code.as_str())
        .bind(package.tokens)
        .bind(package.amount_minor)
        .bind(package.currency.as_str())
        .bind(session.id.as_str())
        .bind(session.payment_intent.as_deref())
        .bind(now);
    if charges.is_empty() {
        transaction.commit([ledger::post(movement, now), row]).await?;
        return Ok(());
    }
    let [_, _, wallet, payments] =
        transaction.run([ledger::post(movement, now), row, ledger::lock(user_id), payment::find(about)]).await?;
    let charges = payment::history(&charges)?;
    let further = payment::settled(&payments, &wallet, &charges, about, now)?;
    transaction.commit_all(further).await?;
    Ok(())
}

const PACKAGE: &str = "select tokens, amount_minor, currency from tokens_packages where code = $1";

/// The price is the catalogue's: [`checked`] has compared it with what was paid.
const PAYMENT: &str = "
insert into stripe_payments
    (id, user_id, package_code, tokens_granted, amount_minor, currency, status,
     stripe_checkout_session_id, stripe_payment_intent_id, created_at)
values ($1, $2, $3, $4, $5, $6, 'SUCCEEDED', $7, $8, $9)";

/// The package, if what was paid is its price and there is someone to give it to.
fn checked(
    session: &CheckoutSession,
    code: &str,
    row: Option<&Row>,
    has_wallet: bool,
) -> Result<Result<Package, Refusal>, ApiError> {
    let Some(row) = row else { return Ok(Err(Refusal::Rejected(format!("there is no package {code}")))) };
    let package = Package {
        tokens: Tokens(row.try_get("tokens")?),
        amount_minor: row.try_get("amount_minor")?,
        currency: row.try_get("currency")?,
    };
    if !has_wallet {
        return Ok(Err(Refusal::Rejected("the buyer has no account".to_owned())));
    }
    if session.amount_total != Some(package.amount_minor) || session.currency.as_ref() != Some(&package.currency) {
        return Ok(Err(Refusal::Rejected(format!(
            "{code} costs {} {}, but {:?} {:?} was paid",
            package.amount_minor, package.currency, session.amount_total, session.currency
        ))));
    }
    Ok(Ok(package))
}
