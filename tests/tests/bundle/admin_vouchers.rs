//! `/api/admin/vouchers`: making, changing and deleting codes for tokens.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Answer, Person, Stack, with_stack};

use crate::admin_team::{ask, look, person, record_is_whole, text, written};
use crate::vouchers::{add_up, crowd, redeem, refused, voucher};

const PATH: &str = "/api/admin/vouchers";

async fn make(stack: &Stack, who: &Person, body: &Value) -> Answer {
    ask(stack, who, "POST", PATH, body).await
}

async fn change(stack: &Stack, who: &Person, body: &Value) -> Answer {
    ask(stack, who, "PATCH", PATH, body).await
}

async fn delete(stack: &Stack, who: &Person, id: &str) -> Answer {
    stack.send(stack.request("DELETE", &format!("{PATH}?id={id}")).bearer_auth(&who.token)).await
}

fn fixed(code: &str) -> Value {
    json!({ "code": code, "type": "FIXED_TOKENS", "value": 10 })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_is_made_listed_redeemed_and_written_down() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        let body = json!({ "code": " spring24 ", "type": "FIXED_TOKENS", "value": 40, "maxUses": 2,
                           "expiresAt": "2100-01-01T00:00:00Z" });
        let made = make(stack, &root, &body).await.expect(200)["voucher"].clone();
        let id = made["id"].as_str().unwrap();
        let expected = json!({ "id": id, "code": "SPRING24", "type": "FIXED_TOKENS", "value": 40, "maxUses": 2,
                               "expiresAt": "2100-01-01T00:00:00.000Z", "status": "ACTIVE" });
        assert_eq!(made, expected);
        assert_eq!(redeem(stack, &ada, "spring24").await.expect(200)["tokensGranted"], 40);

        let listed = &look(stack, &root, PATH).await.expect(200)["vouchers"][0];
        assert_eq!((&listed["currentUses"], &listed["redemptions"]), (&1.into(), &1.into()));
        for field in ["id", "code", "type", "value", "maxUses", "expiresAt", "status"] {
            assert_eq!(listed[field], expected[field], "{field}");
        }
        assert!(listed["createdAt"].as_str().unwrap().ends_with('Z'));

        let record =
            look(stack, &root, &format!("/api/admin/audit?targetType=voucher&targetId={id}")).await.expect(200);
        let entry = &record["entries"][0];
        assert_eq!((&entry["action"], &entry["actorId"]), (&"VOUCHER_CREATE".into(), &root.id.as_str().into()));
        assert_eq!((&entry["metadata"]["code"], &entry["metadata"]["value"]), (&"SPRING24".into(), &40.into()));
        record_is_whole(stack).await;
        add_up(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_that_cannot_be_is_refused_by_its_field() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let long = "A".repeat(51);
        for (change, field) in [
            (json!({ "code": null }), "code"),
            (json!({ "code": "" }), "code"),
            (json!({ "code": "AB-1" }), "code"),
            (json!({ "code": long }), "code"),
            (json!({ "code": 5 }), "code"),
            (json!({ "type": null }), "type"),
            (json!({ "type": "GIFT" }), "type"),
            (json!({ "type": "fixed_tokens" }), "type"),
            (json!({ "value": null }), "value"),
            (json!({ "value": 0 }), "value"),
            (json!({ "value": -5 }), "value"),
            (json!({ "value": 1.5 }), "value"),
            (json!({ "value": "10" }), "value"),
            (json!({ "value": 1_000_001 }), "value"),
            (json!({ "type": "PERCENTAGE_BONUS", "value": 1_001 }), "value"),
            (json!({ "maxUses": 0 }), "maxUses"),
            (json!({ "maxUses": -1 }), "maxUses"),
            (json!({ "maxUses": 1.5 }), "maxUses"),
            (json!({ "expiresAt": "soon" }), "expiresAt"),
            (json!({ "expiresAt": "2020-01-01T00:00:00Z" }), "expiresAt"),
            (json!({ "expiresAt": 4_102_444_800_i64 }), "expiresAt"),
        ] {
            let mut body = fixed("GOOD");
            for (name, value) in change.as_object().unwrap() {
                body[name] = value.clone();
            }
            let said = make(stack, &root, &body).await.expect_error(400, "invalid_field");
            assert_eq!(said["details"]["field"], field, "{body}");
        }
        assert_eq!(stack.number("select count(*) from vouchers").await, 0);
        assert_eq!(written(stack, "VOUCHER_CREATE").await, 0);
        let both =
            json!({ "code": "GOOD", "type": "PERCENTAGE_BONUS", "value": 1_000, "maxUses": null, "expiresAt": null });
        let made = make(stack, &root, &both).await.expect(200);
        assert_eq!((&made["voucher"]["maxUses"], &made["voucher"]["expiresAt"]), (&Value::Null, &Value::Null));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_given_once_and_stays_taken() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        let stack = &*stack;
        let (root, body) = (&root, &fixed("Launch1"));
        let statuses: Vec<_> =
            join_all((0..10).map(|_| make(stack, root, body))).await.iter().map(|answer| answer.status).collect();
        let count = |status| statuses.iter().filter(|one| **one == status).count();
        assert_eq!((count(200), count(409)), (1, 9), "{statuses:?}");
        make(stack, root, &fixed("lAUNCH1 ")).await.expect_error(409, "voucher_exists");
        assert_eq!(written(stack, "VOUCHER_CREATE").await, 1, "what was refused has not happened");

        redeem(stack, &ada, "LAUNCH1").await.expect(200);
        let id = text(stack, "select id from vouchers").await;
        let twice = tokio::join!(delete(stack, root, &id), delete(stack, root, &id));
        let mut statuses = [twice.0.status, twice.1.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 404]);
        assert_eq!(look(stack, root, PATH).await.expect(200)["vouchers"], json!([]));
        refused(&redeem(stack, &ada, "LAUNCH1").await, "voucher_not_found");
        make(stack, root, body).await.expect_error(409, "voucher_exists");
        change(stack, root, &json!({ "id": id, "status": "ACTIVE" })).await.expect_error(404, "not_found");
        assert_eq!(stack.number("select count(*) from voucher_redemptions").await, 1, "who redeemed it stays known");
        assert_eq!(written(stack, "VOUCHER_DELETE").await, 1);
        for (id, status, code) in
            [("", 400, "invalid_field"), ("vch_none", 404, "not_found"), (&"x".repeat(65), 400, "invalid_field")]
        {
            delete(stack, root, id).await.expect_error(status, code);
        }
        record_is_whole(stack).await;
        add_up(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_change_and_what_is_used_up_needs_room() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        voucher(stack, "TWO", "FIXED_TOKENS", 5, Some(2)).await;
        let people = crowd(stack, 5).await;
        let patch = async |body: Value| {
            let mut body = body;
            body["id"] = "vch_two".into();
            change(stack, &root, &body).await
        };
        let answer = patch(json!({ "status": "INACTIVE" })).await.expect(200);
        assert_eq!((&answer["voucher"]["id"], &answer["voucher"]["status"]), (&"vch_two".into(), &"INACTIVE".into()));
        refused(&redeem(stack, &people[0], "TWO").await, "voucher_inactive");
        patch(json!({ "status": "ACTIVE" })).await.expect(200);
        for person in &people[..2] {
            redeem(stack, person, "TWO").await.expect(200);
        }
        refused(&redeem(stack, &people[2], "TWO").await, "voucher_depleted");

        for (body, field) in [
            (json!({ "status": "ACTIVE" }), "status"),
            (json!({ "status": "ACTIVE", "maxUses": 2 }), "status"),
            (json!({ "status": "ACTIVE", "maxUses": 1 }), "maxUses"),
            (json!({ "status": "DEPLETED", "maxUses": 1 }), "maxUses"),
            (json!({ "status": "ACTIVE", "maxUses": 0 }), "maxUses"),
            (json!({ "status": "ACTIVE", "maxUses": 3, "expiresAt": "2020-01-01" }), "expiresAt"),
            (json!({ "status": "GONE" }), "status"),
            (json!({ "status": null }), "status"),
            (json!({}), "status"),
        ] {
            let said = patch(body.clone()).await.expect_error(400, "invalid_field");
            assert_eq!(said["details"]["field"], field, "{body}");
        }
        patch(json!({ "status": "ACTIVE", "maxUses": 3 })).await.expect(200);
        redeem(stack, &people[2], "TWO").await.expect(200);
        refused(&redeem(stack, &people[3], "TWO").await, "voucher_depleted");
        let answer = patch(json!({ "status": "ACTIVE", "maxUses": null, "expiresAt": "2100-01-01" })).await.expect(200);
        assert_eq!(answer["voucher"]["expiresAt"], "2100-01-01T00:00:00.000Z");
        redeem(stack, &people[3], "TWO").await.expect(200);

        // Its time runs out: it can be switched on again with a new end only.
        stack.sql("update vouchers set expires_at = now() - interval '1 second'").await;
        refused(&redeem(stack, &people[4], "TWO").await, "voucher_expired");
        assert_eq!(
            patch(json!({ "status": "ACTIVE" })).await.expect_error(400, "invalid_field")["details"]["field"],
            "status"
        );
        let written_before = written(stack, "VOUCHER_UPDATE").await;
        patch(json!({ "status": "ACTIVE", "expiresAt": null })).await.expect(200);
        patch(json!({ "status": "ACTIVE", "expiresAt": null })).await.expect(200);
        assert_eq!(written(stack, "VOUCHER_UPDATE").await, written_before + 1, "a change that changes nothing is none");
        redeem(stack, &people[4], "TWO").await.expect(200);

        let unknown = json!({ "id": "vch_none", "status": "ACTIVE" });
        change(stack, &root, &unknown).await.expect_error(404, "not_found");
        let nameless = change(stack, &root, &json!({ "status": "ACTIVE" })).await.expect_error(400, "invalid_field");
        assert_eq!(nameless["details"]["field"], "id");
        let old = "select metadata -> 'old' ->> 'status' from audit_logs order by entry_number limit 1";
        assert_eq!(text(stack, old).await, "ACTIVE");
        record_is_whole(stack).await;
        add_up(stack).await;
    })
    .await;
}

/// While people redeem, an administrator lowers and raises the limit: uses never exceed it.
#[tokio::test(flavor = "multi_thread")]
async fn terms_hold_while_people_redeem() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        voucher(stack, "MANY", "FIXED_TOKENS", 1, Some(30)).await;
        let people = crowd(stack, 40).await;
        let stack = &*stack;
        let redeeming = join_all(people.iter().map(|person| redeem(stack, person, "MANY")));
        let changing = async {
            let mut statuses = Vec::new();
            for most in [10, 35, 20, 12, 5] {
                let body = json!({ "id": "vch_many", "status": "ACTIVE", "maxUses": most });
                statuses.push(change(stack, &root, &body).await.status);
            }
            statuses
        };
        let (answers, statuses) = tokio::join!(redeeming, changing);
        assert!(statuses.iter().all(|status| [200, 400].contains(status)), "{statuses:?}");
        let paid = answers.iter().filter(|answer| answer.status == 200).count();
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            refused(answer, "voucher_depleted");
        }
        let uses = stack.number("select current_uses from vouchers where code = 'MANY'").await;
        assert_eq!(i64::try_from(paid).unwrap(), uses);
        assert_eq!(stack.number("select count(*) from vouchers where current_uses > max_uses").await, 0);
        record_is_whole(stack).await;
        add_up(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_without_its_entry() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        voucher(stack, "KEPT", "FIXED_TOKENS", 5, None).await;
        stack.sql("revoke insert on audit_logs from spike_app").await;
        make(stack, &root, &fixed("NEW")).await.expect_error(503, "unavailable");
        let off = json!({ "id": "vch_kept", "status": "INACTIVE" });
        change(stack, &root, &off).await.expect_error(503, "unavailable");
        delete(stack, &root, "vch_kept").await.expect_error(503, "unavailable");
        let as_before =
            "select count(*) from vouchers where code = 'KEPT' and status = 'ACTIVE' and deleted_at is null";
        assert_eq!((stack.number(as_before).await, stack.number("select count(*) from vouchers").await), (1, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_get_there() {
    with_stack(async |stack| {
        person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        let bodies =
            [("GET", json!({})), ("POST", fixed("A")), ("PATCH", json!({ "id": "vch_a", "status": "ACTIVE" }))];
        for (method, body) in bodies {
            ask(stack, &ada, method, PATH, &body).await.expect_error(403, "admin_required");
            stack.send(stack.request(method, PATH).json(&body)).await.expect_error(401, "unauthorized");
        }
        delete(stack, &ada, "vch_a").await.expect_error(403, "admin_required");
        stack.send(stack.request("DELETE", PATH)).await.expect_error(401, "unauthorized");
        assert_eq!(stack.number("select count(*) from vouchers").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_goes_page_by_page_and_the_dashboard_counts_the_good_ones() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        stack
            .sql(
                "insert into vouchers (id, code, type, value, created_at)
                 select 'vch_' || n, 'C' || n, 'FIXED_TOKENS', 1, now() - interval '1 second' * n from generate_series(1, 9) n;
                 update vouchers set deleted_at = now() where code = 'C2';
                 update vouchers set status = 'INACTIVE' where code = 'C3';
                 update vouchers set expires_at = now() - interval '1 second' where code = 'C4';
                 update vouchers set expires_at = now() + interval '1 hour' where code = 'C5';
                 update vouchers set status = 'DEPLETED' where code = 'C6'",
            )
            .await;
        let mut codes = Vec::new();
        let mut path = format!("{PATH}?limit=3");
        loop {
            let page = look(stack, &root, &path).await.expect(200);
            codes.extend(page["vouchers"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()));
            let Some(next) = page["nextCursor"].as_str() else { break };
            path = format!("{PATH}?limit=3&cursor={next}");
        }
        assert_eq!(codes, ["C1", "C3", "C4", "C5", "C6", "C7", "C8", "C9"]);
        for bad in ["?limit=0", "?limit=101", "?cursor=x"] {
            look(stack, &root, &format!("{PATH}{bad}")).await.expect_error(400, "invalid_field");
        }
        assert_eq!(look(stack, &root, "/api/admin/dashboard").await.expect(200)["activeVouchers"], 5);
        let listed = stack.metrics("admin").into_iter().filter(|line| line["Route"] == "GET /api/admin/vouchers");
        assert!(listed.into_iter().all(|line| line["RoundTrips"].as_i64() <= Some(1)));
    })
    .await;
}
