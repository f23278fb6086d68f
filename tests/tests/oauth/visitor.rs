//! A person at a browser: from our sign-in page to a provider and back, each step by hand.

use reqwest::Url;
use tests::{Answer, Browser, Stack};

/// Where the front end lives. Its `/api/*` are ours.
pub const FRONT_END: &str = "http://localhost:3000";

/// A browser, with its cookies of our site and of the provider's.
pub struct Visitor {
    /// Our side.
    pub browser: Browser,
    theirs: reqwest::Client,
}

/// How a provider has the browser come back.
#[derive(Clone, Debug)]
pub struct Back {
    /// The path, and the query if the answer is in it.
    pub path: String,
    /// The form, if the answer is in one.
    pub form: Option<Vec<(String, String)>>,
}

impl Visitor {
    /// A browser without any cookies.
    pub fn new() -> Self {
        let theirs = reqwest::Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none());
        Visitor { browser: Browser::default(), theirs: theirs.build().unwrap() }
    }

    /// Presses the button of a provider as Auth.js's client does. `person` is whom the provider will sign in.
    pub async fn press(&mut self, stack: &Stack, provider: &str, person: &str, callback_url: &str) -> Answer {
        let token = self.browser.csrf_token(stack).await;
        let path = format!("/api/auth/signin/{provider}?login_hint={person}");
        let form = [("csrfToken", token.as_str()), ("callbackUrl", callback_url)];
        let request = self.browser.request(stack, "POST", &path).header("x-auth-return-redirect", "1").form(&form);
        self.browser.send(stack, request).await
    }

    /// Presses the button, and signs in or declines at the provider.
    pub async fn leave(&mut self, stack: &Stack, provider: &str, person: &str) -> Back {
        let answer = self.press(stack, provider, person, "/tokens?a=1").await.expect(200);
        self.at_provider(answer["url"].as_str().unwrap()).await
    }

    /// Follows the provider until it has the browser come back.
    pub async fn at_provider(&self, url: &str) -> Back {
        let mut url = Url::parse(url).unwrap();
        for _ in 0..10 {
            let answer = self.theirs.get(url.clone()).send().await.unwrap();
            let Some(location) = answer.headers().get("location") else {
                return posted(&answer.text().await.unwrap());
            };
            let location = location.to_str().unwrap();
            if let Some(path) = location.strip_prefix(FRONT_END) {
                return Back { path: path.to_owned(), form: None };
            }
            url = url.join(location).unwrap();
        }
        panic!("the provider sends people in circles")
    }

    /// Comes back.
    pub async fn come_back(&mut self, stack: &Stack, back: &Back) -> Answer {
        let request = match &back.form {
            None => self.browser.request(stack, "GET", &back.path),
            // As another site's page posts it.
            Some(form) => {
                let request = self.browser.request(stack, "POST", &back.path).form(form);
                request.header("origin", "https://appleid.apple.com").header("sec-fetch-site", "cross-site")
            }
        };
        self.browser.send(stack, request).await
    }

    /// All of it.
    pub async fn sign_in(&mut self, stack: &Stack, provider: &str, person: &str) -> Answer {
        let back = self.leave(stack, provider, person).await;
        self.come_back(stack, &back).await
    }

    /// Whether the browser has a session.
    pub async fn is_signed_in(&mut self, stack: &Stack) -> bool {
        !self.browser.session(stack).await.is_null()
    }
}

impl Back {
    /// What the provider says under this name.
    pub fn says(&self, name: &str) -> String {
        let said = self.pairs().into_iter().find(|(key, _)| key == name);
        said.unwrap_or_else(|| panic!("there is no {name} in {self:?}")).1
    }

    /// The same with another word under this name, or none.
    pub fn saying(&self, name: &str, value: Option<&str>) -> Back {
        let others = self.pairs().into_iter().filter(|(key, _)| key != name);
        let pairs: Vec<_> = others.chain(value.map(|value| (name.to_owned(), value.to_owned()))).collect();
        match &self.form {
            Some(_) => Back { form: Some(pairs), ..self.clone() },
            None => {
                let url = Url::parse_with_params(&format!("{FRONT_END}{}", self.bare_path()), &pairs).unwrap();
                Back { path: url.as_str().strip_prefix(FRONT_END).unwrap().to_owned(), form: None }
            }
        }
    }

    fn pairs(&self) -> Vec<(String, String)> {
        let url = Url::parse(&format!("{FRONT_END}{}", self.path)).unwrap();
        self.form.clone().unwrap_or_else(|| url.query_pairs().into_owned().collect())
    }

    fn bare_path(&self) -> &str {
        self.path.split('?').next().unwrap()
    }
}

/// The form that a page submits by itself.
fn posted(page: &str) -> Back {
    let attribute = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} in {text}"));
        rest.split('"').next().unwrap().replace("&amp;", "&").replace("&quot;", "\"")
    };
    let action = attribute(page, "action");
    let fields = page.split("<input type=\"hidden\"").skip(1);
    let form = fields.map(|field| (attribute(field, "name"), attribute(field, "value"))).collect();
    Back { path: action.strip_prefix(FRONT_END).unwrap().to_owned(), form: Some(form) }
}

/// Asserts that nobody was signed in, and that the front end is told this word.
#[track_caller]
pub fn expect_refused(answer: &Answer, word: &str) {
    answer.expect(302);
    assert_eq!(answer.header("location"), format!("{FRONT_END}/auth/error?error={word}"), "{}", answer.request);
    assert!(!answer.cookies().iter().any(|cookie| cookie.contains("session-token")), "{:?}", answer.cookies());
}
