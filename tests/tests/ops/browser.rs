//! The dashboard in a real browser, where there is one. Pictures of it are left in target/tmp.

use std::path::Path;

use tests::{Chromium, PASSWORD, Person, Stack, with_stack};

use crate::{done, person};

const DOOR_IS_OPEN: &str = "document.querySelector('#door').open";
const ERROR: &str = "document.querySelector('#door .error').textContent";
/// A chart that was drawn.
const CHART: &str = "aria-label=\"Connections over time\"";
const IS_DRAWN: &str = "document.querySelector('[aria-label=\"Connections over time\"] path')";

fn picture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("dashboard-{name}.png"))
}

fn address(stack: &Stack) -> String {
    format!("{}/admin/dashboard", stack.bundle.url().to_string().trim_end_matches('/'))
}

async fn sign_in(browser: &mut Chromium, who: &Person, password: &str) {
    browser.fill("#door [name=email]", &who.email).await;
    browser.fill("#door [name=password]", password).await;
    browser.click("#door button").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_holds_no_figures_and_loads_nothing_from_elsewhere() {
    with_stack(async |stack| {
        let page = stack.get("/admin/dashboard", None).await;
        assert_eq!(page.status, 200);
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
        for elsewhere in ["http://", "https://", "innerHTML", "localStorage", "sessionStorage", "eval("] {
            let found = page.text.replace("http://www.w3.org/2000/svg", "");
            assert!(!found.contains(elsewhere), "{elsewhere}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_is_drawn_and_explains_a_statement() {
    with_stack(async |stack| {
        stack.sql("create extension pg_stat_statements").await;
        let root = person(stack, "root", "SUPER_ADMIN").await;
        done(stack, "alerts.evaluate").await;
        let Some(mut browser) = Chromium::open(1280, false).await else { return };
        browser.visit(&address(stack)).await;
        browser.until(DOOR_IS_OPEN).await;
        sign_in(&mut browser, &root, PASSWORD).await;
        browser.until(IS_DRAWN).await;
        let page = browser.page().await;
        for part in ["connections.server", "secrets.age", CHART, "Largest tables", "Backups by day", "PostgreSQL 1"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(page.matches("<svg").count() >= 5, "{page}");
        for trouble in ["Not everything could be asked for", "undefined", "NaN", "open=\"\""] {
            assert!(!page.contains(trouble), "{trouble}: {page}");
        }
        browser.picture(&picture("wide")).await;

        browser.run("document.querySelector('button.small').scrollIntoView({ block: 'center' })").await;
        browser.picture(&picture("statements")).await;

        browser.click("button.small").await;
        browser.until("document.querySelector('#plan').open").await;
        let plan = browser.run("document.querySelector('#plan pre').textContent").await;
        assert!(plan.as_str().unwrap().contains("cost="), "{plan}");
        browser.picture(&picture("plan")).await;
        browser.click("#plan button").await;
        browser.until("!document.querySelector('#plan').open").await;
    })
    .await;
}

/// Who is not signed in is told what to do, and does it there; scripts never see the session.
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_signs_in_at_the_dashboard_and_out_and_nobody_else_gets_in() {
    with_stack(async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        done(stack, "alerts.evaluate").await;
        let Some(mut browser) = Chromium::open(390, true).await else { return };
        browser.visit(&address(stack)).await;
        browser.until(DOOR_IS_OPEN).await;
        let page = browser.page().await;
        assert!(page.contains("Administrators sign in") && !page.contains(CHART), "{page}");
        assert_eq!(browser.run(ERROR).await, "");
        browser.picture(&picture("phone-door")).await;

        sign_in(&mut browser, &admin, "a wrong password").await;
        browser.until(&format!("{ERROR} === 'Invalid email or password'")).await;
        sign_in(&mut browser, &ada, PASSWORD).await;
        browser.until(&format!("{ERROR}.includes('not as an administrator')")).await;
        assert!(!browser.page().await.contains(CHART));
        browser.picture(&picture("phone-refused")).await;

        sign_in(&mut browser, &admin, PASSWORD).await;
        browser.until(IS_DRAWN).await;
        browser.until(&format!("!{DOOR_IS_OPEN}")).await;
        browser.picture(&picture("phone")).await;
        let width = browser.run("document.documentElement.scrollWidth").await;
        assert_eq!(width, 390, "nothing sticks out on a phone");
        let seen_by_scripts =
            browser.run("JSON.stringify([document.cookie, { ...sessionStorage }, { ...localStorage }])").await;
        assert_eq!(seen_by_scripts, "[\"\",{},{}]");

        browser.visit(&address(stack)).await;
        browser.until(IS_DRAWN).await;
        let open = format!("select count(*) from sessions where user_id = '{}' and revoked_at is null", admin.id);
        assert_eq!(stack.number(&open).await, 2, "that of the sign-up, and this one");
        browser.click("#leave").await;
        browser.until(DOOR_IS_OPEN).await;
        assert_eq!(stack.number(&open).await, 1, "the session has ended, wherever its cookie was copied to");
        assert!(!browser.page().await.contains(CHART));
    })
    .await;
}
