//! `GET /api/auth/providers`: the ways to sign in.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Settings;
use crate::oauth::{OAuth, Provider};

/// A way to sign in, as Auth.js shows it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignInProvider {
    id: &'static str,
    name: &'static str,
    /// oidc, oauth or credentials.
    #[serde(rename = "type")]
    kind: &'static str,
    signin_url: String,
    callback_url: String,
}

impl SignInProvider {
    fn new(oauth: &OAuth, id: &'static str, name: &'static str, kind: &'static str) -> Self {
        let address = |step: &str| oauth.address(&format!("/api/auth/{step}/{id}")).to_string();
        SignInProvider { id, name, kind, signin_url: address("signin"), callback_url: address("callback") }
    }

    fn of(oauth: &OAuth, provider: &Provider) -> Self {
        let kind = if provider.id.is_openid() { "oidc" } else { "oauth" };
        Self::new(oauth, provider.id.as_str(), provider.id.name(), kind)
    }
}

/// The ways to sign in that are set up, by their ids.
#[utoipa::path(
    get, path = "/api/auth/providers", tag = "auth", security(),
    responses((status = 200, body = BTreeMap<String, SignInProvider>)),
)]
pub async fn list(State(settings): State<Settings>) -> Json<BTreeMap<&'static str, SignInProvider>> {
    let oauth = &settings.oauth;
    let set_up = oauth.providers.iter().map(|provider| SignInProvider::of(oauth, provider));
    let by_password = SignInProvider::new(oauth, "credentials", "Credentials", "credentials");
    Json(set_up.chain([by_password]).map(|provider| (provider.id, provider)).collect())
}
