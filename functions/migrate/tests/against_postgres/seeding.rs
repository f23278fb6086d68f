//! Seeds: one transaction, again and again, and never known credentials where real people live.

use migrate::{MigrateError, Seed, SeedReport, SeedUser, Seeding};

use crate::support::{TestDatabase, migrations, settings, with_database};

const SCHEMA: &str =
    "create table deployment (environment text); create table people (email text primary key, role text, hash text)";
const SEED: &str = "insert into people
    select email, role, password_hash
      from jsonb_to_recordset(current_setting('seed.users')::jsonb) as u (email text, role text, password_hash text)
    on conflict (email) do update set role = excluded.role";

async fn seed(
    database: &TestDatabase,
    sql: &str,
    users: Vec<SeedUser>,
    environment: &str,
) -> Result<SeedReport, MigrateError> {
    let settings = settings(&[
        ("DIRECT_URL", &database.url),
        ("ENVIRONMENT", environment),
        ("USER_ID_SALT", "0123456789012345678901234567890123456789"),
    ]);
    let client = database.session(&settings).await;
    let seeding = Seeding { users, ..Seeding::default() };
    migrate::seed(&client, &[Seed::parse("people.sql", sql)?], &seeding, &settings).await
}

fn user(role: &str) -> SeedUser {
    SeedUser {
        email: "demo@example.com".to_owned(),
        password: "correct horse".to_owned(),
        role: role.to_owned(),
        name: None,
        api_key: None,
    }
}

#[tokio::test]
async fn a_seed_can_be_run_again() {
    with_database(async |database| {
        database.deploy(&migrations(&[SCHEMA])).await.unwrap();
        let report = seed(&database, SEED, vec![user("USER")], "test").await.unwrap();
        assert_eq!(report.users, 1);
        let change = &report.seeds[0].changes[0];
        assert_eq!((change.table.as_str(), change.inserted, change.updated), ("people", 1, 0));
        seed(&database, SEED, vec![user("ADMIN")], "test").await.unwrap();
        assert_eq!(
            database.text("select string_agg(email || ' ' || role, ',') from people").await,
            "demo@example.com ADMIN"
        );
        assert_eq!(database.text("select (hash like '$argon2id$%')::text from people").await, "true");
        assert!(seed(&database, SEED, Vec::new(), "test").await.unwrap().seeds[0].changes.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_seed_that_fails_leaves_nothing() {
    with_database(async |database| {
        database.deploy(&migrations(&[SCHEMA])).await.unwrap();
        let error = seed(&database, &format!("{SEED};\nselect 1 / 0"), vec![user("USER")], "test").await.unwrap_err();
        assert!(error.to_string().contains("people.sql failed at statement 2, line 5"), "{error}");
        assert_eq!(database.text("select count(*)::text from people").await, "0");
    })
    .await;
}

#[tokio::test]
async fn known_credentials_stay_out_of_production() {
    with_database(async |database| {
        database.deploy(&migrations(&[SCHEMA])).await.unwrap();
        let client = database.client().await;
        for (marker, environment, code) in [
            ("'production'", "test", "seed_refused"),
            ("null", "test", "seed_refused"),
            ("'staging'", "test", "other_environment"),
        ] {
            client.batch_execute(&format!("update deployment set environment = {marker}")).await.unwrap();
            let error = seed(&database, SEED, vec![user("USER")], environment).await.unwrap_err();
            assert_eq!(error.code(), code, "{marker} {environment}: {error}");
            assert!(!error.to_string().contains("horse"), "{error}");
        }
        assert_eq!(database.text("select count(*)::text from people").await, "0");
    })
    .await;
}
