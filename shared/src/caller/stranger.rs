//! Anybody: what is known of whoever sent a request, whether or not they say who they are.

use axum::extract::{FromRef, FromRequestParts};
use http::header::USER_AGENT;
use http::request::Parts;
use jiff::Timestamp;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;

use crate::function::App;
use crate::limits;

/// Anybody: the handler is public. Carries what is known of a stranger.
#[derive(Clone, Debug)]
pub struct Anyone {
    /// The address that the gateway saw.
    pub source_ip: Option<String>,
    /// What the client calls itself, cut to a sane length.
    pub user_agent: Option<String>,
    /// When the request arrived.
    pub now: Timestamp,
}

impl Anyone {
    /// Whom a limit per address counts: an IPv4 address, or the /64 network of an IPv6 one, which is what one customer has.
    pub fn network(&self) -> String {
        let Some(text) = &self.source_ip else { return "unknown".to_owned() };
        match text.parse() {
            Ok(std::net::IpAddr::V6(address)) => match address.to_ipv4_mapped() {
                Some(address) => address.to_string(),
                None => {
                    let [a, b, c, d, ..] = address.segments();
                    format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
                }
            },
            _ => text.clone(),
        }
    }

    pub(super) fn of(parts: &Parts, now: Timestamp) -> Self {
        let source_ip = match parts.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
            _ => None,
        };
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let user_agent = user_agent.map(|text| text.chars().take(limits::USER_AGENT_CHARACTERS).collect());
        Anyone { source_ip, user_agent, now }
    }
}

impl<S> FromRequestParts<S> for Anyone
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Anyone::of(parts, App::from_ref(state).clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_customer_is_one_however_many_addresses_they_have() {
        let network = |text: &str| {
            Anyone { source_ip: Some(text.to_owned()), user_agent: None, now: Timestamp::UNIX_EPOCH }.network()
        };
        assert_eq!(network("203.0.113.9"), "203.0.113.9");
        assert_eq!(network("::ffff:203.0.113.9"), "203.0.113.9");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("nonsense"), "nonsense");
    }
}
