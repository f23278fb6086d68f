//! Where seeds run: what counts is the database's marker and its name, not how a URL looks or what a variable promises.

use shared::Environment;

use crate::seeding_sets::{SETS, contents, name, seed_from};
use crate::support::{Folder, said, with_database};

#[tokio::test]
async fn ops_68_a_database_marked_production_takes_no_test_data_whatever_the_rest_says() {
    with_database(async |database| {
        database.deploy(&migrate::embedded().unwrap()).await.unwrap();
        database.client().await.batch_execute("update deployment set environment = 'production'").await.unwrap();
        let folder = Folder::new(&[]);
        let target = name(&database);
        // The name of the database, and so its URL, has "test" in it.
        assert!(database.url.contains("test"));
        let before = contents(&database, "t").await;
        for set in SETS.into_iter().chain(["cleanup-e2e"]) {
            for promise in ["false", "true"] {
                let arguments: &[&str] = match set {
                    "cleanup-e2e" => &["cleanup-e2e", "--target", &target],
                    _ => &["seed", "--set", set, "--target", &target],
                };
                let mut command = database.command(&folder.0, arguments);
                let output = command.env("E2E_DATABASE_CONFIRMED", "true").env("CI", promise).output().unwrap();
                let said = said(&output);
                assert_eq!(output.status.code(), Some(1), "{set}: {said}");
                assert!(said.contains("SAFETY: ") && said.contains("nothing was done"), "{set}: {said}");
            }
        }
        for set in ["e2e", "enhanced", "cleanup-e2e"] {
            let error = seed_from(Environment::Production, &database, set, false).await.unwrap_err().to_string();
            assert!(error.starts_with("SAFETY: "), "{set}: {error}");
        }
        assert_eq!(contents(&database, "t").await, before);
    })
    .await;
}

#[tokio::test]
async fn ops_68_known_credentials_need_the_name_of_the_database() {
    with_database(async |database| {
        database.deploy(&migrate::embedded().unwrap()).await.unwrap();
        let folder = Folder::new(&[]);
        let before = contents(&database, "t").await;
        for arguments in [
            &["seed", "--set", "e2e"][..],
            &["seed", "--set", "vouchers,e2e"],
            &["seed", "--set", "e2e", "--target", "elsewhere"],
            &["seed", "--set", "vouchers", "--target", "elsewhere"],
            &["cleanup-e2e"],
            &["cleanup-e2e", "--check"],
            &["cleanup-e2e", "--target", "elsewhere"],
        ] {
            let output = database.command(&folder.0, arguments).env("E2E_DATABASE_CONFIRMED", "true").output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
            assert!(said(&output).contains("SAFETY: "), "{arguments:?}: {}", said(&output));
        }
        assert_eq!(contents(&database, "t").await, before);

        let target = name(&database);
        let arguments = ["seed", "--set", "vouchers,e2e", "--target", &target, "--now", "2026-01-01T00:00:00Z"];
        let output = database.command(&folder.0, &arguments).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).contains("Ran vouchers, e2e in "), "{}", said(&output));
        let made = "select string_agg(distinct created_at::text, ',') from users where id like '%test%'";
        assert!(database.text(made).await.starts_with("2026-01-01 00:00:00"));
    })
    .await;
}

#[tokio::test]
async fn ops_68_a_production_database_takes_what_the_shop_needs() {
    with_database(async |database| {
        database.deploy(&migrate::embedded().unwrap()).await.unwrap();
        let client = database.client().await;
        let real = "update deployment set environment = 'production';
                    insert into users (id, email, name, created_at) values ('user_1', 'real@example.com', 'Ren\u{e9} R', now())";
        client.batch_execute(real).await.unwrap();
        seed_from(Environment::Production, &database, "main,vouchers,merch,box-tiers", false).await.unwrap();
        assert_eq!(database.text("select string_agg(email, ',') from users where id not like 'anonymous%'").await, "real@example.com");
        assert_eq!(database.text("select string_agg(slug, ',') from workspaces").await, "ren-r-user-1");
        assert_eq!(database.text("select count(*)::text from apps").await, "0");
        assert_eq!(database.text("select count(*)::text from merch_products").await, "8");
    })
    .await;
}
