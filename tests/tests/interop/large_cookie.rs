//! A session that is too long for one cookie: it comes in pieces, which Auth.js puts together, and leaves none behind.

use serde_json::{Value, json};
use tests::{AUTH_SECRET, AuthCore, Browser, Given, PASSWORD, Stack, with_stack};

const NAME: &str = "authjs.session-token";

/// The names of the browser's session cookies, without what they have in common.
fn pieces(browser: &Browser) -> Vec<&str> {
    browser.cookies.keys().filter_map(|name| name.strip_prefix(NAME)).collect()
}

/// Gives everybody a portrait whose address has this many characters, and a name of so many words.
async fn portray(stack: &Stack, characters: usize, words: usize) {
    let image = format!("rpad('https://example.com/', {characters}, 'p')");
    stack.sql(&format!("update users set image = {image}, name = repeat('Ada 👩‍💻 “L.” ', {words})")).await;
}

/// Asserts that the session is cut into `expected`, and that we and Auth.js read the same person from it.
async fn is_read_from(expected: &[&str], stack: &Stack, browser: &mut Browser, auth_js: &mut AuthCore) {
    // Asked twice: the cookies may change with the first answer.
    browser.session(stack).await;
    let session = browser.session(stack).await;
    assert_eq!(pieces(browser), expected);
    let mut cookies: Vec<_> = browser.cookies.clone().into_iter().collect();
    cookies.reverse();
    let claims = auth_js.read(&[AUTH_SECRET], NAME, &cookies).await;
    let said = json!([claims["sub"], claims["email"], claims["name"], claims.get("picture"), claims["role"]]);
    let user = &session["user"];
    assert_eq!(said, json!([user["id"], user["email"], user["name"], user["image"], user["role"]]));
    let balance = browser.request(stack, "GET", "/api/tokens/balance");
    browser.send(stack, balance).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_comes_in_pieces_and_leaves_none_behind() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        portray(stack, 2_000, 50).await;
        let mut auth_js = AuthCore::start(&Given::get());
        let mut browser = Browser::default();
        let answer = browser.sign_in(stack, &ada.email, PASSWORD).await;
        assert_eq!(pieces(&browser), [".0", ".1"]);
        let lengths: Vec<_> = answer.cookies().iter().map(String::len).collect();
        assert!(lengths.iter().all(|length| *length <= 4_096), "{lengths:?}: browsers keep no longer ones");
        is_read_from(&[".0", ".1"], stack, &mut browser, &mut auth_js).await;
        let image = browser.session(stack).await["user"]["image"].clone();
        assert_eq!(image.as_str().map(str::len), Some(2_000));

        portray(stack, 2_000, 200).await;
        is_read_from(&[".0", ".1", ".2"], stack, &mut browser, &mut auth_js).await;
        portray(stack, 2_000, 50).await;
        is_read_from(&[".0", ".1"], stack, &mut browser, &mut auth_js).await;
        stack.sql("update users set image = null, name = 'Ada'").await;
        is_read_from(&[""], stack, &mut browser, &mut auth_js).await;
        portray(stack, 2_000, 50).await;
        is_read_from(&[".0", ".1"], stack, &mut browser, &mut auth_js).await;

        let old = browser.clone();
        let form = [("csrfToken", browser.csrf_token(stack).await)];
        let sign_out = browser.request(stack, "POST", "/api/auth/signout").form(&form);
        browser.send(stack, sign_out).await.expect(303);
        assert!(pieces(&browser).is_empty(), "{:?}", browser.cookies);
        // A copy is worth nothing, and all of it is forgotten.
        let mut copy = old.clone();
        assert_eq!(copy.session(stack).await, Value::Null);
        assert!(pieces(&copy).is_empty(), "{:?}", copy.cookies);

        // Signing in anew over the pieces of an older session.
        stack.sql("update users set image = null, name = null").await;
        let mut over = old;
        over.sign_in(stack, &ada.email, PASSWORD).await.expect(200);
        is_read_from(&[""], stack, &mut over, &mut auth_js).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portrait_of_any_length_locks_nobody_out() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        for characters in [2_048, 2_049, 20_000, 1_000_000] {
            portray(stack, characters, 1).await;
            let mut browser = Browser::default();
            browser.sign_in(stack, &ada.email, PASSWORD).await.expect(200);
            let answer = browser.send(stack, browser.request(stack, "GET", "/api/auth/session")).await;
            assert!(answer.cookies().is_empty(), "the cookie says all that it can");
            let user = &answer.expect(200)["user"];
            assert_eq!((&user["id"], user["image"].as_str().map(str::len)), (&json!(ada.id), Some(characters)));
            let balance = browser.request(stack, "GET", "/api/tokens/balance");
            browser.send(stack, balance).await.expect(200);
        }
    })
    .await;
}
