//! Every error a client can meet: a stable code, a status and a public sentence. Causes stay in the log.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::database::{CallerRefusal, DatabaseError};
use crate::limits;
use crate::tokens::Tokens;
use crate::vouchers;

/// What a handler answers when it cannot do what was asked. The message is the public sentence.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No session, or one that has ended.
    #[error("Unauthorized: sign in first.")]
    Unauthorized,
    /// E-mail and password do not belong together; the same whether or not there is an account.
    #[error("Invalid email or password")]
    InvalidCredentials,
    /// A sign-in provider does not vouch for whoever sent its code.
    #[error("The sign-in provider did not confirm this sign-in: start it again.")]
    SignInRefused,
    /// The API key does not exist or was revoked.
    #[error("Invalid API key: it does not exist or has been revoked.")]
    InvalidApiKey,
    /// The API key exists and was revoked.
    #[error("API key has been revoked")]
    ApiKeyRevoked,
    /// The caller lacks the role.
    #[error("Forbidden: Admin access required")]
    AdminRequired,
    /// A cookie came with a write from a page of another site.
    #[error("This request came from another site and was refused: send it from the app, or with a bearer token.")]
    CrossOrigin,
    /// Too often.
    #[error("{message}")]
    TooManyRequests {
        /// The public sentence.
        message: &'static str,
        /// When the window ends.
        retry_after_seconds: u32,
    },
    /// What the path or a field names does not exist, or is somebody else's.
    #[error("{what} not found")]
    NotFound {
        /// What was looked for, such as `API key`.
        what: &'static str,
    },
    /// The rules say no to this particular case.
    #[error("{message}")]
    NotAllowed {
        /// The public sentence.
        message: &'static str,
    },
    /// The service is set up with another secret than the database was; nothing is served until that is put right.
    #[error("The service is not set up correctly and serves nothing until its operator has looked at the log.")]
    Misconfigured(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// Something that only administrators ask for has not been set up; what is missing, they are told.
    #[error("{missing}")]
    NotSetUp {
        /// What to do.
        missing: &'static str,
    },
    /// The form was not sent by the page that this browser loaded.
    #[error("This form has expired: reload the page and try again.")]
    CsrfMismatch,
    /// The body is no JSON, or not of the shape the endpoint takes.
    #[error("Invalid request body: {details}")]
    MalformedBody {
        /// What is wrong, in a few words.
        details: String,
    },
    /// The query string is not of the shape the endpoint takes.
    #[error("Invalid query: {details}")]
    MalformedQuery {
        /// What is wrong, in a few words.
        details: String,
    },
    /// One field is missing or not acceptable.
    #[error("{message}")]
    InvalidField {
        /// The field's name on the wire.
        field: &'static str,
        /// The public sentence.
        message: &'static str,
    },
    /// There are as many of something as there may be.
    #[error("{message}")]
    LimitReached {
        /// The public sentence.
        message: &'static str,
    },
    /// An API key that is to be revoked and was before.
    #[error("API key is already revoked")]
    AlreadyRevoked,
    /// A link from a mail that was used, is too old, or was never sent.
    #[error("This link has been used or has expired: ask for a new one.")]
    LinkExpired,
    /// Somebody has an account with this e-mail.
    #[error("An account with this email already exists")]
    EmailTaken,
    /// The id that the e-mail would get is taken; [`crate::new_user`] finds out by whom.
    #[error("An account with this email already exists")]
    UserIdTaken,
    /// The body exceeds what the endpoint reads.
    #[error("Request too large: at most {limit} bytes are accepted here.")]
    TooLarge {
        /// In bytes.
        limit: usize,
    },
    /// No endpoint has this path.
    #[error("There is no such endpoint. The list is at /docs.")]
    NoSuchEndpoint,
    /// The endpoint exists and does not take this method.
    #[error("This endpoint does not take this method. The list is at /docs.")]
    MethodNotAllowed,
    /// A Stripe event without a signature.
    #[error("Missing stripe-signature header")]
    SignatureMissing,
    /// A Stripe event that Stripe did not sign, or not now.
    #[error("Webhook signature verification failed")]
    SignatureInvalid,
    /// The balance does not cover a spend.
    #[error("You don't have enough tokens for this operation.")]
    InsufficientTokens {
        /// What the operation costs.
        required: Tokens,
        /// What there is.
        balance: Tokens,
    },
    /// A voucher that is not redeemed.
    #[error("{reason}")]
    VoucherRefused {
        /// Why.
        reason: vouchers::Refusal,
        /// The field of the body that says false: `valid` or `success`, by what was asked.
        denied: &'static str,
    },
    /// A voucher has this code, or had it: a deleted one keeps it.
    #[error("Voucher code already exists")]
    VoucherExists,
    /// Another request had this idempotency key.
    #[error("This Idempotency-Key was used for another request: use a new one.")]
    IdempotencyKeyReused,
    /// The first request under this idempotency key has no answer yet.
    #[error("The first request with this Idempotency-Key is still under way: try again in a moment.")]
    RequestUnderWay,
    /// Too many movements of one wallet at once, or the same one twice: nothing was changed.
    #[error("This account is busy: try again in a moment.")]
    WalletBusy,
    /// The database is away, full or not migrated; nothing was changed.
    #[error("The service is briefly unavailable and nothing was changed: try again in a moment.")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// Nothing is written for now: what the operator says about it, or our own sentence.
    #[error("{0}")]
    Maintenance(String),
    /// The connection broke while a change was being committed.
    #[error("The answer was lost on the way and the change may have been made: look before you repeat it.")]
    OutcomeUnknown(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// A defect of ours.
    #[error("Something went wrong on our side. It has been logged under the request id.")]
    Internal(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl ApiError {
    /// A defect of ours, caused by `cause`.
    pub fn internal(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        ApiError::Internal(Arc::new(cause))
    }

    /// The stable code that clients go by.
    pub fn code(&self) -> &'static str {
        self.code_and_status().0
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.code_and_status().1
    }

    /// The closed list of codes.
    fn code_and_status(&self) -> (&'static str, StatusCode) {
        match self {
            ApiError::Unauthorized => ("unauthorized", StatusCode::UNAUTHORIZED),
            ApiError::InvalidCredentials => ("invalid_credentials", StatusCode::UNAUTHORIZED),
            ApiError::SignInRefused => ("sign_in_refused", StatusCode::UNAUTHORIZED),
            ApiError::InvalidApiKey => ("invalid_api_key", StatusCode::UNAUTHORIZED),
            ApiError::ApiKeyRevoked => ("api_key_revoked", StatusCode::UNAUTHORIZED),
            ApiError::CrossOrigin => ("cross_origin", StatusCode::FORBIDDEN),
            ApiError::TooManyRequests { .. } => ("too_many_requests", StatusCode::TOO_MANY_REQUESTS),
            ApiError::NotFound { .. } => ("not_found", StatusCode::NOT_FOUND),
            ApiError::NotAllowed { .. } => ("not_allowed", StatusCode::FORBIDDEN),
            ApiError::Misconfigured(_) => ("misconfigured", StatusCode::SERVICE_UNAVAILABLE),
            ApiError::NotSetUp { .. } => ("not_set_up", StatusCode::SERVICE_UNAVAILABLE),
            ApiError::AdminRequired => ("admin_required", StatusCode::FORBIDDEN),
            ApiError::CsrfMismatch => ("csrf_mismatch", StatusCode::FORBIDDEN),
            ApiError::MalformedBody { .. } => ("malformed_body", StatusCode::BAD_REQUEST),
            ApiError::MalformedQuery { .. } => ("malformed_query", StatusCode::BAD_REQUEST),
            ApiError::InvalidField { .. } => ("invalid_field", StatusCode::BAD_REQUEST),
            ApiError::UserIdTaken => ("email_taken", StatusCode::CONFLICT),
            ApiError::LimitReached { .. } => ("limit_reached", StatusCode::BAD_REQUEST),
            ApiError::AlreadyRevoked => ("already_revoked", StatusCode::NOT_FOUND),
            ApiError::LinkExpired => ("link_expired", StatusCode::BAD_REQUEST),
            ApiError::EmailTaken => ("email_taken", StatusCode::CONFLICT),
            ApiError::TooLarge { .. } => ("body_too_large", StatusCode::PAYLOAD_TOO_LARGE),
            ApiError::NoSuchEndpoint => ("no_such_endpoint", StatusCode::NOT_FOUND),
            ApiError::MethodNotAllowed => ("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED),
            ApiError::SignatureMissing => ("signature_missing", StatusCode::BAD_REQUEST),
            ApiError::SignatureInvalid => ("signature_invalid", StatusCode::BAD_REQUEST),
            ApiError::InsufficientTokens { .. } => ("insufficient_tokens", StatusCode::PAYMENT_REQUIRED),
            ApiError::VoucherRefused { reason, .. } => (reason.code(), StatusCode::BAD_REQUEST),
            ApiError::VoucherExists => ("voucher_exists", StatusCode::CONFLICT),
            ApiError::IdempotencyKeyReused => ("idempotency_key_reused", StatusCode::UNPROCESSABLE_ENTITY),
            ApiError::RequestUnderWay => ("request_under_way", StatusCode::CONFLICT),
            ApiError::WalletBusy => ("wallet_busy", StatusCode::CONFLICT),
            ApiError::Unavailable(_) => ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
            ApiError::Maintenance(_) => ("maintenance", StatusCode::SERVICE_UNAVAILABLE),
            ApiError::OutcomeUnknown(_) => ("outcome_unknown", StatusCode::SERVICE_UNAVAILABLE),
            ApiError::Internal(_) => ("internal", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// When the same request may succeed, in seconds.
    fn retry_after(&self) -> Option<u32> {
        match self {
            ApiError::WalletBusy
            | ApiError::RequestUnderWay
            | ApiError::Unavailable(_)
            | ApiError::OutcomeUnknown(_) => Some(limits::RETRY_AFTER_SECONDS),
            ApiError::Maintenance(_) => Some(limits::MAINTENANCE_RETRY_SECONDS),
            ApiError::TooManyRequests { retry_after_seconds, .. } => Some(*retry_after_seconds),
            _ => None,
        }
    }

    /// The body: the sentence, the code, the request id, and what the error adds.
    pub fn body(&self, request_id: &str) -> Value {
        let mut body = Map::new();
        body.insert("error".into(), self.to_string().into());
        body.insert("code".into(), self.code().into());
        body.insert("requestId".into(), request_id.into());
        match self {
            ApiError::MalformedBody { details } | ApiError::MalformedQuery { details } => {
                body.insert("details".into(), details.as_str().into());
            }
            ApiError::InvalidField { field, .. } => {
                body.insert("details".into(), json!({ "field": field }));
            }
            ApiError::TooManyRequests { retry_after_seconds, .. } => {
                body.insert("retryAfter".into(), (*retry_after_seconds).into());
            }
            ApiError::InsufficientTokens { required, balance } => {
                body.insert("required".into(), required.0.into());
                body.insert("balance".into(), balance.0.into());
            }
            ApiError::VoucherRefused { denied, .. } => {
                body.insert((*denied).into(), false.into());
            }
            _ => {}
        }
        Value::Object(body)
    }
}

/// An address that an error body names besides, for clients that go by it.
#[derive(Clone)]
pub(crate) struct NextAddress(pub(crate) String);

impl ApiError {
    /// The answer, with `url` in its body: where a client should go that goes by addresses.
    pub fn with_url(self, url: String) -> Response {
        let mut response = self.into_response();
        response.extensions_mut().insert(NextAddress(url));
        response
    }
}

/// The response carries the error itself; [`crate::function`] writes the body, where the request id is known.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let ApiError::TooManyRequests { .. } = self {
            const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
            response.headers_mut().insert(REMAINING, HeaderValue::from_static("0"));
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Which constraint means which error to a client.
fn constraint_error(constraint: &str) -> Option<ApiError> {
    match constraint {
        "users_email_key" | "accounts_provider_account_key" => Some(ApiError::EmailTaken),
        "users_pkey" => Some(ApiError::UserIdTaken),
        // The same movement twice at once: the other one made it, and a repetition finds it.
        "token_transactions_event_key_key" => Some(ApiError::WalletBusy),
        "vouchers_code_key" => Some(ApiError::VoucherExists),
        // Of a filter that a list is asked for; what we write ourselves is always of the list.
        "audit_action_known" => Some(ApiError::InvalidField { field: "action", message: "Unknown action" }),
        "email_status_known" => Some(ApiError::InvalidField { field: "status", message: "Unknown status" }),
        _ => None,
    }
}

impl From<DatabaseError> for ApiError {
    fn from(error: DatabaseError) -> Self {
        if let Some(known) = error.constraint().and_then(constraint_error) {
            return known;
        }
        match error {
            DatabaseError::Unavailable(_)
            | DatabaseError::ConnectionLost(_)
            | DatabaseError::ReadOnlyServer(_)
            | DatabaseError::Busy(_)
            | DatabaseError::NotMigrated(_) => ApiError::Unavailable(Arc::new(error)),
            DatabaseError::Maintenance(sentence) => ApiError::Maintenance(sentence),
            // The rows that many want at once are wallets.
            DatabaseError::Locked(_) => ApiError::WalletBusy,
            DatabaseError::OtherSalt => ApiError::Misconfigured(Arc::new(error)),
            DatabaseError::CallerRefused(CallerRefusal::Nobody) => ApiError::Unauthorized,
            DatabaseError::CallerRefused(CallerRefusal::RevokedKey) => ApiError::ApiKeyRevoked,
            DatabaseError::CallerRefused(CallerRefusal::RoleTooLow) => ApiError::AdminRequired,
            DatabaseError::OutcomeUnknown(_) => ApiError::OutcomeUnknown(Arc::new(error)),
            DatabaseError::UnstorableText(_) => {
                ApiError::MalformedBody { details: "a text contains a character that cannot be stored".to_owned() }
            }
            DatabaseError::Constraint { .. } | DatabaseError::Statement(_) | DatabaseError::Protocol(_) => {
                ApiError::internal(error)
            }
        }
    }
}

/// A row that lacks a column, or has one of another type, is a defect of ours.
impl From<tokio_postgres::Error> for ApiError {
    fn from(error: tokio_postgres::Error) -> Self {
        ApiError::from(DatabaseError::from(error))
    }
}

/// The body that every error answers with, for the API's description.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// A sentence for people; its wording may change.
    pub error: String,
    /// What happened, for programs; never changes its meaning.
    pub code: String,
    /// Names this request in the logs.
    pub request_id: String,
}
