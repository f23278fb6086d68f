//! Fifty people are deleted by mistake, while the others go on.

use std::time::Duration;

use local::postgres::PostgresSettings;
use local::postgres::archive::Archive;
use local::server_user::{ServerUser, private_folder};
use local::tools::Toolbox;
use tests::{Given, with_own_servers};

use crate::life::{Life, number, sql, text};
use crate::operator::Operator;
use crate::steps::{Drill, Loss, Scenario};

const DELETION: Scenario = Scenario { name: "deletion", rto: Duration::from_secs(30 * 60), rpo: Duration::ZERO };

/// What somebody typed who thought that they were in another database.
const MISTAKE: &str = "
    begin;
    delete from token_transactions where user_id in (select id from users where email like 'old-%');
    delete from user_token_balances where user_id in (select id from users where email like 'old-%');
    delete from stripe_payments where user_id in (select id from users where email like 'old-%');
    delete from users where email like 'old-%';
    commit";

/// All that these people have, in one word.
const THEIRS: &str = "
    select concat_ws(' ',
        (select md5(string_agg(u::text, ',' order by id)) from users u where id = any(theirs)),
        (select md5(string_agg(s::text, ',' order by id)) from sessions s where user_id = any(theirs)),
        (select md5(string_agg(b::text, ',' order by user_id)) from user_token_balances b where user_id = any(theirs)),
        (select md5(string_agg(p::text, ',' order by id)) from stripe_payments p where user_id = any(theirs)),
        (select md5(string_agg(o::text, ',' order by id)) from uploads o where user_id = any(theirs)),
        (select md5(string_agg(t::text, ',' order by user_id, entry_number)) from token_transactions t where user_id = any(theirs)))";

const UPLOAD: &str = "
    insert into uploads (id, user_id, purpose, bucket, object_key, file_name, content_type, declared_bytes, created_at, expires_at)
    select 'upl_1', id, 'IMAGE', 'IMAGES', 'key-1', 'a.png', 'image/png', 1, now(), now() + interval '1 day'
      from users where email = 'old-1@example.com'";

/// As in the runbook: what the archived log says of the largest deletion.
const FIND_THE_MOMENT: &str = r#"FILE=$(psql "$DIRECT_URL" -Atc "select pg_relation_filepath('users')" | sed 's,^base,1663,')
SEGMENTS=$(ls "$ARCHIVE" | grep -E '^[0-9A-F]{24}$' | sed -n '1p;$p')
TX=$(pg_waldump --path="$ARCHIVE" --rmgr=Heap $SEGMENTS | grep 'desc: DELETE' | grep "rel $FILE " | grep -o 'tx: *[0-9]*' | grep -o '[0-9]*' | sort | uniq -c | sort -n | tail -n 1 | awk '{print $2}')
pg_waldump --path="$ARCHIVE" --rmgr=Transaction --xid="$TX" $SEGMENTS | grep -o 'COMMIT [-0-9]* [.:0-9]* [A-Z]*'"#;

#[tokio::test(flavor = "multi_thread")]
async fn ops_53_fifty_people_deleted_by_mistake_come_back_and_nothing_else_changes() {
    with_own_servers(async |servers, stack| {
        let user = ServerUser::choose().unwrap();
        let tools = Toolbox::new(user.clone()).unwrap().postgres(None).await.unwrap();
        let folder = Given::get().folder.join(format!("deletion-{}", servers.postgres.port()));
        private_folder(&folder, user.as_ref()).unwrap();
        let archive = Archive::new(folder.join("archive"), user.clone()).unwrap();
        archive.switch_on(&mut servers.postgres).await.unwrap();
        let (direct, database) = stack.direct_url.rsplit_once('/').unwrap();
        let url = stack.direct_url.as_str();
        let operator = Operator::new(direct, database, "http://127.0.0.1:9", &tools)
            .with("ARCHIVE", archive.folder().display().to_string());
        let copy = PostgresSettings {
            tools,
            user,
            folder: folder.join("copy"),
            log: folder.join("copy.log"),
            port: None,
            durable: false,
            // No fewer than the server it is a copy of.
            max_connections: 200,
            parameters: Vec::new(),
        };

        let mut life = Life::default();
        let mut old = Vec::new();
        for n in 1..=50 {
            old.push(life.sign_up(stack, &format!("old-{n}")).await);
        }
        let kept = life.sign_up(stack, "kept").await;
        archive.base_backup(&servers.postgres, &copy).await.unwrap();
        for person in old.iter().step_by(5).chain([&kept]) {
            life.buy(stack, person, "starter").await;
        }
        sql(url, UPLOAD).await;
        let ids: Vec<_> = old.iter().map(|person| format!("'{}'", person.id)).collect();
        let theirs = THEIRS.replace("theirs", &format!("array[{}]", ids.join(", ")));
        let before = text(url, &theirs).await;

        sql(url, MISTAKE).await;
        assert_eq!(number(url, "select count(*) from object_deletions where object_key = 'key-1'").await, 1);
        stack.get("/api/tokens/balance", Some(&old[0].token)).await.expect(401);
        // Nobody has noticed yet.
        life.buy(stack, &kept, "basic").await;
        let new = life.sign_up(stack, "new").await;
        life.buy(stack, &new, "pro").await;
        sql(url, "delete from sessions where user_id = (select id from users where email = 'kept@example.com')").await;

        let mut drill = Drill::begin(&DELETION);
        archive.catch_up(&servers.postgres).await.unwrap();
        let said = drill.step("find the moment in the archived log", operator.does(FIND_THE_MOMENT)).await;
        let moment = said.trim().strip_prefix("COMMIT ").unwrap_or_else(|| panic!("{said}")).to_owned();
        let mut then = drill
            .step(&format!("restore a copy to right before {moment}"), archive.restore(copy, &moment))
            .await
            .unwrap();
        let operator = operator.with("COPY_URL", then.url(""));
        let diff = "RECOVER_URL=\"$COPY_URL\" cargo db recover diff --table users --from spike_land";
        let said = drill.step("compare", operator.does(diff)).await;
        for missing in ["users: 50 missing", "uploads: 1 missing", "stripe_payments: 10 missing"] {
            assert!(said.contains(missing), "{said}");
        }
        assert_eq!(number(url, "select count(*) from users where email like 'old-%'").await, 0, "only looked");
        let merge = "RECOVER_URL=\"$COPY_URL\" cargo db recover merge --table users --from spike_land";
        let said = drill.step("bring them back", operator.does(merge)).await;
        assert!(said.contains("users: 50 inserted") && said.contains("uploads: 1 objects were to be"), "{said}");
        let again = drill.step("a second time finds nothing", operator.does(merge)).await;
        assert!(
            again.lines().filter(|line| line.contains(" inserted")).all(|line| line.contains(": 0 inserted")),
            "{again}"
        );
        drill.step("the books", operator.does("cargo db reconcile")).await;
        drill.step("stop the copy", then.stop()).await.unwrap();

        assert_eq!(text(url, &theirs).await, before);
        assert_eq!(number(url, "select count(*) from object_deletions").await, 0, "the object stays");
        for person in [&old[0], &new] {
            stack.balance(person).await;
        }
        // Whoever signed out meanwhile stays signed out.
        stack.get("/api/tokens/balance", Some(&kept.token)).await.expect(401);
        let lost = life.lost(url).await;
        drill.end(&Loss { acknowledged: life.changes.len() as u64, lost, time: Duration::ZERO });
        std::fs::remove_dir_all(folder).unwrap();
    })
    .await;
}
