//! The dashboard, in a real browser where there is one.

use std::path::Path;
use std::process::Command;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use tests::{Given, with_stack};

use crate::{done, person};

/// A chart that was drawn.
const CHART: &str = "aria-label=\"Connections over time\"";
/// The dialog, when it is shown.
const SIGN_IN: &str = "open=\"\"";

/// Where requests go on to, and as whom.
#[derive(Clone)]
struct Door {
    base: String,
    token: Option<String>,
}

/// A way in that signs every request, as a cookie would.
async fn way_in(base: String, token: Option<String>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().fallback(pass).with_state(Door { base, token });
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn pass(State(door): State<Door>, request: Request) -> Response {
    let url = format!("{}{}", door.base, request.uri());
    let asked = reqwest::Client::new().request(request.method().clone(), url);
    let asked = door.token.iter().fold(asked, |asked, token| asked.bearer_auth(token));
    let answer = asked.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = (status, Body::from(answer.bytes().await.unwrap())).into_response();
    for name in ["content-type", "content-security-policy"] {
        headers.get(name).map(|value| response.headers_mut().insert(name_of(name), value.clone()));
    }
    response
}

fn name_of(name: &'static str) -> http::HeaderName {
    http::HeaderName::from_static(name)
}

/// What a browser makes of the page; nothing where there is none.
async fn seen(address: &str, width: u32) -> Option<String> {
    let programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let program = programs.into_iter().find(|program| Path::new(program).exists())?;
    let folder = Given::get().folder.join(format!("chromium-{}", local::secret::random(6).unwrap()));
    let arguments = [
        "--headless".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--virtual-time-budget=15000".to_owned(),
        format!("--window-size={width},900"),
        format!("--user-data-dir={}", folder.display()),
        "--dump-dom".to_owned(),
        format!("{address}/admin/dashboard"),
    ];
    let output = tokio::task::spawn_blocking(move || Command::new(program).args(arguments).output().unwrap());
    let text = String::from_utf8_lossy(&output.await.unwrap().stdout).into_owned();
    let _ = std::fs::remove_dir_all(&folder);
    // Without its own code, which names everything.
    Some(text.split("<script>").next().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_holds_no_figures_and_loads_nothing_from_elsewhere() {
    with_stack(async |stack| {
        let page = stack.get("/admin/dashboard", None).await;
        assert_eq!(page.status, 200);
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
        for elsewhere in ["http://", "https://", "innerHTML", "localStorage", "eval("] {
            let found = page.text.replace("http://www.w3.org/2000/svg", "");
            assert!(!found.contains(elsewhere), "{elsewhere}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_is_drawn_in_a_real_browser_for_administrators_alone() {
    with_stack(async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        done(stack, "alerts.evaluate").await;
        let base = stack.bundle.url().to_string();
        let base = base.trim_end_matches('/').to_owned();
        let door = way_in(base.clone(), Some(admin.token.clone())).await;
        let Some(page) = seen(&door, 1280).await else { return };
        for part in ["connections.server", CHART, "Largest tables", "Backups by day", "PostgreSQL 1"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(page.matches("<svg").count() >= 5, "{page}");
        for trouble in ["Not everything could be asked for", "undefined", "NaN", SIGN_IN] {
            assert!(!page.contains(trouble), "{trouble}: {page}");
        }
        for token in [None, Some(ada.token.clone())] {
            let page = seen(&way_in(base.clone(), token).await, 390).await.unwrap_or_default();
            assert!(page.contains(SIGN_IN) && !page.contains(CHART), "{page}");
        }
    })
    .await;
}
