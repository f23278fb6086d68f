//! `/api/admin/emails`: the mails that were written, and one to see whether they arrive.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::fields::{self, invalid};
use shared::limits::TEST_MAILS;
use shared::mail::{self, Letter, TemplateName};
use shared::request::{JsonBody, QueryString};
use shared::{Admin, ApiError, App, DatabaseError, Statement, limits};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};

use crate::Settings;
use crate::page::{Page, filter, search};

/// Mails of a page when the caller names no number.
const PAGE_DEFAULT: i64 = 20;

/// Which mails.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MailsWanted {
    /// Part of a recipient or a subject, in any case; up to 100 characters.
    search: Option<String>,
    /// PENDING, SENT, DELIVERED, OPENED, CLICKED, BOUNCED or FAILED.
    status: Option<String>,
    /// Such as `verify_email`.
    template: Option<String>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
    /// Mails of a page, 1 to 100; 20 when absent.
    limit: Option<i64>,
}

/// A page of mails.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mails {
    emails: Vec<ListedMail>,
    /// Leads to the next page; absent on the last one.
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ListedMail {
    id: String,
    /// Whom it is about, if anybody.
    user_id: Option<String>,
    /// The address.
    to: String,
    subject: String,
    template: String,
    status: String,
    /// How often it was tried.
    attempts: i32,
    /// When it is tried again, ISO 8601.
    next_attempt_at: Option<String>,
    /// What the mail server said to the last attempt that failed.
    last_error: Option<String>,
    /// ISO 8601, as the others.
    created_at: String,
    sent_at: Option<String>,
    opened_at: Option<String>,
    clicked_at: Option<String>,
    bounced_at: Option<String>,
}

/// The mails that were written, newest first.
#[utoipa::path(
    get, path = "/api/admin/emails", tag = "admin", params(MailsWanted), security(("session" = [])),
    responses(
        (status = 200, body = Mails), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
    ),
)]
pub async fn list(who: Admin, QueryString(wanted): QueryString<MailsWanted>) -> Result<Json<Mails>, ApiError> {
    let page = Page::wanted(wanted.cursor.as_deref(), wanted.limit, PAGE_DEFAULT)?;
    let no_template = || invalid("template", "template is at most 100 characters");
    let mails = Statement::new(MAILS)
        .bind(search(wanted.search.as_deref())?)
        .bind(filter(wanted.status.as_deref(), limits::FILTER_CHARACTERS, || invalid("status", "Unknown status"))?)
        .bind(filter(wanted.template.as_deref(), limits::FILTER_CHARACTERS, no_template)?);
    let (_, [rows]) = who.read([page.bound(mails)]).await?;
    let (rows, next_cursor) = page.cut(rows)?;
    Ok(Json(Mails { emails: rows.iter().map(listed).collect::<Result<_, _>>()?, next_cursor }))
}

/// The domain knows the states, and refuses others.
const MAILS: &str = "
select id, user_id, recipient, subject, template, status::text as status, attempts, next_attempt_at, last_error,
       created_at, sent_at, opened_at, clicked_at, bounced_at
  from email_logs
 where ($1::text is null or (recipient || ' ' || subject) ilike $1)
   and ($2::text is null or status = $2::email_status)
   and ($3::text is null or template = $3)
   and ($4::timestamptz is null or (created_at, id) < ($4, $5::text))
 order by created_at desc, id desc
 limit $6";

fn listed(row: &Row) -> Result<ListedMail, ApiError> {
    let moment = |column: &str| row.try_get::<_, Option<Timestamp>>(column).map(|moment| moment.map(iso));
    Ok(ListedMail {
        id: row.try_get("id")?,
        user_id: row.try_get("user_id")?,
        to: row.try_get("recipient")?,
        subject: row.try_get("subject")?,
        template: row.try_get("template")?,
        status: row.try_get("status")?,
        attempts: row.try_get("attempts")?,
        next_attempt_at: moment("next_attempt_at")?,
        last_error: row.try_get("last_error")?,
        created_at: iso(row.try_get("created_at")?),
        sent_at: moment("sent_at")?,
        opened_at: moment("opened_at")?,
        clicked_at: moment("clicked_at")?,
        bounced_at: moment("bounced_at")?,
    })
}

/// What to send.
#[derive(Deserialize, ToSchema)]
pub struct MailWanted {
    /// `sendTestEmail`.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    action: Option<String>,
    /// The address.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    to: Option<String>,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestMail {
    /// The mail was written down and will be sent, if it is not yet.
    success: bool,
    email_id: String,
    /// SENT when the mail server has taken it, PENDING when it is tried again, FAILED when the address was refused.
    status: String,
}

/// Sends a test mail and says what the mail server made of it.
#[utoipa::path(
    post, path = "/api/admin/emails", tag = "admin", security(("session" = [])), request_body = MailWanted,
    responses(
        (status = 200, body = TestMail), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 413, body = ErrorBody), (status = 429, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn send(
    who: Admin,
    State(app): State<App>,
    State(settings): State<Settings>,
    JsonBody(body): JsonBody<MailWanted, { limits::ADMIN_BODY }>,
) -> Result<Json<TestMail>, ApiError> {
    if body.action.as_deref() != Some("sendTestEmail") {
        return Err(invalid("action", "Invalid action: it is sendTestEmail"));
    }
    let recipient = match fields::email(body.to.as_deref()) {
        Err(ApiError::InvalidField { message, .. }) => return Err(invalid("to", message)),
        other => other?,
    };
    let actor = who.identify().await?;
    let [hits] = app.database.read([TEST_MAILS.hit(&actor.user_id, who.now())]).await?;
    TEST_MAILS.check(&hits, who.now())?;

    let letter = Letter {
        user_id: None,
        recipient: &recipient,
        template: TemplateName::Test,
        verification_id: None,
        metadata: None,
    };
    let (letter, email_id) = mail::written(&letter, who.now());
    who.write([letter]).await?;
    settings.mailer.deliver(&app.database, std::slice::from_ref(&email_id), who.now()).await;
    let sent = Statement::new("select status::text as status from email_logs where id = $1").bind(email_id.as_str());
    let [rows] = app.database.read([sent]).await?;
    let row = rows.first().ok_or(DatabaseError::Protocol("a mail that was written is gone"))?;
    Ok(Json(TestMail { success: true, email_id, status: row.try_get("status")? }))
}
