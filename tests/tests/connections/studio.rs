//! `cargo studio` as a browser meets it.

use reqwest::redirect::Policy;
use shared::database::DatabaseUrl;
use studio::Studio;
use tests::{Chromium, Stack, with_stack};

/// A client that was given the address, as a browser that has followed it.
struct Visitor {
    client: reqwest::Client,
    base: String,
}

impl Visitor {
    async fn of(studio: &Studio) -> Self {
        let client = reqwest::Client::builder().cookie_store(true).build().unwrap();
        let (base, _) = studio.address().split_once("/?key=").unwrap();
        let welcome = client.get(studio.address()).send().await.unwrap();
        assert_eq!((welcome.status().as_u16(), welcome.url().query()), (200, None), "the key is not in the address");
        Visitor { client, base: base.to_owned() }
    }

    async fn page(&self, path: &str) -> (u16, String) {
        let response = self.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        assert!(response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn shown(&self, path: &str) -> String {
        let (status, text) = self.page(path).await;
        assert_eq!(status, 200, "{path}: {text}");
        text
    }
}

async fn studio(stack: &Stack) -> Studio {
    Studio::start(DatabaseUrl::parse(&stack.direct_url).unwrap(), ([127, 0, 0, 1], 0).into()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_69_tables_rows_and_what_they_refer_to_are_shown() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.sql("update users set name = '<script>alert(1)</script>', preferences = jsonb_build_object('note', repeat('long ', 500))").await;
        stack.sql("create table \"odd \"\"name/?\" (id int primary key, \"a.b\" text, \"select\" int references \"odd \"\"name/?\")").await;
        stack.sql("insert into \"odd \"\"name/?\" select n, 'x&y=' || n, nullif(n - 1, 0) from generate_series(1, 120) n; grant select on \"odd \"\"name/?\" to spike_readonly").await;
        let studio = studio(stack).await;
        let visitor = Visitor::of(&studio).await;

        let tables = visitor.shown("/").await;
        assert!(tables.contains("href=\"/users\"") && tables.contains("href=\"/odd%20%22name%2F%3F\""), "{tables}");

        let row = visitor.shown(&format!("/users/row?is.id={}", ada.id)).await;
        assert!(row.contains(&ada.email) && row.contains("&#60;script&#62;") && !row.contains("<script"), "{row}");
        assert!(row.contains("<details><summary>2"), "long values are folded: {row}");
        // Both ways along a foreign key.
        let sessions = format!("/sessions?is.user_id={}", ada.id);
        assert!(row.contains(&format!("href=\"{sessions}\"")), "{row}");
        assert!(visitor.shown(&sessions).await.contains(&format!("href=\"/users/row?is.id={}\"", ada.id)));

        let odd = "/odd%20%22name%2F%3F";
        let page = visitor.shown(&format!("{odd}?sort=id&order=down&page=1&count=all")).await;
        assert!(page.contains("Rows 51 to 100 of 120") && page.contains("x&#38;y=70") && !page.contains("x&#38;y=71"));
        assert!(visitor.shown(&format!("{odd}?is.a.b=x%26y%3D7")).await.contains("Rows 1 to 1"));
        assert!(visitor.shown(&format!("{odd}?from.id=118&column=a.b&way=has&value=X%26Y")).await.contains("Rows 1 to 3"));
        assert!(visitor.shown(&format!("{odd}?empty.select=")).await.contains("Rows 1 to 1"));
        assert!(visitor.shown(&format!("{odd}?is.a.b=%27%3B+drop+table+users%3B--")).await.contains("No rows"));
        for (path, status) in
            [("/nothing", 404), ("/pg_shadow", 404), ("/users?sort=nothing", 404), ("/users?from.created_at=x", 502)]
        {
            assert_eq!(visitor.page(path).await.0, status, "{path}");
        }
        in_a_browser(studio.address(), &ada.email).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_69_secrets_are_not_shown_and_not_guessed_at() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack
            .sql("create table described (id int primary key, plain text); grant select on described to spike_readonly; insert into described values (1, 'hunter2')")
            .await;
        let studio = studio(stack).await;
        let visitor = Visitor::of(&studio).await;
        assert!(visitor.shown("/described").await.contains("hunter2"));
        stack.sql("comment on column described.plain is 'secret: says so itself'").await;
        for (path, column, table) in [
            ("/users", "password_hash", "users"),
            ("/sessions", "token_hash", "sessions"),
            (&format!("/users/row?is.id={}", ada.id), "password_hash", "users"),
            ("/described", "plain", "described"),
        ] {
            let text = visitor.shown(path).await;
            assert!(text.contains("hidden") && text.contains(column), "{path}");
            assert!(
                !text.contains("$argon2id") && !text.contains("\\x") && !text.contains("hunter2"),
                "{path}: {text}"
            );
            // A filter or an order would tell, letter by letter, what is not shown.
            for guess in
                [format!("is.{column}=x"), format!("column={column}&way=from&value=x"), format!("sort={column}")]
            {
                assert_eq!(visitor.page(&format!("/{table}?{guess}")).await.0, 404, "{guess}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_69_only_those_who_know_the_address_get_in_and_nothing_changes() {
    with_stack(async |stack| {
        stack.sign_up("ada").await;
        let studio = studio(stack).await;
        let (base, key) = studio.address().split_once("/?key=").unwrap();
        let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status().as_u16();
        assert_eq!(status(client.get(format!("{base}/users"))).await, 403);
        assert_eq!(status(client.get(format!("{base}/?key=x{key}"))).await, 403);
        let welcome = client.get(studio.address()).send().await.unwrap();
        let cookie = welcome.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        let visitor = Visitor::of(&studio).await;
        // A name of somebody else's that is pointed here.
        let rebound = visitor.client.get(format!("{base}/users")).header("host", "evil.example");
        assert_eq!(status(rebound).await, 421);
        assert_eq!(status(visitor.client.post(format!("{base}/users")).body("x")).await, 405);
        assert_eq!(visitor.page("/users").await.0, 200);

        // A view that writes is refused like anything else that does.
        stack.sql("create function grows() returns bigint language sql as $$ update users set referral_count = 9 returning 1::bigint $$; create view sly as select grows() as n; grant select on sly to spike_readonly").await;
        let (code, text) = visitor.page("/sly").await;
        assert!(code == 502 && (text.contains("read-only transaction") || text.contains("permission denied")), "{code} {text}");
        stack.sql("create view slow as select pg_sleep(60)::text as n; grant select on slow to spike_readonly").await;
        let (code, text) = visitor.page("/slow").await;
        assert!(code == 502 && text.contains("statement timeout"), "{code} {text}");
        assert_eq!(stack.number("select count(*) from users where referral_count = 9").await, 0);
        let pooled = Studio::start(DatabaseUrl::parse(&stack.pooled_url).unwrap(), ([127, 0, 0, 1], 0).into()).await;
        assert!(pooled.is_err(), "a pooler takes no options");
    })
    .await;
}

/// The pages as a real browser makes them, where there is one.
async fn in_a_browser(address: &str, email: &str) {
    let Some(mut browser) = Chromium::open(390, false).await else { return };
    browser.visit(address).await;
    let tables = browser.page().await;
    assert!(tables.contains("href=\"/users\"") && tables.contains("read-only"), "{tables}");
    let (base, _) = address.split_once("/?key=").unwrap();
    let users = format!("{base}/users");
    browser.visit(&users).await;
    assert!(browser.page().await.contains(email));
    let Some(mut stranger) = Chromium::open(390, false).await else { return };
    stranger.visit(&users).await;
    assert!(!stranger.page().await.contains(email), "a browser that was not given the address sees nothing");
}
