//! The server itself: version, rights, clock, connections, long queries, sizes.

use shared::clock::Clock;
use tokio_postgres::Client;

use super::Finding;

/// A difference that this is longer than makes signatures and sessions invalid.
const SKEW: i64 = 5_000;

/// Of the connections that users may have, in percent.
const CROWDED: i64 = 80;

/// The number that a small server should allow.
const RECOMMENDED: i64 = 200;

const RIGHTS: &str = "
    select current_user::text,
           has_database_privilege(current_database(), 'create') and has_schema_privilege('public', 'create'),
           (select count(*) from pg_class
             where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
               and not pg_has_role(relowner, 'usage')),
           (select rolcanlogin and rolconfig @> array['statement_timeout=2s', 'lock_timeout=1s']
              from pg_roles where rolname = 'spike_app'),
           (select has_database_privilege(oid, current_database(), 'connect') and has_schema_privilege(oid, 'public', 'usage')
              from pg_roles where rolname = 'spike_app')";

const CONNECTIONS: &str = "
    select count(*) filter (where backend_type = 'client backend'),
           count(*) filter (where state = 'idle in transaction' and state_change < clock_timestamp() - interval '1 min'),
           current_setting('max_connections')::bigint, current_setting('superuser_reserved_connections')::bigint
      from pg_stat_activity";

/// Without their texts, which may hold what no log should.
const LONG: &str = "
    select count(*), coalesce(string_agg(pid::text, ', ' order by query_start), ''),
           coalesce(max(extract(epoch from clock_timestamp() - query_start)), 0)::bigint
      from pg_stat_activity
     where state = 'active' and pid <> pg_backend_pid() and backend_type = 'client backend'
       and datname = current_database() and query_start < clock_timestamp() - interval '5 seconds'";

const SIZES: &str = "
    select pg_size_pretty(pg_database_size(current_database())),
           coalesce((select string_agg(format('%s %s', relname, pg_size_pretty(size)), ', ' order by size desc)
              from (select relname, pg_total_relation_size(oid) as size from pg_class
                     where relnamespace = 'public'::regnamespace and relkind in ('r', 'm')
                     order by 2 desc limit 3) as largest), 'no tables')";

type Outcome = Result<Finding, tokio_postgres::Error>;

/// Each step stands for itself.
pub(super) async fn examine(client: &Client) -> Vec<Finding> {
    let of = |check, outcome: Outcome| outcome.unwrap_or_else(|error| Finding::unknown(check, &error));
    vec![
        of("server", version(client).await),
        of("rights", rights(client).await),
        of("clock", clock(client).await),
        of("connections", connections(client).await),
        of("queries", queries(client).await),
        of("sizes", sizes(client).await),
    ]
}

async fn version(client: &Client) -> Outcome {
    let row = client.query_typed_one("select current_setting('server_version'), pg_is_in_recovery()", &[]).await?;
    let (version, standby): (&str, bool) = (row.try_get(0)?, row.try_get(1)?);
    let seen = format!("PostgreSQL {version}{}", if standby { ", a standby" } else { "" });
    let remedy = "point DIRECT_URL at the primary: a standby can only be read";
    Ok(if standby { Finding::trouble("server", "standby", seen, remedy) } else { Finding::fine("server", seen) })
}

async fn rights(client: &Client) -> Outcome {
    let row = client.query_typed_one(RIGHTS, &[]).await?;
    let user: String = row.try_get(0)?;
    let (creates, foreign): (bool, i64) = (row.try_get(1)?, row.try_get(2)?);
    let (role, granted): (Option<bool>, Option<bool>) = (row.try_get(3)?, row.try_get(4)?);
    Ok(if !creates {
        let seen = format!("{user} may not create tables here");
        let remedy = format!("grant create on database … and on schema public to {user}, or use the owner's login");
        Finding::trouble("rights", "no_right_to_create", seen, remedy)
    } else if foreign > 0 {
        let seen = format!("{foreign} tables belong to a role that {user} is no member of");
        let remedy = "put the login of their owner into DIRECT_URL, or alter table … owner to it";
        Finding::trouble("rights", "not_the_owner", seen, remedy)
    } else {
        match (role, granted) {
            (None, _) => Finding::note(
                "rights",
                "no_functions_role",
                format!("{user} may migrate; the functions' role spike_app is not made yet"),
                "run `cargo db deploy`, which makes it",
            ),
            (Some(false), _) => Finding::trouble(
                "rights",
                "functions_role_incomplete",
                "spike_app may not log in or lost its time-outs",
                "alter role spike_app login; alter role spike_app set statement_timeout = '2s'; alter role spike_app set \
                 lock_timeout = '1s'",
            ),
            (_, Some(false)) => Finding::trouble(
                "rights",
                "functions_role_shut_out",
                "spike_app may not connect here or use the schema public",
                "grant connect on database … to spike_app; grant usage on schema public to spike_app",
            ),
            _ => Finding::fine("rights", format!("{user} may migrate, spike_app may log in")),
        }
    })
}

async fn clock(client: &Client) -> Outcome {
    let clock = Clock::new(None);
    let before = clock.now().as_millisecond();
    let sql = "select (extract(epoch from clock_timestamp()) * 1000)::bigint";
    let server: i64 = client.query_typed_one(sql, &[]).await?.try_get(0)?;
    let after = clock.now().as_millisecond();
    // The server read its clock at some time between the two.
    let skew = (server - after).max(before - server).max(0);
    let seen = format!("the server's and this machine's agree to {skew} ms");
    Ok(if skew > SKEW {
        let seen = format!("the server's and this machine's differ by {} s", skew / 1_000);
        Finding::trouble(
            "clock",
            "clock_skew",
            seen,
            "switch time synchronisation on (timedatectl set-ntp true) on both",
        )
    } else {
        Finding::fine("clock", seen)
    })
}

async fn connections(client: &Client) -> Outcome {
    let row = client.query_typed_one(CONNECTIONS, &[]).await?;
    let (used, stuck): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let (max, reserved): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
    let room = max - reserved;
    let seen = format!("{used} of {room} used (max_connections {max}, recommended {RECOMMENDED})");
    Ok(if used * 100 >= room * CROWDED {
        let remedy = format!(
            "close idle sessions, send the functions through PgBouncer, or set max_connections = {RECOMMENDED} and restart"
        );
        Finding::trouble("connections", "too_many_connections", seen, remedy)
    } else if stuck > 0 {
        let seen = format!("{seen}; {stuck} idle in a transaction for over a minute");
        let remedy = "end them (select pg_terminate_backend(pid)): they hold locks and keep vacuum from its work";
        Finding::note("connections", "idle_in_transaction", seen, remedy)
    } else {
        Finding::fine("connections", seen)
    })
}

async fn queries(client: &Client) -> Outcome {
    let row = client.query_typed_one(LONG, &[]).await?;
    let (count, pids, seconds): (i64, String, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    Ok(if count == 0 {
        Finding::fine("queries", "none runs for more than 5 s")
    } else {
        let seen = format!("{count} run for more than 5 s, the longest for {seconds} s (pid {pids})");
        let remedy = "look at them (select pid, state, wait_event, query from pg_stat_activity), cancel what ran away \
                      (select pg_cancel_backend(pid)), and log slow ones (alter database … set log_min_duration_statement \
                      = 100)";
        Finding::note("queries", "long_queries", seen, remedy)
    })
}

async fn sizes(client: &Client) -> Outcome {
    let row = client.query_typed_one(SIZES, &[]).await?;
    let (all, largest): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    Ok(Finding::fine("sizes", format!("{all}; largest: {largest}")))
}
