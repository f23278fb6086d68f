//! Makes an HTTP API event (payload format 2.0) of an HTTP request.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header, request::Parts};
use jiff::Timestamp;
use serde::Serialize;

use super::{id, routes::Match};

/// A request that has a route.
pub(super) struct Routed<'a> {
    /// Its head.
    pub(super) head: &'a Parts,
    /// Its whole body.
    pub(super) body: &'a [u8],
    /// Its decoded path.
    pub(super) path: &'a str,
    /// Its route.
    pub(super) route: &'a Match<'a>,
    /// The gateway's id for it.
    pub(super) request_id: &'a str,
    /// Whose connection it came over.
    pub(super) peer: IpAddr,
    /// When it arrived.
    pub(super) epoch_milliseconds: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    version: &'static str,
    route_key: &'a str,
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<Cow<'a, str>>,
    headers: BTreeMap<&'a str, Cow<'a, str>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    query_string_parameters: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    path_parameters: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Cow<'a, str>>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'static str,
    api_id: &'static str,
    domain_name: &'a str,
    domain_prefix: &'a str,
    http: HttpDescription<'a>,
    request_id: &'a str,
    route_key: &'a str,
    stage: &'static str,
    time: String,
    time_epoch: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpDescription<'a> {
    method: &'a str,
    path: &'a str,
    protocol: &'static str,
    source_ip: String,
    user_agent: Cow<'a, str>,
}

/// The event, as the bytes that the function gets.
pub(super) fn event(request: &Routed<'_>) -> Vec<u8> {
    let headers = &request.head.headers;
    let source_ip = source_ip(headers, request.peer);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let domain_name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let query = request.head.uri.query().unwrap_or_default();
    let (body, is_base64_encoded) = body(request);
    let event = Event {
        version: "2.0",
        route_key: request.route.key,
        raw_path: request.path,
        raw_query_string: query,
        cookies: cookies(headers),
        headers: event_headers(request, host),
        query_string_parameters: query_parameters(query),
        request_context: RequestContext {
            account_id: "123456789012",
            api_id: "local",
            domain_name,
            domain_prefix: domain_name.split('.').next().unwrap_or_default(),
            http: HttpDescription {
                method: request.head.method.as_str(),
                path: request.path,
                protocol: "HTTP/1.1",
                source_ip: source_ip.to_string(),
                user_agent: headers.get(header::USER_AGENT).map(text).unwrap_or_default(),
            },
            request_id: request.request_id,
            route_key: request.route.key,
            stage: "$default",
            time: time(request.epoch_milliseconds),
            time_epoch: request.epoch_milliseconds,
        },
        path_parameters: request.route.path_parameters.iter().copied().collect(),
        body,
        is_base64_encoded,
    };
    // Texts and numbers only: this can't fail, and an empty payload would show at once.
    serde_json::to_vec(&event).unwrap_or_default()
}

/// Whom the request comes from. An `X-Forwarded-For` of the client counts here, so that limits per address can be tried on
/// one machine; AWS takes the address of the connection.
fn source_ip(headers: &HeaderMap, peer: IpAddr) -> IpAddr {
    let forwarded = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let first = forwarded.and_then(|value| value.split(',').next()?.trim().parse().ok());
    first.unwrap_or(peer)
}

/// All headers but `cookie`, with repeated ones joined, and those that API Gateway adds.
fn event_headers<'a>(request: &Routed<'a>, host: &str) -> BTreeMap<&'a str, Cow<'a, str>> {
    let mut joined: BTreeMap<&str, Cow<'_, str>> = BTreeMap::new();
    for (name, value) in &request.head.headers {
        if name == header::COOKIE {
            continue;
        }
        joined
            .entry(name.as_str())
            .and_modify(|before| {
                let before = before.to_mut();
                before.push(',');
                before.push_str(&text(value));
            })
            .or_insert_with(|| text(value));
    }
    let peer = request.peer.to_string();
    let forwarded = match joined.get("x-forwarded-for") {
        Some(before) => format!("{before}, {peer}"),
        None => peer,
    };
    joined.insert("x-forwarded-for", forwarded.into());
    joined.insert("x-forwarded-proto", "http".into());
    let port = host.rsplit_once(':').map_or("80", |(_, port)| port);
    joined.insert("x-forwarded-port", port.to_owned().into());
    joined.entry("x-amzn-trace-id").or_insert_with(|| id::trace(request.epoch_milliseconds).into());
    joined
}

fn cookies(headers: &HeaderMap) -> Vec<Cow<'_, str>> {
    let mut cookies = Vec::new();
    for header in headers.get_all(header::COOKIE) {
        match text(header) {
            Cow::Borrowed(text) => cookies.extend(split_cookies(text).map(Cow::Borrowed)),
            Cow::Owned(text) => cookies.extend(split_cookies(&text).map(|cookie| Cow::Owned(cookie.to_owned()))),
        }
    }
    cookies
}

fn split_cookies(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|cookie| !cookie.is_empty())
}

/// Decoded, with repeated names joined.
fn query_parameters(query: &str) -> BTreeMap<Cow<'_, str>, Cow<'_, str>> {
    let mut joined: BTreeMap<Cow<'_, str>, Cow<'_, str>> = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        joined
            .entry(name)
            .and_modify(|before| {
                let before = before.to_mut();
                before.push(',');
                before.push_str(&value);
            })
            .or_insert(value);
    }
    joined
}

/// A body of a text type is passed on as text, any other in base64; so is text that is no UTF-8, which JSON can't carry.
fn body<'a>(request: &Routed<'a>) -> (Option<Cow<'a, str>>, bool) {
    if request.body.is_empty() {
        return (None, false);
    }
    let content_type = request.head.headers.get(header::CONTENT_TYPE).map(text);
    if content_type.is_none_or(|content_type| is_text(&content_type))
        && let Ok(text) = std::str::from_utf8(request.body)
    {
        return (Some(text.into()), false);
    }
    (Some(STANDARD.encode(request.body).into()), true)
}

fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&essence.as_str())
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
}

fn text(value: &header::HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// Such as `12/Mar/2020:19:03:58 +0000`.
fn time(epoch_milliseconds: u64) -> String {
    let milliseconds = i64::try_from(epoch_milliseconds).unwrap_or_default();
    Timestamp::from_millisecond(milliseconds).unwrap_or_default().strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests;
