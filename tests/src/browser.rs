//! A browser as far as the sign-in needs one: cookies, kept and sent back.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::answer::Answer;
use crate::stack::Stack;

/// A browser with its cookies, at one address.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// The cookies, by name.
    pub cookies: BTreeMap<String, String>,
    /// Where its requests come from; somewhere else each time when absent.
    pub address: Option<String>,
}

impl Browser {
    /// Signs in as the sign-in page does: anti-forgery token first, then the form.
    pub async fn sign_in(&mut self, stack: &Stack, email: &str, password: &str) -> Answer {
        let token = self.csrf_token(stack).await;
        let form =
            [("csrfToken", token.as_str()), ("email", email), ("password", password), ("callbackUrl", "/tokens")];
        let request = self.request(stack, "POST", "/api/auth/callback/credentials").form(&form);
        self.send(stack, request.header("x-auth-return-redirect", "1")).await
    }

    /// The anti-forgery token of this browser.
    pub async fn csrf_token(&mut self, stack: &Stack) -> String {
        let answer = self.send(stack, self.request(stack, "GET", "/api/auth/csrf")).await.expect(200);
        answer["csrfToken"].as_str().unwrap_or_default().to_owned()
    }

    /// The session as the front end sees it; null when signed out.
    pub async fn session(&mut self, stack: &Stack) -> Value {
        self.send(stack, self.request(stack, "GET", "/api/auth/session")).await.expect(200)
    }

    /// A request with the cookies, to be completed and given to [`Browser::send`].
    pub fn request(&self, stack: &Stack, method: &str, path: &str) -> reqwest::RequestBuilder {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = stack.request(method, path).header("cookie", cookies.join("; "));
        self.address.iter().fold(request, |request, address| request.header("x-forwarded-for", address))
    }

    /// Sends it and keeps the cookies of the answer.
    pub async fn send(&mut self, stack: &Stack, request: reqwest::RequestBuilder) -> Answer {
        let answer = stack.send(request).await;
        for header in answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()) {
            let (pair, attributes) = header.split_once(';').unwrap_or((header, ""));
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}
