//! People, newest first.

use serde::Serialize;
use shared::clock::iso;
use shared::{Admin, ApiError, Statement, Tokens, limits};
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::Wanted;
use crate::page::{Page, search};

/// A page of people.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct People {
    users: Vec<ListedPerson>,
    /// Leads to the next page; absent on the last one.
    next_cursor: Option<String>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ListedPerson {
    id: String,
    /// Absent for some OAuth accounts.
    email: Option<String>,
    name: Option<String>,
    /// Address of a portrait.
    image: Option<String>,
    /// USER, ADMIN or SUPER_ADMIN.
    role: String,
    /// As of the last movement; what has grown since is added when they look.
    token_balance: Tokens,
    /// ISO 8601.
    created_at: String,
}

/// The people that were asked for; those who are deleted are nobody any more.
pub(super) async fn list(who: &Admin, wanted: &Wanted) -> Result<People, ApiError> {
    let page = Page::wanted(wanted.cursor.as_deref(), wanted.limit, limits::PAGE_DEFAULT)?;
    let people = page.bound(Statement::new(PEOPLE).bind(search(wanted.search.as_deref())?));
    let (_, [rows]) = who.read([people]).await?;
    let (rows, next_cursor) = page.cut(rows)?;
    Ok(People { users: rows.iter().map(person).collect::<Result<_, _>>()?, next_cursor })
}

/// The expression of the search is the one of `users_search_idx`, to the letter. Absent filters are gone from the plan,
/// because an unnamed statement is planned with its parameters.
pub const PEOPLE: &str = "
select u.id, u.email, u.name, u.image, u.role, u.created_at, coalesce(b.balance, 0) as balance
  from (
      select id, email, name, image, role::text as role, created_at
        from users
       where deleted_at is null
         and ($1::text is null or (coalesce(email, '') || ' ' || coalesce(name, '')) ilike $1)
         and ($2::timestamptz is null or (created_at, id) < ($2, $3::text))
       order by created_at desc, id desc
       limit $4
  ) u
  left join user_token_balances b on b.user_id = u.id
 order by u.created_at desc, u.id desc";

fn person(row: &Row) -> Result<ListedPerson, ApiError> {
    Ok(ListedPerson {
        id: row.try_get("id")?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        image: row.try_get("image")?,
        role: row.try_get("role")?,
        token_balance: Tokens(row.try_get("balance")?),
        created_at: iso(row.try_get("created_at")?),
    })
}
