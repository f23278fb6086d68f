//! Everything is gone but the bucket with the backups.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use local::object_store::{ObjectStore, ObjectStoreSettings};
use local::pgbouncer::{PgBouncer, PgBouncerSettings, PoolSizes};
use local::postgres::{Postgres, PostgresSettings};
use local::server_user::{ServerUser, private_folder};
use local::smoke;
use local::tools::Toolbox;
use serde_json::json;
use tests::{Given, PASSWORD, Person, Stack, with_own_servers, with_stack_of};

use crate::life::{Life, number, text};
use crate::operator::{BUCKET, Operator};
use crate::steps::{Drill, Loss, Scenario};

const SITE_LOSS: Scenario =
    Scenario { name: "site-loss", rto: Duration::from_secs(2 * 60 * 60), rpo: Duration::from_secs(24 * 60 * 60) };
/// As in the runbook.
const BOOTSTRAP: &str = "cargo db bootstrap --from latest --into spike_land";
const INCIDENT: &str = "cargo db incident \"We are restoring everything.\" --impact critical";
const ROLES: &str = "
    select string_agg(concat_ws(' ', rolname, rolcanlogin, rolsuper, rolcreaterole, settings, members), '; ' order by rolname)
      from (select r.*, (select string_agg(s, ',' order by s) from unnest(rolconfig) s) as settings,
                   (select string_agg(m.roleid::regrole::text, ',' order by 1) from pg_auth_members m where m.member = r.oid) as members
              from pg_roles r
             where rolname like 'spike%') as ours";
const OWNERS: &str = "
    select string_agg(relowner::regrole || ' ' || relname, ',' order by relname)
      from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'S') and relname not like 'schema_migration%'";

async fn object_store(folder: &Path) -> ObjectStore {
    let (access_key, secret_key) = ("test".to_owned(), "test-secret".to_owned());
    let settings = ObjectStoreSettings { folder: folder.join("objects"), port: None, access_key, secret_key };
    let store = ObjectStore::start(settings).await.unwrap();
    store.create_bucket(BUCKET).unwrap();
    store
}

/// What was there before: a copy of it to compare with, and who was told what.
struct Before {
    life: Life,
    people: Vec<Person>,
    balances: Vec<i64>,
    roles: String,
    owners: String,
    backed_up: Instant,
}

async fn balances(url: &str, people: &[Person]) -> Vec<i64> {
    let mut found = Vec::new();
    for Person { id, .. } in people {
        found.push(number(url, &format!("select balance from user_token_balances where user_id = '{id}'")).await);
    }
    found
}

/// A life, a good backup, changes after it, and a newer backup that is damaged in the bucket. Then the site is gone.
async fn lived(store: &ObjectStore) -> Before {
    let mut before = None;
    with_own_servers(async |_, stack: &mut Stack| {
        let tools = Toolbox::new(ServerUser::choose().unwrap()).unwrap().postgres(None).await.unwrap();
        let (direct, database) = stack.direct_url.rsplit_once('/').unwrap();
        let url = stack.direct_url.as_str();
        let operator = Operator::new(direct, database, &store.url(), &tools);
        let mut life = Life::default();
        let mut people = Vec::new();
        for (name, package) in [("ada", "starter"), ("grace", "basic"), ("joan", "pro")] {
            let person = life.sign_up(stack, name).await;
            life.buy(stack, &person, package).await;
            people.push(person);
        }
        let (balances, roles, owners) = (balances(url, &people).await, text(url, ROLES).await, text(url, OWNERS).await);
        let backed_up = Instant::now();
        operator.does("cargo db backup").await;
        life.sign_up(stack, "late").await;
        life.buy(stack, &people[0], "power").await;
        // Names tell seconds: of two of the same second neither is the newest.
        while backed_up.elapsed() < Duration::from_secs(2) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        operator.does("cargo db backup --kind pre-migration").await;
        before = Some(Before { life, people, balances, roles, owners, backed_up });
    })
    .await;
    let newest =
        archives(&store.bucket(BUCKET)).into_iter().find(|path| path.display().to_string().contains("pre-migr"));
    let newest = newest.unwrap();
    let mut bytes = std::fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&newest, bytes).unwrap();
    // The S3 server's own checksums would give it away.
    for path in files(store.bucket(BUCKET).parent().unwrap()) {
        if path.display().to_string().ends_with(".internal.json") {
            std::fs::remove_file(path).unwrap();
        }
    }
    before.unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn archives(bucket: &Path) -> Vec<PathBuf> {
    files(bucket).into_iter().filter(|path| path.display().to_string().ends_with(".backup.gz")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_55_from_nothing_but_the_bucket_to_people_who_sign_in() {
    let folder = Given::get().folder.join(format!("site-{}", std::process::id()));
    let user = ServerUser::choose().unwrap();
    local::server_user::passable_folder(&folder).unwrap();
    let store = object_store(&folder).await;
    let Before { life, people, balances: expected, roles, owners, backed_up } = Box::pin(lived(&store)).await;
    let disaster = Instant::now();

    let mut drill = Drill::begin(&SITE_LOSS);
    let toolbox = Toolbox::new(user.clone()).unwrap();
    let tools = toolbox.postgres(None).await.unwrap();
    let server = PostgresSettings {
        tools: tools.clone(),
        user: user.clone(),
        folder: folder.join("postgres"),
        log: folder.join("postgres.log"),
        port: None,
        durable: false,
        max_connections: 200,
        parameters: Vec::new(),
    };
    let mut postgres = drill.step("an empty server", Postgres::start(server)).await.unwrap();
    let url = postgres.url("spike_land");
    let operator = Operator::new(&postgres.url(""), "spike_land", &store.url(), &tools);
    let refused = operator.fails("cargo db restore --from latest --into restored").await;
    assert!(refused.contains("the server has no role spike_owner, spike_app"), "{refused}");

    let said = drill.step("roles, database, migrations, proof: one command", operator.does(BOOTSTRAP)).await;
    assert!(said.contains("bytes were changed") && said.contains("Restored daily/"), "the damaged one is left: {said}");
    let password = |role: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(&format!("Password of {role}, shown this once: ")));
        line.unwrap_or_else(|| panic!("{said}")).to_owned()
    };
    let (app, monitor) = (password("spike_app"), password("spike_monitor"));
    assert_eq!(text(&url, ROLES).await, roles, "the roles are as migrations leave them");
    assert_eq!(text(&url, OWNERS).await, owners, "everything belongs to whom it did");
    let again = operator.fails(BOOTSTRAP).await;
    assert!(again.contains("is not empty") && !again.contains("Password of"), "a second time changes nothing: {again}");

    private_folder(&folder.join("pgbouncer"), user.as_ref()).unwrap();
    let pooler = PgBouncer::start(PgBouncerSettings {
        tools: toolbox.pgbouncer().await.unwrap(),
        user,
        folder: folder.join("pgbouncer"),
        log: folder.join("pgbouncer.log"),
        port: None,
        postgres_port: postgres.port(),
        users: BTreeMap::from([("spike_app".to_owned(), app.clone()), ("spike_monitor".to_owned(), monitor.clone())]),
        pool: PoolSizes { size: 5, min: 0, reserve: 0 },
        tls: false,
    });
    let mut pooler = drill.step("PgBouncer", pooler).await.unwrap();
    let base = |url: String| url.trim_end_matches('/').to_owned();
    let given = Given {
        direct: base(postgres.url("")),
        pooled: base(pooler.url("spike_app", &app, "")),
        monitor: format!("postgres://spike_monitor:{monitor}@127.0.0.1:{}", postgres.port()),
        database: Some("spike_land".to_owned()),
        ..Given::get()
    };
    with_stack_of(given, async |stack| {
        let url = stack.direct_url.as_str();
        let checks =
            drill.step("the functions, and cargo dev smoke", smoke::checks(&stack.bundle.url())).await.unwrap();
        assert!(checks.iter().all(smoke::Check::passed), "{checks:#?}");
        drill.step("people are told", operator.does(INCIDENT)).await;
        let status = async || stack.get("/api/status", None).await.expect(200);
        let told = status().await;
        assert_eq!((&told["status"], &told["message"]), (&"incident".into(), &"We are restoring everything.".into()));
        drill.step("the schema", operator.does("cargo db status")).await;
        drill.step("the books", operator.does("cargo db reconcile")).await;
        assert_eq!(balances(url, &people).await, expected, "as in the backup");
        let lost = life.lost(url).await;
        assert_eq!(lost, 2, "what came after the backup");
        let credentials = json!({ "email": people[0].email, "password": PASSWORD });
        stack.post("/api/auth/mobile/signin", &credentials).await.expect(200);
        // Who was signed in stays so.
        stack.balance(&people[1]).await;
        stack.sign_up("new").await;
        drill.step("people are told that it is over", operator.does("cargo db incident --over")).await;
        assert_eq!(status().await["status"], "ok");
        drill.step("a backup of it", operator.does("cargo db backup --kind pre-migration")).await;
        drill.end(&Loss { acknowledged: life.changes.len() as u64, lost, time: disaster - backed_up });
    })
    .await;
    pooler.stop().await.unwrap();
    postgres.stop().await.unwrap();
    store.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}
