//! Cross-origin requests. As on AWS the gateway answers them alone: CORS headers of a function are dropped.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::template;

const RESPONSE_HEADERS: [HeaderName; 6] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
];

/// The CORS settings as header values.
#[derive(Debug)]
pub(super) struct Cors {
    origins: Vec<HeaderValue>,
    any_origin: bool,
    for_answers: Vec<(HeaderName, HeaderValue)>,
    for_preflights: Vec<(HeaderName, HeaderValue)>,
}

impl Cors {
    /// Prepares the settings; a value that can't be in a header is left out.
    pub(super) fn new(settings: &template::Cors) -> Self {
        let value = |text: String| HeaderValue::try_from(text).ok();
        let mut for_answers = Vec::new();
        let mut for_preflights = Vec::new();
        if settings.credentials {
            for_answers.push((header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")));
        }
        if !settings.expose_headers.is_empty() {
            let exposed = value(settings.expose_headers.join(","));
            for_answers.extend(exposed.map(|value| (header::ACCESS_CONTROL_EXPOSE_HEADERS, value)));
        }
        for (name, list) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, &settings.methods),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, &settings.headers),
        ] {
            for_preflights.extend(value(list.join(",")).map(|value| (name, value)));
        }
        if let Some(seconds) = settings.max_age_seconds {
            for_preflights.push((header::ACCESS_CONTROL_MAX_AGE, seconds.into()));
        }
        Self {
            origins: settings.origins.iter().filter_map(|origin| value(origin.clone())).collect(),
            any_origin: settings.origins.iter().any(|origin| origin == "*"),
            for_answers,
            for_preflights,
        }
    }

    /// Whether a browser asks if it may send a request.
    pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
        method == Method::OPTIONS
            && headers.contains_key(header::ORIGIN)
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// The headers of the answer to a preflight: none for an origin that may not call.
    pub(super) fn preflight(&self, request: &HeaderMap) -> HeaderMap {
        let mut answer = HeaderMap::new();
        self.apply(request, &mut answer);
        if !answer.is_empty() {
            answer.extend(self.for_preflights.iter().cloned());
        }
        answer
    }

    /// Replaces the CORS headers of an answer.
    pub(super) fn apply(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        for name in &RESPONSE_HEADERS {
            answer.remove(name);
        }
        let Some(origin) = request.get(header::ORIGIN) else { return };
        let allowed = if self.any_origin {
            HeaderValue::from_static("*")
        } else if self.origins.contains(origin) {
            origin.clone()
        } else {
            return;
        };
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        for (name, value) in &self.for_answers {
            answer.insert(name, value.clone());
        }
    }
}
