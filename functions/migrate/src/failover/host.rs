//! One server: what it is, how far it is, and who follows it.

use serde::Serialize;
use shared::database::DatabaseUrl;
use tokio_postgres::types::PgLsn;
use tokio_postgres::{Client, Row};

use crate::direct::{Access, close, connect};
use crate::error::MigrateError;
use crate::settings::Settings;

/// Of a replica the timeline is the one that it receives; the other one is where it started from.
const ITSELF: &str = "
    select pg_is_in_recovery() as replica,
           whole.system_identifier::text as cluster,
           case
               when pg_is_in_recovery() then coalesce(receiver.received_tli, begun.timeline_id)
               else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
           end as timeline,
           case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end::text as lsn,
           pg_last_wal_receive_lsn()::text as received,
           extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 as last_change_seconds_ago,
           coalesce(receiver.status = 'streaming', false) as streaming,
           substring(receiver.conninfo from $$application_name='?([^' ]+)$$) as name,
           current_setting('synchronous_commit') as synchronous_commit,
           current_setting('synchronous_standby_names') as synchronous_standby_names,
           array(
               select distinct coalesce('role ' || r.rolname, 'database ' || d.datname)
                 from pg_db_role_setting s
                cross join unnest(s.setconfig) as setting
                 left join pg_roles r on r.oid = s.setrole
                 left join pg_database d on d.oid = s.setdatabase
                where lower(setting) ~ '^synchronous_commit=(off|local|false|no|0)$'
                order by 1
           ) as careless
      from pg_control_system() whole
     cross join pg_control_checkpoint() begun
      left join pg_stat_wal_receiver receiver on true";

/// Those that replay what this one writes. Without the right to look at them PostgreSQL leaves their state out.
const FOLLOWERS: &str = "
    select coalesce(application_name, '?') as name,
           coalesce(state, 'hidden') as state,
           coalesce(sync_state, 'hidden') as synchronous,
           greatest(coalesce(pg_wal_lsn_diff(here.lsn, replay_lsn), 0), 0)::bigint as behind_bytes,
           case when replay_lsn >= here.lsn then 0 else coalesce(extract(epoch from replay_lag), 0) end::float8
               as behind_seconds
      from pg_stat_replication
     cross join lateral (
            select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end as lsn
           ) here
     where coalesce(state, '') <> 'backup'
     order by name";

const SLOTS: &str = "
    select slot_name::text as name, active, coalesce(wal_status, '') = 'lost' as lost,
           greatest(coalesce(pg_wal_lsn_diff(here.lsn, restart_lsn), 0), 0)::bigint as retained_bytes
      from pg_replication_slots
     cross join lateral (
            select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end as lsn
           ) here
     order by name";

/// What a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes writes.
    Primary,
    /// Follows a primary, or waits for one.
    Replica,
    /// Does not answer.
    Unreachable,
}

/// A server of the list.
#[derive(Debug, Clone, Serialize)]
pub struct Host {
    /// Host and port, as DIRECT_URL has them.
    pub host: String,
    /// What it is.
    pub role: Role,
    /// Why it does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// What it says about itself.
    #[serde(flatten)]
    pub server: Option<Server>,
}

/// What a server says about itself.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Server {
    /// The system identifier: a replica has its primary's.
    pub cluster: String,
    /// The timeline: each promotion adds one.
    pub timeline: i32,
    /// How far the log is written; on a replica, replayed.
    pub lsn: Option<String>,
    /// On a replica: how far the log is here, replayed or not.
    pub received: Option<String>,
    /// On a replica: log that the primary has and this one has not replayed; unknown without a primary.
    pub behind_bytes: Option<i64>,
    /// On a replica: how old the newest change is that can be seen here; 0 when nothing is missing.
    pub behind_seconds: Option<f64>,
    /// On a replica: whether it receives the log now.
    pub streaming: bool,
    /// On a replica that streams: what it calls itself.
    pub name: Option<String>,
    /// `synchronous_commit`.
    pub synchronous_commit: String,
    /// `synchronous_standby_names`: which replicas a commit waits for.
    pub synchronous_standby_names: String,
    /// Roles and databases whose commits wait for no replica, whatever the server says; as `role spike_app`.
    pub careless: Vec<String>,
    /// Who follows it.
    pub followers: Vec<Follower>,
    /// Whose log it keeps.
    pub slots: Vec<Slot>,
    #[serde(skip)]
    pub(super) last_change_seconds_ago: Option<f64>,
}

/// A replica as the server that it follows sees it.
#[derive(Debug, Clone, Serialize)]
pub struct Follower {
    /// What it calls itself.
    pub name: String,
    /// `streaming`, or on the way there.
    pub state: String,
    /// `sync` and `quorum` lose nothing; `async` may, and so may `potential`.
    pub synchronous: String,
    /// Log that it has not replayed yet.
    pub behind_bytes: i64,
    /// How long ago that was written which it replays now.
    pub behind_seconds: f64,
}

/// A place in the log from which on it is kept.
#[derive(Debug, Clone, Serialize)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// Whether somebody reads there.
    pub active: bool,
    /// Whether what its reader needs is gone.
    pub lost: bool,
    /// The log that is kept for it.
    pub retained_bytes: i64,
}

impl Host {
    pub(super) fn unreachable(host: String, says: String) -> Self {
        Self { host, role: Role::Unreachable, says: Some(says), server: None }
    }
}

impl Server {
    /// How far it could go without a primary.
    pub(super) fn reach(&self) -> u64 {
        position(self.received.as_deref()).max(position(self.lsn.as_deref()))
    }

    /// How far it is.
    pub(super) fn position(&self) -> u64 {
        position(self.lsn.as_deref())
    }
}

/// Host and port of a URL with one of each.
pub(super) fn name(url: &DatabaseUrl) -> String {
    let place = url.place();
    place.rsplit_once('/').map_or(place.as_str(), |(server, _)| server).to_owned()
}

/// Asks one server.
pub(super) async fn look(settings: &Settings) -> Result<Host, MigrateError> {
    let client = connect(settings, Access::Read).await?;
    let looked = ask(&client).await;
    close(client).await;
    let (role, server) = looked?;
    Ok(Host { host: name(&settings.url), role, says: None, server: Some(server) })
}

async fn ask(client: &Client) -> Result<(Role, Server), tokio_postgres::Error> {
    let row = client.query_typed_one(ITSELF, &[]).await?;
    let followers = client.query_typed(FOLLOWERS, &[]).await?;
    let slots = client.query_typed(SLOTS, &[]).await?;
    let role = if row.try_get("replica")? { Role::Replica } else { Role::Primary };
    let server = Server {
        cluster: row.try_get("cluster")?,
        timeline: row.try_get("timeline")?,
        lsn: row.try_get("lsn")?,
        received: row.try_get("received")?,
        behind_bytes: None,
        behind_seconds: None,
        streaming: row.try_get("streaming")?,
        name: row.try_get("name")?,
        synchronous_commit: row.try_get("synchronous_commit")?,
        synchronous_standby_names: row.try_get("synchronous_standby_names")?,
        careless: row.try_get("careless")?,
        followers: followers.iter().map(follower).collect::<Result<_, _>>()?,
        slots: slots.iter().map(slot).collect::<Result<_, _>>()?,
        last_change_seconds_ago: row.try_get("last_change_seconds_ago")?,
    };
    Ok((role, server))
}

fn follower(row: &Row) -> Result<Follower, tokio_postgres::Error> {
    Ok(Follower {
        name: row.try_get("name")?,
        state: row.try_get("state")?,
        synchronous: row.try_get("synchronous")?,
        behind_bytes: row.try_get("behind_bytes")?,
        behind_seconds: row.try_get("behind_seconds")?,
    })
}

fn slot(row: &Row) -> Result<Slot, tokio_postgres::Error> {
    Ok(Slot {
        name: row.try_get("name")?,
        active: row.try_get("active")?,
        lost: row.try_get("lost")?,
        retained_bytes: row.try_get("retained_bytes")?,
    })
}

/// A place in the log as a number; 0 for none.
fn position(lsn: Option<&str>) -> u64 {
    lsn.and_then(|lsn| lsn.parse::<PgLsn>().ok()).map_or(0, u64::from)
}
