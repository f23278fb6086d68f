//! Tells whoever has not been told: the outbox, to `ALERT_WEBHOOK_URL`.

use std::time::Duration;

use serde_json::{Value, json};
use shared::ApiError;
use shared::alerts::{Claimed, Outcome, claim_due, claimed, give_up, settle};

use crate::work::{Budget, Work};

const CONNECT: Duration = Duration::from_secs(2);
const ANSWER: Duration = Duration::from_secs(5);

/// Sends what is due, in its order, until there is nothing more or the receiver does not take it: then it is left alone
/// until the next run. One that was taken and whose answer was lost is sent again under the same id.
pub(crate) async fn deliver(work: &Work, budget: Budget) -> Result<Value, ApiError> {
    let Some(webhook) = &work.alerts.webhook else {
        work.database.write([give_up()]).await?;
        return Ok(json!({ "sent": 0, "refused": 0 }));
    };
    let (mut sent, mut refused) = (0, 0);
    while refused == 0 && !budget.is_used() {
        let [rows] = work.database.write([claim_due(work.now(), 1)]).await?;
        let Some(letter) = rows.first().map(claimed).transpose()? else { break };
        let outcome = post(webhook, &letter).await;
        match &outcome {
            Outcome::Sent => sent += 1,
            Outcome::Refused(error) => {
                refused += 1;
                tracing::error!(id = letter.id, attempts = letter.attempts, error, "an alert could not be delivered");
            }
        }
        work.database.write([settle(&letter, &outcome, work.now())]).await?;
    }
    Ok(json!({ "sent": sent, "refused": refused }))
}

async fn post(webhook: &url::Url, letter: &Claimed) -> Outcome {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .user_agent("spike-land");
    // The address may hold a secret, and errors name it.
    let sent = match client.build() {
        Ok(client) => {
            client.post(webhook.clone()).header("idempotency-key", &letter.id).json(&letter.payload).send().await
        }
        Err(error) => Err(error),
    };
    match sent.map_err(reqwest::Error::without_url) {
        Ok(answer) if answer.status().is_success() => Outcome::Sent,
        Ok(answer) => Outcome::Refused(format!("it answered {}", answer.status().as_u16())),
        Err(error) => Outcome::Refused(error.to_string()),
    }
}
