//! The roles that migrations make, made again on a server that has none: roles are the server's and in no backup.

use serde::Serialize;
use shared::Secret;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::BackupError;
use crate::restore::administrator;
use crate::session::quoted;
use crate::settings::Settings;

/// A role with its settings. A drill compares them with what the migrations leave.
struct Role {
    name: &'static str,
    login: bool,
    settings: &'static [(&'static str, &'static str)],
}

const APP: &str = "spike_app";
const MONITOR: &str = "spike_monitor";

const ROLES: [Role; 4] = [
    Role { name: "spike_owner", login: false, settings: &[] },
    Role {
        name: APP,
        login: true,
        settings: &[("statement_timeout", "2s"), ("lock_timeout", "1s"), ("idle_in_transaction_session_timeout", "3s")],
    },
    Role {
        name: "spike_readonly",
        login: true,
        settings: &[
            ("default_transaction_read_only", "on"),
            ("statement_timeout", "30s"),
            ("lock_timeout", "1s"),
            ("idle_in_transaction_session_timeout", "60s"),
        ],
    },
    Role {
        name: MONITOR,
        login: true,
        settings: &[
            ("default_transaction_read_only", "on"),
            ("statement_timeout", "5s"),
            ("lock_timeout", "1s"),
            ("idle_in_transaction_session_timeout", "5s"),
        ],
    },
];

/// Who migrates is a member of the owner.
const OWNER: &str = "
do $$
begin
    if not exists (select from pg_auth_members where roleid = 'spike_owner'::regrole and member = current_user::regrole) then
        execute format('grant spike_owner to %I', current_user);
    end if;
end
$$";

/// The server's figures are for the monitor. A managed server may keep that right to itself.
const FIGURES: &str = "
do $$
begin
    if not pg_has_role('spike_monitor', 'pg_monitor', 'member') then
        grant pg_monitor to spike_monitor;
    end if;
exception
    when insufficient_privilege then
        raise notice 'spike_monitor is no member of pg_monitor: let an administrator run \"grant pg_monitor to spike_monitor\"';
end
$$";

/// Passwords of the roles that programs log in as; where there is none, a role that is made gets a random one.
#[derive(Debug, Default)]
pub struct Passwords {
    /// `SPIKE_APP_PASSWORD`.
    pub app: Option<Secret>,
    /// `SPIKE_MONITOR_PASSWORD`.
    pub monitor: Option<Secret>,
}

/// What became of a role.
#[derive(Debug, Serialize)]
pub struct MadeRole {
    /// Its name.
    pub name: &'static str,
    /// Whether it was missing.
    pub made: bool,
    /// The password that was made up for it: to be shown once.
    pub password: Option<String>,
}

/// Makes the roles that are missing and sets the settings of all.
///
/// # Errors
/// The server's, such as that the user of `DIRECT_URL` may not make roles.
pub async fn make_roles(passwords: &Passwords, settings: &Settings) -> Result<Vec<MadeRole>, BackupError> {
    let (admin, _) = administrator(settings).await?;
    let missing = missing(&admin).await?;
    let mut made = Vec::new();
    for role in &ROLES {
        let is_missing = missing.iter().any(|name| name == role.name);
        made.push(make(&admin, role, is_missing, passwords).await?);
    }
    admin.batch_execute(OWNER).await?;
    admin.batch_execute(FIGURES).await?;
    Ok(made)
}

async fn make(admin: &Client, role: &Role, made: bool, passwords: &Passwords) -> Result<MadeRole, BackupError> {
    let name = quoted(role.name);
    if made {
        let login = if role.login { "login" } else { "nologin" };
        admin.batch_execute(&format!("create role {name} {login}")).await?;
    }
    for (setting, value) in role.settings {
        admin.batch_execute(&format!("alter role {name} set {setting} = '{value}'")).await?;
    }
    let given = match role.name {
        APP => passwords.app.as_ref(),
        MONITOR => passwords.monitor.as_ref(),
        _ => return Ok(MadeRole { name: role.name, made, password: None }),
    };
    let password = match given {
        None if made => Some(random()),
        _ => None,
    };
    if let Some(password) = given.map(Secret::expose).or(password.as_deref()) {
        // Hashed here: the server logs statements that change roles.
        let verifier = postgres_protocol::password::scram_sha_256(password.as_bytes());
        admin.batch_execute(&format!("alter role {name} password '{verifier}'")).await?;
    }
    Ok(MadeRole { name: role.name, made, password })
}

fn random() -> String {
    let mut bytes = [0; 24];
    shared::ids::fill_random(&mut bytes);
    shared::secret::hex(&bytes)
}

/// Refuses a server on which the grants of a backup would fail.
///
/// # Errors
/// It has not all of the roles.
pub(crate) async fn require(admin: &Client) -> Result<(), BackupError> {
    let missing = missing(admin).await?;
    if missing.is_empty() { Ok(()) } else { Err(BackupError::MissingRoles { names: missing.join(", ") }) }
}

async fn missing(admin: &Client) -> Result<Vec<String>, BackupError> {
    const MISSING: &str = "
        select name from unnest($1::text[]) with ordinality as wanted (name, place)
         where not exists (select from pg_roles where rolname = name)
         order by place";
    let names: Vec<&str> = ROLES.iter().map(|role| role.name).collect();
    let rows = admin.query_typed(MISSING, &[(&names, Type::TEXT_ARRAY)]).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, tokio_postgres::Error>>()?)
}
