//! The cookie that remembers by whose link a browser came.

use axum::response::AppendHeaders;
use http::header::{HeaderName, SET_COOKIE};
use http::request::Parts;

use super::Code;
use crate::caller::cookie;
use crate::limits;

/// Holds a referral code until its visitor signs up.
pub const COOKIE: &str = "ref_code";

type SetCookie = AppendHeaders<[(HeaderName, String); 1]>;

/// Remembers that the browser came by the link with `code`.
pub fn remember_visit(code: &Code, is_secure: bool) -> SetCookie {
    set(code.as_str(), limits::REFERRAL_COOKIE_LIFETIME.as_secs(), is_secure)
}

/// Takes the cookie away once its code has done its work; nothing when the browser has none.
pub fn forget_visit(parts: &Parts, is_secure: bool) -> Option<SetCookie> {
    cookie(parts, COOKIE).map(|_| set("", 0, is_secure))
}

fn set(value: &str, max_age_seconds: u64, is_secure: bool) -> SetCookie {
    let secure = if is_secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Lax{secure}");
    AppendHeaders([(SET_COOKIE, cookie)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_is_remembered_for_thirty_days() {
        let AppendHeaders([(_, cookie)]) = remember_visit(&Code::parse("ABCD2345").unwrap(), true);
        assert_eq!(cookie, "ref_code=ABCD2345; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure");
        let (parts, ()) = http::Request::builder().header("cookie", "a=b; ref_code=X").body(()).unwrap().into_parts();
        let Some(AppendHeaders([(_, cookie)])) = forget_visit(&parts, false) else { panic!("there is one to forget") };
        assert_eq!(cookie, "ref_code=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
        let (parts, ()) = http::Request::builder().header("cookie", "a=b").body(()).unwrap().into_parts();
        assert!(forget_visit(&parts, false).is_none());
    }
}
