//! Addresses that are thrown away: the public list, and the domains that the operator adds.

use std::collections::HashSet;
use std::sync::Arc;

use crate::config::ConfigError;

/// One domain a line, in the order of their bytes, behind a head of comments; it is searched where it lies. How to renew it
/// is said in the file.
const PUBLIC: &str = include_str!("disposable_domains.txt");

/// `BLOCKED_EMAIL_DOMAINS`
#[derive(Clone, Debug)]
pub(super) struct Blocked(Arc<HashSet<String>>);

impl Blocked {
    /// From domains separated by commas, in any case.
    pub(super) fn new(list: &str) -> Result<Self, ConfigError> {
        let domains = list.split(',').map(str::trim).filter(|domain| !domain.is_empty());
        let blocked: HashSet<String> = domains.map(|domain| domain.to_ascii_lowercase()).collect();
        let is_domain = |domain: &String| {
            domain.contains('.') && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
        };
        if !blocked.iter().all(is_domain) {
            return Err(ConfigError {
                variable: "BLOCKED_EMAIL_DOMAINS",
                problem: "must be domains such as example.com, separated by commas".to_owned(),
            });
        }
        Ok(Blocked(Arc::new(blocked)))
    }

    /// Whether the domain of `email`, or one above it, is on a list.
    pub(super) fn has(&self, email: &str) -> bool {
        let mut domain = email.rsplit_once('@').map(|(_, domain)| domain);
        while let Some(name) = domain.filter(|name| name.contains('.')) {
            if self.0.contains(name) || is_public(name) {
                return true;
            }
            domain = name.split_once('.').map(|(_, above)| above);
        }
        false
    }
}

/// Halves the list until one line is left.
fn is_public(domain: &str) -> bool {
    let mut rest = PUBLIC;
    while !rest.is_empty() {
        let start = rest[..rest.len() / 2].rfind('\n').map_or(0, |end| end + 1);
        let (line, after) = rest[start..].split_once('\n').unwrap_or((&rest[start..], ""));
        match line.cmp(domain) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => rest = after,
            std::cmp::Ordering::Greater => rest = &rest[..start],
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_each_of_its_domains_is_found() {
        assert!(PUBLIC.is_ascii() && PUBLIC.ends_with('\n'));
        let lines: Vec<&str> = PUBLIC.lines().collect();
        assert!(lines.is_sorted_by(|a, b| a < b));
        assert!(lines.len() > 10_000);
        for domain in lines.iter().filter(|line| !line.starts_with('#')) {
            assert!(is_public(domain), "{domain}");
        }
    }

    #[test]
    fn a_thrown_away_address_is_known_below_any_subdomain() {
        let blocked = Blocked::new(" Throwaway.Example ,other.example").unwrap();
        for email in ["a@mailinator.com", "a@x.y.yopmail.com", "a@throwaway.example", "a@in.other.example"] {
            assert!(blocked.has(email), "{email}");
        }
        for email in ["a@example.com", "a@gmail.com", "a@notyopmail.com", "a@mailinator.com.example.org", "a@com", "a"]
        {
            assert!(!blocked.has(email), "{email}");
        }
        assert!(!Blocked::new("").unwrap().has("a@throwaway.example"));
        for bad in ["?", "example", "a b.example", "@example.com"] {
            assert!(Blocked::new(bad).unwrap_err().to_string().contains("BLOCKED_EMAIL_DOMAINS"), "{bad}");
        }
    }
}
