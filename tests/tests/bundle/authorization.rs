//! Who may call what: every route of the description by every kind of caller, compared with `authorization.txt`. A new
//! route fails here until it says how it is called, and until its row has been read and checked in.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use shared::session_cookie::{Claims, CookieKeys};
use tests::{AUTH_SECRET, PASSWORD, Stack, project, with_stack};

/// The kinds of callers, in the order of the columns.
const CALLERS: [&str; 12] = [
    "nobody", "expired", "forged", "revoked", "deleted", "other", "owner", "cookie", "admin", "super", "key", "old-key",
];
/// Agents come with the routes that take them; a bearer that is nobody's session is what they are anywhere else.
const AGENT: &str = "agent";

/// How a route is called so that its rightful caller succeeds. `{name}` stands for what the owner has.
struct Call {
    method: &'static str,
    path: &'static str,
    /// What stands in for the path's parameters, and the query.
    target: &'static str,
    body: Value,
}

fn call(method: &'static str, path: &'static str, target: &'static str, body: Value) -> Call {
    Call { method, path, target, body }
}

fn calls() -> Vec<Call> {
    let (none, credentials) = (Value::Null, json!({ "email": "{email}", "password": PASSWORD }));
    let get = |path| call("GET", path, path, Value::Null);
    vec![
        get("/api/health"),
        get("/api/health/ready"),
        get("/api/status"),
        get("/api/openapi.json"),
        get("/docs"),
        get("/api/auth/csrf"),
        get("/api/auth/providers"),
        get("/api/auth/session"),
        call("POST", "/api/auth/session", "/api/auth/session", json!({})),
        get("/api/auth/signin"),
        get("/api/auth/error"),
        call("POST", "/api/auth/signup", "/api/auth/signup", json!({ "email": "{new}", "password": PASSWORD })),
        call("POST", "/api/auth/check-email", "/api/auth/check-email", json!({ "email": "{email}" })),
        call("POST", "/api/auth/mobile/signin", "/api/auth/mobile/signin", credentials.clone()),
        call("POST", "/api/auth/mobile/callback", "/api/auth/mobile/callback", json!({ "provider": "google" })),
        call("POST", "/api/auth/callback/credentials", "/api/auth/callback/credentials", credentials),
        call("POST", "/api/auth/signin/{provider}", "/api/auth/signin/google", none.clone()),
        call("GET", "/api/auth/callback/{provider}", "/api/auth/callback/google", none.clone()),
        call("POST", "/api/auth/callback/{provider}", "/api/auth/callback/google", none.clone()),
        call("POST", "/api/auth/signout", "/api/auth/signout", none.clone()),
        call("POST", "/api/auth/verify-email", "/api/auth/verify-email", json!({ "token": "made-up" })),
        call("POST", "/api/auth/resend-verification", "/api/auth/resend-verification", json!({ "email": "{email}" })),
        call("POST", "/api/auth/forgot-password", "/api/auth/forgot-password", json!({ "email": "{email}" })),
        call(
            "POST",
            "/api/auth/reset-password",
            "/api/auth/reset-password",
            json!({ "token": "made-up", "newPassword": PASSWORD }),
        ),
        get("/api/tokens/balance"),
        get("/api/tokens/history"),
        get("/api/tiers"),
        get("/api/tiers/check-upgrade-prompt"),
        get("/api/mcp/balance"),
        call("POST", "/api/stripe/webhook", "/api/stripe/webhook", json!({})),
        // Refused for what they ask, not for who asks: there is nobody in Stripe's place here.
        call("POST", "/api/stripe/checkout", "/api/stripe/checkout", json!({ "mode": "payment" })),
        call("POST", "/api/stripe/portal", "/api/stripe/portal", json!({})),
        get("/api/stripe/subscription"),
        call("POST", "/api/stripe/cancel", "/api/stripe/cancel", json!({})),
        call("POST", "/api/stripe/resume", "/api/stripe/resume", json!({})),
        call("POST", "/api/tiers/upgrade", "/api/tiers/upgrade", json!({ "targetTier": "FREE" })),
        call("POST", "/api/tiers/downgrade", "/api/tiers/downgrade", json!({ "targetTier": "FREE" })),
        call("DELETE", "/api/tiers/downgrade", "/api/tiers/downgrade", none.clone()),
        get("/api/settings/api-keys"),
        call("POST", "/api/settings/api-keys", "/api/settings/api-keys", json!({ "name": "mine" })),
        call("GET", "/api/settings/api-keys/{id}", "/api/settings/api-keys/{key}", none.clone()),
        call("DELETE", "/api/settings/api-keys/{id}", "/api/settings/api-keys/{key}", none.clone()),
        get("/api/settings/sessions"),
        call("DELETE", "/api/settings/sessions", "/api/settings/sessions", none.clone()),
        call("DELETE", "/api/settings/sessions/{id}", "/api/settings/sessions/{session}", none.clone()),
        call(
            "POST",
            "/api/settings/password",
            "/api/settings/password",
            json!({ "currentPassword": PASSWORD, "newPassword": "another horse" }),
        ),
        get("/api/settings/preferences"),
        call("PATCH", "/api/settings/preferences", "/api/settings/preferences", json!({ "theme": "dark" })),
        call("DELETE", "/api/settings/account", "/api/settings/account", json!({ "password": PASSWORD })),
        get("/api/referral/link"),
        get("/api/referral/stats"),
        get("/api/referral/users"),
        call("GET", "/api/referral/visit", "/api/referral/visit?ref={code}", none.clone()),
        call("POST", "/api/referral/validate", "/api/referral/validate", json!({ "code": "{code}" })),
        call("POST", "/api/referral/apply", "/api/referral/apply", json!({ "code": "{other code}" })),
        call("POST", "/api/vouchers/validate", "/api/vouchers/validate", json!({ "code": "V{voucher}" })),
        call("POST", "/api/vouchers/redeem", "/api/vouchers/redeem", json!({ "code": "V{voucher}" })),
        get("/api/admin/vouchers"),
        call(
            "POST",
            "/api/admin/vouchers",
            "/api/admin/vouchers",
            json!({ "code": "NEW{voucher}", "type": "FIXED_TOKENS", "value": 5 }),
        ),
        call(
            "PATCH",
            "/api/admin/vouchers",
            "/api/admin/vouchers",
            json!({ "id": "vch_{voucher}", "status": "INACTIVE" }),
        ),
        call("DELETE", "/api/admin/vouchers", "/api/admin/vouchers?id=vch_{voucher}", none.clone()),
        get("/api/admin/users"),
        call(
            "PATCH",
            "/api/admin/users",
            "/api/admin/users",
            json!({ "userId": "{id}", "action": "adjustTokens", "value": 5 }),
        ),
        call("DELETE", "/api/admin/users", "/api/admin/users?userId={id}", none),
        call(
            "POST",
            "/api/admin/users/password",
            "/api/admin/users/password",
            json!({ "email": "{email}", "password": "another horse" }),
        ),
        get("/api/admin/analytics/users"),
        get("/api/admin/analytics/tokens"),
        get("/api/admin/dashboard"),
        get("/api/admin/emails"),
        call("POST", "/api/admin/emails", "/api/admin/emails", json!({ "action": "sendTestEmail", "to": "{email}" })),
        get("/api/admin/audit"),
        get("/api/admin/audit/check"),
        get("/admin/dashboard"),
        get("/api/admin/system/connections"),
        get("/api/admin/system/pool"),
        get("/api/admin/system/slow-statements"),
        get("/api/admin/system/sizes"),
        get("/api/admin/system/indexes"),
        get("/api/admin/system/bloat"),
        get("/api/admin/system/replication"),
        get("/api/admin/system/versions"),
        get("/api/admin/system/queries"),
        call(
            "POST",
            "/api/admin/system/queries/cancel",
            "/api/admin/system/queries/cancel",
            json!({ "pid": 1, "backendStart": "2026-01-01T00:00:00Z", "queryStart": "2026-01-01T00:00:00Z" }),
        ),
        call("POST", "/api/admin/system/explain", "/api/admin/system/explain", json!({ "queryId": "1" })),
        get("/api/admin/system/alerts"),
        get("/api/admin/system/backups"),
        get("/api/admin/system/samples"),
        get("/api/admin/system/health"),
        get("/api/admin/stripe/events"),
        call("GET", "/api/admin/stripe/events/{id}", "/api/admin/stripe/events/evt_of_nobody", Value::Null),
        call(
            "POST",
            "/api/admin/stripe/events/{id}/replay",
            "/api/admin/stripe/events/evt_of_nobody/replay",
            Value::Null,
        ),
    ]
}

/// A person as SQL makes them: faster than signing up, and with what the calls are about.
struct Somebody {
    number: u32,
}

impl Somebody {
    async fn make(stack: &Stack, role: &str, hash: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let one = Somebody { number: COUNT.fetch_add(1, Ordering::Relaxed) };
        let n = one.number;
        let (id, code, token, key) = (one.id(), one.code(), one.token(), one.key());
        stack
            .sql(&format!(
                "insert into users (id, email, role, password_hash, referral_code, created_at)
                 values ('{id}', 'p{n}@example.com', '{role}', '{hash}', '{code}', now());
                 insert into user_token_balances
                     (user_id, balance, last_regeneration, total_earned, transaction_count, created_at)
                 values ('{id}', 10, now(), 10, 1, now());
                 insert into token_transactions
                     (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
                 values ('{id}', 1, 'txn_{n}', 10, 'EARN_BONUS', 'welcome', 'welcome', 10, now());
                 insert into sessions (id, user_id, token_hash, created_at, expires_at)
                 values ('ses_{n}', '{id}', sha256('{token}'), now(), now() + interval '1 day'),
                        ('ses_{n}b', '{id}', sha256('{token}b'), now(), now() + interval '1 day');
                 insert into vouchers (id, code, type, value, created_at)
                 values ('vch_{n}', 'V{n}', 'FIXED_TOKENS', 5, now());
                 insert into api_keys (id, user_id, name, key_hash, key_prefix, created_at)
                 values ('key_{n}', '{id}', 'a key', sha256('{key}'), 'sk_test...0000', now());"
            ))
            .await;
        one
    }

    fn id(&self) -> String {
        format!("user_{:032x}", self.number)
    }

    fn token(&self) -> String {
        format!("token-of-{}", self.number)
    }

    fn key(&self) -> String {
        format!("sk_test_{:043}", self.number)
    }

    /// Of the symbols that codes have.
    fn code(&self) -> String {
        format!("{:08o}", self.number).chars().map(|c| char::from(b'A' + c as u8 - b'0')).collect()
    }

    /// `template` with what is this person's put in.
    fn fill(&self, template: &str, other: &Somebody) -> String {
        let n = self.number;
        template
            .replace("{id}", &self.id())
            .replace("{email}", &format!("p{n}@example.com"))
            .replace("{new}", &format!("new{n}@example.com"))
            .replace("{key}", &format!("key_{n}"))
            .replace("{session}", &format!("ses_{n}b"))
            .replace("{voucher}", &n.to_string())
            .replace("{code}", &self.code())
            .replace("{other code}", &other.code())
    }
}

/// What one route answers to one kind of caller.
async fn cell(stack: &Stack, call: &Call, caller: &str, hash: &str) -> u16 {
    let owner = Somebody::make(stack, "USER", hash).await;
    let role = match caller {
        "admin" => "ADMIN",
        "super" => "SUPER_ADMIN",
        _ => "USER",
    };
    let other = Somebody::make(stack, role, hash).await;
    let request = stack.request(call.method, &owner.fill(call.target, &other));
    let request = match &call.body {
        Value::Null => request,
        body => request.header("content-type", "application/json").body(owner.fill(&body.to_string(), &other)),
    };
    let ended = |sql: &str| format!("{sql} where id = 'ses_{}'", owner.number);
    let request = match caller {
        "nobody" => request,
        "expired" => {
            stack.sql(&ended("update sessions set expires_at = now() - interval '1 second'")).await;
            request.bearer_auth(owner.token())
        }
        "revoked" => {
            stack.sql(&ended("update sessions set revoked_at = now()")).await;
            request.bearer_auth(owner.token())
        }
        "deleted" => {
            let gone = "email = null, name = null, image = null, password_hash = null, deleted_at = now()";
            stack.sql(&format!("update users set {gone} where id = '{}'", owner.id())).await;
            request.bearer_auth(owner.token())
        }
        "forged" => request.header("cookie", cookie("another-secret-0123456789-0123456789-01", &owner)),
        "cookie" => request.header("cookie", cookie(AUTH_SECRET, &owner)).header("origin", "http://localhost:3000"),
        "owner" => request.bearer_auth(owner.token()),
        "key" => request.bearer_auth(owner.key()),
        "old-key" => {
            stack.sql(&format!("update api_keys set is_active = false where id = 'key_{}'", owner.number)).await;
            request.bearer_auth(owner.key())
        }
        AGENT => request.bearer_auth("an-agents-key-0123456789-0123456789-0123"),
        _ => request.bearer_auth(other.token()),
    };
    stack.send(request).await.status
}

fn cookie(secret: &str, owner: &Somebody) -> String {
    const NAME: &str = "authjs.session-token";
    let claims = Claims { sub: Some(owner.id()), sid: Some(owner.token()), exp: i64::MAX, ..Claims::default() };
    format!("{NAME}={}", CookieKeys::new(vec![shared::Secret::new(secret)]).seal(NAME, &claims))
}

/// Method and path of every route that the handlers describe.
fn described() -> Vec<(String, String)> {
    let description = serde_json::to_value(crate::openapi::description()).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let routes = paths.iter().flat_map(|(path, operations)| {
        operations.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
    });
    routes.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_in_whom_the_table_says() {
    with_stack(async |stack| {
        // What is explained is what was counted.
        stack.sql("create extension pg_stat_statements").await;
        let calls = calls();
        let known: Vec<_> = calls.iter().map(|call| (call.method.to_owned(), call.path.to_owned())).collect();
        let missing: Vec<_> = described().into_iter().filter(|route| !known.contains(route)).collect();
        assert!(missing.is_empty(), "say in calls() how these are called: {missing:?}");

        // So that no administrator is the last one, and none of the callers the first of all.
        let hash = shared::password::hash(PASSWORD).unwrap();
        Somebody::make(stack, "ADMIN", &hash).await;
        stack.sql("update deployment set first_admin_at = now()").await;
        let (stack, hash) = (&*stack, hash.as_str());
        let columns: Vec<_> = CALLERS.into_iter().chain([AGENT]).collect();
        let cells = calls.iter().flat_map(|call| columns.iter().map(move |caller| (call, *caller)));
        let answers: Vec<u16> =
            stream::iter(cells).map(|(call, caller)| cell(stack, call, caller, hash)).buffered(6).collect().await;

        let mut table = format!("{:46}", "");
        for caller in &columns {
            let _ = write!(table, "{caller:>8}");
        }
        table.push('\n');
        for (call, row) in calls.iter().zip(answers.chunks(columns.len())) {
            let _ = write!(table, "{:46}", format!("{} {}", call.method, call.path));
            for status in row {
                let _ = write!(table, "{status:>8}");
            }
            table.push('\n');
        }
        let file = project().join("tests/tests/bundle/authorization.txt");
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        if table != kept {
            std::fs::write(&file, &table).unwrap();
            panic!(
                "authorization.txt says otherwise and has been rewritten: read the difference, then commit it\n{table}"
            );
        }
        // Nobody's answer may be a failure of ours.
        assert!(answers.iter().all(|status| *status < 500), "{table}");
    })
    .await;
}
