//! `reconcile`: whatever is wrong is found and named, what is right passes, and a repair changes totals alone.

mod broken;

use std::collections::BTreeSet;
use std::process::Output;
use std::time::Instant;

use migrate::reconcile::{Checked, checks, faults, reconcile};
use serde_json::{Value, json};
use tokio_postgres::Client;

use self::broken::BROKEN;
use crate::support::{Folder, TestDatabase, said, with_database};

/// A database with everything in it and nothing wrong.
async fn sound(database: &TestDatabase, people: u32) -> Client {
    database.deploy(&migrate::embedded().unwrap()).await.unwrap();
    let client = database.client().await;
    let sql = include_str!("reconciling/sound.sql").replace("PEOPLE", &people.to_string());
    client.batch_execute(&sql).await.unwrap();
    client
}

fn broken(checked: &[Checked]) -> Vec<&Checked> {
    checked.iter().filter(|check| check.faults() > 0).collect()
}

fn run(database: &TestDatabase, arguments: &[&str]) -> Output {
    let folder = std::env::temp_dir();
    let mut command = database.command(&folder, arguments);
    command.env_remove("MIGRATIONS_DIR").output().unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no report: {}", said(output)))
}

#[tokio::test]
async fn whatever_is_wrong_is_found_and_named() {
    with_database(async |database| {
        let client = sound(&database, 10).await;
        assert!(broken(&faults(&client).await.unwrap()).is_empty());
        let mut noticed = BTreeSet::new();
        for (damage, names, id) in BROKEN {
            client.batch_execute("begin; set local session_replication_role = replica").await.unwrap();
            client.batch_execute(damage).await.unwrap_or_else(|error| panic!("{damage}: {error:?}"));
            let checked = faults(&client).await.unwrap();
            let found = broken(&checked);
            let expected: BTreeSet<_> = names.iter().copied().collect();
            assert_eq!(found.iter().map(|check| check.name).collect::<BTreeSet<_>>(), expected, "{damage}: {found:?}");
            let first = found.iter().find(|check| check.name == names[0]).unwrap();
            assert!(first.first.iter().any(|row| row.id == *id), "{damage}: {first:?}");
            assert!(first.found < 3, "{damage}: {first:?}");
            noticed.extend(expected);
            client.batch_execute("rollback").await.unwrap();
        }
        let all: BTreeSet<_> =
            checks().map(|check| check.name).filter(|name| *name != "everybody_has_a_wallet").collect();
        assert_eq!(noticed, all, "each check is seen to fail");

        client.batch_execute("insert into users (id, created_at) values ('user_new', now())").await.unwrap();
        let checked = faults(&client).await.unwrap();
        let note = checked.iter().find(|check| check.name == "everybody_has_a_wallet").unwrap();
        assert_eq!((note.found, note.faults(), note.first[0].id.as_str()), (1, 0, "user_new"));
    })
    .await;
}

#[tokio::test]
async fn a_hundred_thousand_sound_entries_pass() {
    with_database(async |database| {
        let client = sound(&database, 1_000).await;
        let started = Instant::now();
        let checked = faults(&client).await.unwrap();
        let took = started.elapsed();
        assert!(broken(&checked).is_empty(), "{checked:?}");
        let rows = checked.iter().find(|check| check.name == "entries_carry_on").unwrap().rows;
        assert!(rows > 99_000, "{rows}");
        println!("{} checks over {rows} entries took {took:?}", checked.len());

        // However much is wrong, the answer is bounded, and the count is whole.
        client.batch_execute("update user_token_balances set transaction_count = transaction_count + 1").await.unwrap();
        let checked = faults(&client).await.unwrap();
        assert_eq!(
            broken(&checked).iter().map(|check| (check.found, check.first.len())).collect::<Vec<_>>(),
            [(1_000, 20)]
        );
    })
    .await;
}

/// Every movement changes two tables; whoever does not look at one moment sees one without the other.
#[tokio::test]
async fn money_that_moves_meanwhile_is_no_fault() {
    with_database(async |database| {
        sound(&database, 10).await;
        let writers = (1..=3).map(|writer| {
            let database = database.clone();
            tokio::spawn(async move {
                let client = database.client().await;
                for n in 0.. {
                    let sql = format!("select post('user_{writer}', 1, 'EARN_BONUS', 'import', null, 'w:{n}')");
                    client.batch_execute(&sql).await.unwrap();
                }
            })
        });
        let writers: Vec<_> = writers.collect();
        let settings = database.settings();
        let session = database.session(&settings).await;
        let mut last = 0;
        for _ in 0..10 {
            let report = reconcile(&session, &migrate::embedded().unwrap(), false, &settings).await.unwrap();
            assert_eq!(report.faults, 0, "{report:?}");
            let rows = report.checks.iter().find(|check| check.name == "entries_carry_on").unwrap().rows;
            assert!(rows > last, "the writers write");
            last = rows;
        }
        writers.iter().for_each(tokio::task::JoinHandle::abort);
    })
    .await;
}

#[tokio::test]
async fn the_exit_code_says_it() {
    with_database(async |database| {
        let not_migrated = run(&database, &["reconcile", "--json"]);
        assert_eq!(
            (not_migrated.status.code(), report(&not_migrated)["code"].as_str()),
            (Some(1), Some("not_migrated"))
        );
        let client = sound(&database, 10).await;
        let good = run(&database, &["reconcile"]);
        assert_eq!(good.status.code(), Some(0), "{}", said(&good));
        assert!(said(&good).contains("Everything agrees"), "{}", said(&good));

        let damage = "update user_token_balances set transaction_count = 7 where user_id = 'user_9'";
        client.batch_execute(damage).await.unwrap();
        let bad = run(&database, &["reconcile"]);
        assert_eq!(bad.status.code(), Some(5), "{}", said(&bad));
        assert!(said(&bad).contains("user_9 (earned ") && said(&bad).contains("1 fault ("), "{}", said(&bad));
        let bad = run(&database, &["--json", "reconcile"]);
        let (code, bad) = (bad.status.code(), report(&bad));
        assert_eq!((code, &bad["action"], &bad["faults"]), (Some(5), &json!("reconcile"), &json!(1)));
        let totals = bad["checks"].as_array().unwrap().iter().find(|check| check["name"] == "totals_are_sums").unwrap();
        assert_eq!(
            (&totals["rows"], &totals["found"], &totals["first"][0]["id"]),
            (&json!(10), &json!(1), &json!("user_9"))
        );
        assert_eq!(
            database.text("select transaction_count::text from user_token_balances where user_id = 'user_9'").await,
            "7"
        );
    })
    .await;
}

/// Everything that a repair must leave alone.
async fn untouched(database: &TestDatabase) -> String {
    database
        .text(
            "select md5(string_agg(line, '' order by line)) from (
                 select t::text from token_transactions t
                  union all select user_id || balance || tier || last_regeneration from user_token_balances
                  union all select r::text from voucher_redemptions r
                  union all select id || status || coalesce(max_uses, 0) from vouchers
                  union all select p::text from stripe_payments p
                  union all select u::text from users u) everything (line)",
        )
        .await
}

#[tokio::test]
async fn a_repair_recomputes_totals_and_nothing_else() {
    with_database(async |database| {
        let client = sound(&database, 10).await;
        client
            .batch_execute(
                "update user_token_balances
                    set total_earned = total_earned + 5, total_spent = total_spent + 5, transaction_count = 3
                  where user_id = 'user_9';
                 update vouchers set current_uses = 8;
                 -- Whose entries are in doubt themselves.
                 update token_transactions set balance_after = balance_after + 1
                  where user_id = 'user_8' and entry_number = 3;
                 update user_token_balances set transaction_count = 3 where user_id = 'user_8'",
            )
            .await
            .unwrap();
        let before = untouched(&database).await;
        let wallet = "select w::text from (select user_id, total_earned, total_spent, transaction_count, updated_at
                        from user_token_balances where user_id = 'user_8') w";
        let doubtful = database.text(wallet).await;
        let output = run(&database, &["reconcile", "--fix", "--json"]);
        assert_eq!(output.status.code(), Some(5), "{}", said(&output));
        let report = report(&output);
        let fields = |fixed: &Value| -> Vec<_> {
            fixed["changes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|change| change["field"].as_str().unwrap().to_owned())
                .collect()
        };
        let fixed = report["fixed"].as_array().unwrap();
        assert_eq!(fixed.len(), 2, "{fixed:?}");
        assert_eq!((&fixed[0]["kind"], &fixed[0]["id"]), (&json!("wallet"), &json!("user_9")));
        assert_eq!(fields(&fixed[0]), ["total_earned", "total_spent", "transaction_count"]);
        assert_eq!(fixed[1]["changes"], json!([{"field": "current_uses", "from": 8, "to": 4}]));
        assert_eq!(report["faults"], 3, "what is in doubt stays: {report}");
        assert_eq!((untouched(&database).await, database.text(wallet).await), (before, doubtful));
        let audited = "select string_agg(concat_ws(' ', actor_id, entry_number, action, target_type, target_id,
                                                   metadata -> 'fixed' -> 0 ->> 'field'), ', ' order by entry_number)
                         from audit_logs where actor_id = 'system'";
        let entries = [
            "system 1 TOKEN_ADJUSTMENT user user_9 total_earned",
            "system 2 VOUCHER_UPDATE voucher vou_1 current_uses",
        ];
        assert_eq!(database.text(audited).await, entries.join(", "));

        let repair = "update token_transactions set balance_after = balance_after - 1
                       where user_id = 'user_8' and entry_number = 3";
        client.batch_execute(repair).await.unwrap();
        let output = run(&database, &["reconcile", "--fix"]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(said(&output).contains("Recomputed: wallet user_8: transaction_count 3 → "), "{}", said(&output));
        let nothing = run(&database, &["reconcile", "--fix", "--json"]);
        assert_eq!(self::report(&nothing)["fixed"], json!([]), "once is enough");
    })
    .await;
}

#[tokio::test]
async fn two_repairs_at_once_repair_once() {
    with_database(async |database| {
        let client = sound(&database, 40).await;
        client.batch_execute("update user_token_balances set transaction_count = 1").await.unwrap();
        let start = || {
            let mut command = database.command(&std::env::temp_dir(), &["reconcile", "--fix", "--json"]);
            command.env_remove("MIGRATIONS_DIR").stdout(std::process::Stdio::piped()).spawn().unwrap()
        };
        let both = [start(), start()].map(|child| child.wait_with_output().unwrap());
        let fixed: usize = both.iter().map(|output| report(output)["fixed"].as_array().unwrap().len()).sum();
        assert_eq!((fixed, both[0].status.code(), both[1].status.code()), (40, Some(0), Some(0)));
        assert_eq!(database.text("select count(*)::text from audit_logs where actor_id = 'system'").await, "40");
        assert!(broken(&faults(&client).await.unwrap()).is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_busy_wallet_is_left_for_later() {
    with_database(async |database| {
        let client = sound(&database, 10).await;
        let damage = "update user_token_balances set transaction_count = 1 where user_id in ('user_8', 'user_9')";
        client.batch_execute(damage).await.unwrap();
        client
            .batch_execute("begin; select from user_token_balances where user_id = 'user_8' for update")
            .await
            .unwrap();
        let settings = database.settings();
        let session = database.session(&settings).await;
        let migrations = migrate::embedded().unwrap();
        let again = async || {
            let report = reconcile(&session, &migrations, true, &settings).await.unwrap();
            (report.faults, report.fixed.into_iter().map(|fixed| fixed.id).collect::<Vec<_>>())
        };
        assert_eq!(again().await, (1, vec!["user_9".to_owned()]));
        client.batch_execute("rollback").await.unwrap();
        assert_eq!(again().await, (0, vec!["user_8".to_owned()]));
    })
    .await;
}

/// A wrong URL must not have another environment repaired.
#[tokio::test]
async fn a_repair_stays_in_its_environment() {
    with_database(async |database| {
        let client = sound(&database, 10).await;
        client.batch_execute("update deployment set environment = 'production'").await.unwrap();
        assert_eq!(run(&database, &["reconcile"]).status.code(), Some(0), "looking is free");
        let refused = run(&database, &["reconcile", "--fix", "--json"]);
        assert_eq!((refused.status.code(), &report(&refused)["code"]), (Some(1), &json!("other_environment")));
    })
    .await;
}

/// Half a migration is no fault of the money.
#[tokio::test]
async fn a_database_of_another_build_is_refused() {
    with_database(async |database| {
        sound(&database, 10).await;
        let folder = Folder::new(&["create table a ()"]);
        let output = database.command(&folder.0, &["reconcile", "--json"]).output().unwrap();
        assert_eq!((output.status.code(), &report(&output)["code"]), (Some(1), &json!("edited_migration")));
    })
    .await;
}
