//! Pages of a table are damaged on disk.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use local::server_user::ServerUser;
use local::stripe::{Package, event, paid_checkout};
use local::tools::Toolbox;
use serde_json::json;
use tests::{PASSWORD, STRIPE_SECRETS, Stack, with_own_servers};

use crate::life::{Life, number, sql, text};
use crate::operator::{BUCKET, Operator};
use crate::steps::{Drill, Loss, Scenario};

const CORRUPTION: Scenario =
    Scenario { name: "corruption", rto: Duration::from_secs(60 * 60), rpo: Duration::from_secs(24 * 60 * 60) };

/// So many that one person is found by an index, past the first page, on which nobody is who acts here.
const CROWD: &str = "
    insert into users (id, email, name, created_at)
    select 'crowd_' || n, 'crowd-' || n || '@example.com', repeat(md5(n::text), 3), now() from generate_series(1, 5000) n;
    analyze users";
const VOUCHER: &str = "
    insert into vouchers (id, code, type, value, created_at) values ('vch_drill', 'DRILL', 'FIXED_TOKENS', 7, now())";
const DAY: i64 = 24 * 60 * 60;
/// As in the runbook.
const STOP: &str =
    "cargo db maintenance on --message \"We are repairing something: nothing can be changed until then.\"";

/// Other bytes in the first page of `users` than those that were written.
fn damage(file: &Path) {
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(file).unwrap();
    let mut bytes = [0; 64];
    file.seek(SeekFrom::Start(6_000)).unwrap();
    file.read_exact(&mut bytes).unwrap();
    file.seek(SeekFrom::Start(6_000)).unwrap();
    file.write_all(&bytes.map(|byte| !byte)).unwrap();
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<_> = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    found.sort();
    found
}

/// Nothing is written, everything else goes on.
async fn is_stopped(stack: &Stack, token: &str) {
    let body = json!({ "email": "late@example.com", "password": PASSWORD });
    stack.post("/api/auth/signup", &body).await.expect_error(503, "maintenance");
    let paid = paid_checkout("user_late", "late@example.com", Package::find("starter").unwrap()).unwrap();
    stack
        .stripe(&event("checkout.session.completed", paid).unwrap(), STRIPE_SECRETS[0])
        .await
        .expect_error(503, "maintenance");
    stack.get("/api/health", None).await.expect(200);
    stack.get("/api/tokens/balance", Some(token)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_52_damaged_pages_are_noticed_and_the_newest_good_backup_takes_over_with_what_came_after() {
    with_own_servers(async |servers, stack| {
        let tools = Toolbox::new(ServerUser::choose().unwrap()).unwrap().postgres(None).await.unwrap();
        let (direct, database) = stack.direct_url.rsplit_once('/').unwrap();
        let url = stack.direct_url.as_str();
        servers.object_store.create_bucket(BUCKET).unwrap();
        let bucket = servers.object_store.bucket(BUCKET);
        let clock = bucket.with_file_name("tomorrow");
        std::fs::write(&clock, DAY.to_string()).unwrap();
        let operator = Operator::new(direct, database, &servers.object_store.url(), &tools);

        let mut life = Life::default();
        sql(url, CROWD).await;
        sql(url, VOUCHER).await;
        let ada = life.sign_up(stack, "ada").await;
        life.buy(stack, &ada, "starter").await;
        let backed_up = Instant::now();
        operator.does("cargo db backup").await;
        // What comes after the backup: somebody new with all that is theirs, and changes of who was there before.
        let grace = life.sign_up(stack, "grace").await;
        life.buy(stack, &grace, "basic").await;
        life.buy(stack, &ada, "pro").await;
        life.redeem(stack, &ada, "DRILL").await;

        let acting = "select count(*) from users where ctid < '(1,0)' and id not like 'crowd%'";
        assert_eq!(number(url, acting).await, 0, "whoever acts here is on another page");
        let file = text(url, "select current_setting('data_directory') || '/' || pg_relation_filepath('users')").await;
        servers.postgres.stop().await.unwrap();
        damage(Path::new(&file));
        servers.postgres.restart().await.unwrap();
        let disaster = Instant::now();

        let good = files(&bucket);
        let tomorrow = operator.with("CLOCK_FILE", clock.display().to_string());
        let said = tomorrow.fails("cargo db backup").await;
        assert!(said.contains("Pages of the database are damaged"), "{said}");
        assert_eq!(files(&bucket), good, "the backups before it are all there, and it left none");

        let mut drill = Drill::begin(&CORRUPTION);
        let said = drill.step("what is wrong", operator.fails("cargo db doctor")).await;
        assert!(said.contains("Verdict: damaged_pages"), "{said}");
        drill.step("stop writing", operator.does(STOP)).await;
        is_stopped(stack, &ada.token).await;
        let said = drill.step("which pages, and what can be read", operator.fails("cargo db recover assess")).await;
        assert!(said.contains("users: 1 of ") && said.contains("invalid page in block 0"), "{said}");
        if tools.program("pg_amcheck").exists() {
            let check = "pg_amcheck --install-missing \"$DIRECT_URL\"";
            let said = drill.step("the same by PostgreSQL's own means", operator.fails(check)).await;
            assert!(said.contains("invalid page in block 0"), "{said}");
        }
        let restore = "cargo db restore --from latest --into restored";
        drill.step("the newest good backup beside it, compared with its manifest", operator.does(restore)).await;
        let there = async |command: &str| operator.does(&format!("DIRECT_URL=\"$RESTORED_URL\" {command}")).await;
        drill.step("stop writing in it, too", there(STOP)).await;
        let save = "cargo db recover merge --table users --from spike_land";
        let said = drill.step("save who came after the backup", there(save)).await;
        assert!(said.contains("users: 1 inserted") && said.contains("users: 1 pages can't be read"), "{said}");
        drill.step("the schema", there("cargo db status")).await;
        drill.step("the books", there("cargo db reconcile")).await;
        let promote = "cargo db promote --from restored --into spike_land";
        drill.step("let it take the place of the damaged one", operator.does(promote)).await;
        is_stopped(stack, &ada.token).await;
        drill.step("let people in again", operator.does("cargo db maintenance off")).await;
        let said = drill.step("nothing is wrong", operator.does("cargo db doctor")).await;
        assert!(said.contains("Verdict: healthy"), "{said}");
        drill.step("Stripe sends again what it sent", life.stripe_sends_again(stack)).await;
        drill.step("a backup of it", operator.does("cargo db backup --kind pre-migration")).await;

        // The functions were never restarted.
        life.sign_up(stack, "new").await;
        let balance = |person| stack.balance(person);
        assert_eq!(balance(&grace).await["balance"], balance_of(url, &grace.id).await);
        assert_eq!(number(url, "select count(*) from users where id like 'crowd%'").await, 5_000);
        let lost = life.lost(url).await;
        assert_eq!(lost, 1, "the voucher alone: Stripe's purchases come again, and who is new was saved");
        let time = disaster - backed_up;
        drill.end(&Loss { acknowledged: life.changes.len() as u64, lost, time });
        for name in
            text(url, "select string_agg(datname, ' ') from pg_database where datname ~ '_before_'").await.split(' ')
        {
            servers.postgres.drop_database(name).await.unwrap();
        }
    })
    .await;
}

async fn balance_of(url: &str, id: &str) -> i64 {
    number(url, &format!("select balance from user_token_balances where user_id = '{id}'")).await
}
