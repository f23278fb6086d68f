//! `POST /api/vouchers/redeem`: tokens for a code, once per person and never to more people than it is made for.

use axum::Json;
use axum::extract::State;
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::json;
use shared::database::{DatabaseError, Transaction};
use shared::error::ErrorBody;
use shared::ids::new_id;
use shared::ledger::{self, Movement, Outcome};
use shared::limits::VOUCHER_ATTEMPTS;
use shared::request::{RawBody, parse_json};
use shared::vouchers::{Code, Refusal};
use shared::{ApiError, App, SignedIn, Statement, Tokens, limits};
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::{STANDING, Voucher, VoucherCode};

/// What came of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VoucherRedeemed {
    /// True; a code that is not redeemed is an error, whose body says `"success": false`.
    success: bool,
    tokens_granted: Tokens,
    new_balance: Tokens,
}

/// Redeems a code. Five attempts in vain within an hour are enough; one that succeeds does not count.
#[utoipa::path(
    post, path = "/api/vouchers/redeem", tag = "vouchers", security(("session" = [])), request_body = VoucherCode,
    responses(
        (status = 200, body = VoucherRedeemed), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn create(
    who: Result<SignedIn, ApiError>,
    State(app): State<App>,
    RawBody(body): RawBody<{ limits::VOUCHER_BODY }>,
) -> Result<Json<VoucherRedeemed>, ApiError> {
    let who = who?;
    let body: VoucherCode = parse_json(&body)?;
    let user_id = counted(&who).await?;
    let outcome = match body.read() {
        Ok(code) => redeem(&who, &user_id, &code).await,
        Err(error) => Err(error),
    };
    if let Err(ApiError::Unavailable(_) | ApiError::WalletBusy) = outcome {
        // Our failure, not an attempt in vain. If the count cannot be reached either, it stands.
        let _ = app.database.read([VOUCHER_ATTEMPTS.give_back(&user_id)]).await;
    }
    outcome.map(Json)
}

/// Counts an attempt before anything is known of it, so that guesses sent all at once are counted, too. Answers who it is.
async fn counted(who: &SignedIn) -> Result<String, ApiError> {
    let window = SignedDuration::try_from(VOUCHER_ATTEMPTS.window).unwrap_or_default();
    let rows = who.rows(who.statement(ATTEMPT).bind(VOUCHER_ATTEMPTS.name).bind(who.now() + window)).await?;
    VOUCHER_ATTEMPTS.check(&rows, who.now())?;
    Ok(rows.first().ok_or(ApiError::Unauthorized)?.try_get("user_id")?)
}

/// As `RateLimit::hit` with the caller as its subject, so that who it is and how often are one question.
const ATTEMPT: &str = "
with hit as (
    insert into rate_limits as l (key, hits, window_ends_at)
    select sha256(convert_to($4 || ':' || c.user_id, 'UTF8')), 1, $5
      from caller($1, $2, $3) c
    on conflict (key) do update
       set hits = case when l.window_ends_at <= $3 then 1 else l.hits + 1 end,
           window_ends_at = case when l.window_ends_at <= $3 then $5 else l.window_ends_at end
    returning hits, window_ends_at
)
select c.user_id, hit.hits, hit.window_ends_at
  from caller($1, $2, $3) c
 cross join hit";

/// The wallet is locked first, then the voucher: somebody's second request waits at their own wallet and does not hold
/// the voucher meanwhile, which everybody wants. The lock also makes the balance stand still of which a share is given.
async fn redeem(who: &SignedIn, user_id: &str, code: &Code) -> Result<VoucherRedeemed, ApiError> {
    let now = who.now();
    let take = Statement::new(TAKE).bind(code.as_str()).bind(user_id).bind(new_id("red", now)).bind(now);
    let (transaction, _, [_, _, _, taken, standing]) = who
        .begin([
            ledger::open(user_id, now),
            ledger::lock(user_id),
            who.statement(GROW).bind(new_id("txn", now)),
            take,
            who.statement(STANDING).bind(code.as_str()),
        ])
        .await?;
    let Some(taken) = taken.first() else {
        transaction.rollback().await;
        return Err(refusal(&standing, who)?);
    };
    pay(transaction, who, user_id, taken, code).await
}

/// What has grown until now belongs to the balance of which a share is given. Later it would not grow into a full well.
const GROW: &str = concat!("with ", include_str!("../wallet.sql"), "select added from wallet");

async fn pay(
    transaction: Transaction,
    who: &SignedIn,
    user_id: &str,
    taken: &Row,
    code: &Code,
) -> Result<VoucherRedeemed, ApiError> {
    let voucher_id: &str = taken.try_get("voucher_id")?;
    let tokens_granted = Tokens(taken.try_get("tokens_granted")?);
    let movement = Movement {
        user_id,
        amount: tokens_granted,
        kind: "EARN_BONUS",
        source: "voucher_redemption",
        source_id: Some(voucher_id),
        event_key: format!("voucher:{voucher_id}"),
        metadata: Some(json!({ "voucherCode": code.as_str() })),
    };
    let post = ledger::post(movement, who.now());
    let [posted, _] = transaction.commit([post, VOUCHER_ATTEMPTS.give_back(user_id)]).await?;
    match ledger::outcome(&posted)? {
        Outcome::Posted(new_balance) => Ok(VoucherRedeemed { success: true, tokens_granted, new_balance }),
        _ => Err(DatabaseError::Protocol("a voucher was used up and not paid").into()),
    }
}

/// Uses the voucher up once and writes down for whom, if nothing speaks against it. A request that waited for another one
/// at the voucher looks at it again, as it is then.
const TAKE: &str = "
with worth as (
    select v.id,
           case v.type
               when 'FIXED_TOKENS' then v.value
               when 'PERCENTAGE_BONUS' then floor(b.balance::numeric * v.value / 100)::bigint
               else 0
           end as tokens
      from vouchers v
      join user_token_balances b on b.user_id = $2
     where v.code = $1
),
used as (
    update vouchers v
       set current_uses = v.current_uses + 1,
           status = case when v.current_uses + 1 = v.max_uses then 'DEPLETED' else v.status end
      from worth w
     where v.id = w.id
       and w.tokens > 0
       and v.status = 'ACTIVE'
       and v.deleted_at is null
       and (v.expires_at is null or v.expires_at > $4)
       and (v.max_uses is null or v.current_uses < v.max_uses)
       and not exists (select from voucher_redemptions r where r.user_id = $2 and r.voucher_id = v.id)
    returning v.id, w.tokens
)
insert into voucher_redemptions (user_id, voucher_id, id, tokens_granted, redeemed_at)
select $2, id, $3, tokens, $4
  from used
returning voucher_id, tokens_granted";

/// Why nothing was taken.
fn refusal(standing: &[Row], who: &SignedIn) -> Result<ApiError, ApiError> {
    let reason = match Voucher::of(standing)? {
        None => Refusal::NotFound,
        Some(voucher) => match voucher.refusal(who.now()) {
            Some(reason) => reason,
            None if voucher.kind == "PERCENTAGE_BONUS" => Refusal::Worthless,
            // Somebody gave it more uses after it was found without one, a moment ago.
            None => Refusal::Depleted,
        },
    };
    Ok(ApiError::VoucherRefused { reason, denied: "success" })
}
