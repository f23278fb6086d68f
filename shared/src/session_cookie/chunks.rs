//! A sealed session may be longer than browsers let a cookie be: then it travels in several, numbered from 0.

use http::request::Parts;

use crate::caller::cookie;
use crate::limits;

/// The cookies that carry `value`, as names and values: one named `name` when it fits, otherwise `name.0`, `name.1` …
/// An empty value needs none.
pub fn chunks(name: &str, value: &str) -> Vec<(String, String)> {
    if (1..=limits::COOKIE_CHUNK_BYTES).contains(&value.len()) {
        return vec![(name.to_owned(), value.to_owned())];
    }
    let mut chunks = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(rest.floor_char_boundary(limits::COOKIE_CHUNK_BYTES));
        chunks.push((format!("{name}.{}", chunks.len()), chunk.to_owned()));
        rest = after;
    }
    chunks
}

/// The value that the request's cookies carry: the plain cookie's, else that of the chunks in the order of their
/// numbers, up to the first that is missing. `None` when there is none, or it is longer than any of ours.
pub fn from_cookies(parts: &Parts, name: &str) -> Option<String> {
    let given = |name: &str| cookie(parts, name).filter(|value| !value.is_empty());
    let chunks: Vec<&str> = match given(name) {
        Some(value) => vec![value],
        // One more than may be, to notice it.
        None => (0..=limits::COOKIE_CHUNKS).map_while(|number| given(&format!("{name}.{number}"))).collect(),
    };
    let bytes: usize = chunks.iter().map(|chunk| chunk.len()).sum();
    let fits = (1..=limits::COOKIE_CHUNKS).contains(&chunks.len()) && bytes <= limits::SESSION_COOKIE_BYTES;
    fits.then(|| chunks.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(cookies: &[(&str, &str)]) -> Option<String> {
        let header: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = http::Request::builder().header("cookie", header.join("; ")).body(()).unwrap();
        from_cookies(&request.into_parts().0, "s")
    }

    #[test]
    fn a_value_is_cut_where_auth_js_cuts_it() {
        let value: String = ('a'..='z').cycle().take(2 * 3_936 + 1).collect();
        let lengths = |length: usize| -> Vec<(String, usize)> {
            chunks("s", &value[..length]).into_iter().map(|(name, chunk)| (name, chunk.len())).collect()
        };
        let named = |name: &str, length| (name.to_owned(), length);
        assert_eq!(lengths(0), []);
        assert_eq!(lengths(3_936), [named("s", 3_936)]);
        assert_eq!(lengths(3_937), [named("s.0", 3_936), named("s.1", 1)]);
        assert_eq!(lengths(2 * 3_936 + 1), [named("s.0", 3_936), named("s.1", 3_936), named("s.2", 1)]);
        let cut: String = chunks("s", &value).into_iter().map(|(_, chunk)| chunk).collect();
        assert_eq!(cut, value);
        let whole: String = chunks("s", &"é".repeat(4_000)).into_iter().map(|(_, chunk)| chunk).collect();
        assert_eq!(whole, "é".repeat(4_000));
    }

    #[test]
    fn it_is_put_together_again() {
        for (cookies, expected) in [
            (&[][..], None),
            (&[("s", "whole")], Some("whole")),
            (&[("s", "")], None),
            (&[("s", ""), ("s.0", "a")], Some("a")),
            (&[("s.0", "old"), ("s", "whole")], Some("whole")),
            (&[("s.1", "b"), ("other", "x"), ("s.0", "a"), ("s.2", "c")], Some("abc")),
            (&[("s.0", "a"), ("s.2", "left over")], Some("a")),
            (&[("s.1", "b")], None),
            (&[("s.x", "b"), ("s.00", "b"), ("s.-1", "b"), ("s.", "b"), ("xs.0", "b")], None),
        ] {
            assert_eq!(sent(cookies).as_deref(), expected, "{cookies:?}");
        }
    }

    #[test]
    fn it_is_bounded() {
        let names: Vec<_> = (0..9).map(|number| format!("s.{number}")).collect();
        let several = |count: usize, value: &str| {
            let cookies: Vec<_> = names[..count].iter().map(|name| (name.as_str(), value)).collect();
            sent(&cookies).map(|value| value.len())
        };
        let chunk = "x".repeat(2_048);
        assert_eq!(several(8, &chunk), Some(16_384));
        assert_eq!(several(8, &"x".repeat(2_049)), None);
        assert_eq!(several(9, "x"), None);
        assert_eq!(sent(&[("s", &"x".repeat(16_385))]), None);
    }
}
