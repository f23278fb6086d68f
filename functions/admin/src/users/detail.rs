//! One person, with what belongs to them.

use jiff::Timestamp;
use serde::Serialize;
use shared::clock::iso;
use shared::{Admin, ApiError, Statement, Tokens};
use tokio_postgres::Row;
use utoipa::ToSchema;

/// A person in detail.
#[derive(Serialize, ToSchema)]
pub struct OnePerson {
    user: PersonDetail,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PersonDetail {
    id: String,
    email: Option<String>,
    name: Option<String>,
    image: Option<String>,
    /// USER, ADMIN or SUPER_ADMIN.
    role: String,
    /// As of the last movement.
    token_balance: Tokens,
    /// How they can sign in: providers, and `credentials` for a password.
    auth_providers: Vec<String>,
    /// ISO 8601.
    created_at: String,
    /// When they proved their address, ISO 8601; absent if they have not.
    email_verified: Option<String>,
    /// Their last request, to the nearest few minutes, ISO 8601.
    last_seen_at: Option<String>,
    /// Sessions that are open now.
    active_sessions: i64,
    /// The newest ten.
    recent_transactions: Vec<RecentTransaction>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RecentTransaction {
    id: String,
    /// Such as EARN_PURCHASE.
    r#type: String,
    /// Negative when spent.
    amount: Tokens,
    /// ISO 8601.
    created_at: String,
}

/// The person of this id.
pub(super) async fn show(who: &Admin, user_id: &str) -> Result<OnePerson, ApiError> {
    let person = Statement::new(PERSON).bind(user_id).bind(who.now());
    let (_, [people, transactions]) = who.read([person, Statement::new(RECENT).bind(user_id)]).await?;
    let row = people.first().ok_or(ApiError::NotFound { what: "User" })?;
    Ok(OnePerson { user: detail(row, &transactions)? })
}

const PERSON: &str = "
select u.id, u.email, u.name, u.image, u.role::text as role, u.created_at, u.email_verified,
       coalesce(b.balance, 0) as balance,
       array(select distinct a.provider::text from accounts a where a.user_id = u.id order by 1)
           || case when u.password_hash is not null then array['credentials'] end as providers,
       s.last_seen_at, s.active
  from users u
  left join user_token_balances b on b.user_id = u.id
 cross join lateral (
     select max(last_seen_at) as last_seen_at,
            count(*) filter (where revoked_at is null and expires_at > $2) as active
       from sessions
      where user_id = u.id
 ) s
 where u.id = $1
   and u.deleted_at is null";

const RECENT: &str = "
select id, type::text as type, amount, created_at
  from token_transactions
 where user_id = $1
 order by entry_number desc
 limit 10";

fn detail(row: &Row, transactions: &[Row]) -> Result<PersonDetail, ApiError> {
    let moment = |column: &str| row.try_get::<_, Option<Timestamp>>(column).map(|moment| moment.map(iso));
    Ok(PersonDetail {
        id: row.try_get("id")?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        image: row.try_get("image")?,
        role: row.try_get("role")?,
        token_balance: Tokens(row.try_get("balance")?),
        auth_providers: row.try_get("providers")?,
        created_at: iso(row.try_get("created_at")?),
        email_verified: moment("email_verified")?,
        last_seen_at: moment("last_seen_at")?,
        active_sessions: row.try_get("active")?,
        recent_transactions: transactions.iter().map(transaction).collect::<Result<_, _>>()?,
    })
}

fn transaction(row: &Row) -> Result<RecentTransaction, ApiError> {
    Ok(RecentTransaction {
        id: row.try_get("id")?,
        r#type: row.try_get("type")?,
        amount: Tokens(row.try_get("amount")?),
        created_at: iso(row.try_get("created_at")?),
    })
}
