//! What providers say of a person, brought into one shape.

use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION};
use openidconnect::AsyncHttpClient;
use openidconnect::core::CoreIdTokenClaims;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::Secret;
use shared::ids::Email;
use shared::limits;
use shared::secret::{hex, hmac_sha256};
use url::Url;

use super::failure::Failure;
use super::provider::{Credentials, Id, Provider};
use super::requests::Http;

/// A person, as a provider knows them.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile {
    /// The provider's id, which never changes.
    pub account: String,
    /// Their address, if the provider tells one.
    pub email: Option<Email>,
    /// Whether the provider vouches for the address.
    pub email_verified: bool,
    /// What they call themselves.
    pub name: Option<String>,
    /// Address of a portrait.
    pub image: Option<String>,
}

impl Profile {
    fn new(
        account: &str,
        email: Option<&str>,
        email_verified: bool,
        name: Option<&str>,
        image: Option<&str>,
    ) -> Result<Self, Failure> {
        let is_id = (1..=limits::PROVIDER_ACCOUNT_CHARACTERS).contains(&account.chars().count());
        if !is_id || account.chars().any(char::is_control) {
            return Err(Failure::Untrusted("it does not say who the person is".to_owned()));
        }
        let email = email.and_then(Email::parse);
        Ok(Profile {
            account: account.to_owned(),
            email_verified: email_verified && email.is_some(),
            email,
            name: name.and_then(cleaned_name),
            image: image.and_then(cleaned_address),
        })
    }
}

/// From an ID token that was verified. `name` comes from beside it.
pub fn of_claims(claims: &CoreIdTokenClaims, name: Option<&str>) -> Result<Profile, Failure> {
    let claimed = claims.name().and_then(|names| names.get(None)).map(|name| name.as_str());
    let image = claims.picture().and_then(|pictures| pictures.get(None)).map(|image| image.as_str());
    let email = claims.email().map(|email| email.as_str());
    Profile::new(claims.subject(), email, claims.email_verified() == Some(true), claimed.or(name), image)
}

/// Asks a provider without ID tokens.
pub async fn fetched(http: &Http, provider: &Provider, access_token: &str) -> Result<Profile, Failure> {
    let url = provider.userinfo.as_ref().ok_or(Failure::NoSuchProvider)?;
    match provider.id {
        Id::GitHub => github(http, url, access_token).await,
        _ => facebook(http, url, &provider.credentials, access_token).await,
    }
}

#[derive(Deserialize)]
struct GitHubUser {
    id: u64,
    login: Option<String>,
    name: Option<String>,
    email: Option<String>,
    avatar_url: Option<String>,
}

#[derive(Deserialize)]
struct GitHubEmail {
    email: String,
    primary: bool,
    verified: bool,
}

async fn github(http: &Http, url: &Url, access_token: &str) -> Result<Profile, Failure> {
    let mut emails_url = url.clone();
    emails_url.set_path(&format!("{}/emails", url.path().trim_end_matches('/')));
    let user = asked::<GitHubUser>(http, url, access_token);
    let emails = asked::<Vec<GitHubEmail>>(http, &emails_url, access_token);
    let (user, emails) = tokio::join!(user, emails);
    let user = user?;
    // The list is refused to us when the person has not granted it. Then the address of the public profile is only a claim.
    let primary = emails.ok().and_then(|emails| emails.into_iter().find(|email| email.primary));
    let (email, verified) = match primary {
        Some(primary) => (Some(primary.email), primary.verified),
        None => (user.email, false),
    };
    let name = user.name.filter(|name| !name.trim().is_empty()).or(user.login);
    Profile::new(&user.id.to_string(), email.as_deref(), verified, name.as_deref(), user.avatar_url.as_deref())
}

#[derive(Deserialize)]
struct FacebookUser {
    id: String,
    name: Option<String>,
    email: Option<String>,
    picture: Option<FacebookPicture>,
}

#[derive(Deserialize)]
struct FacebookPicture {
    data: FacebookPictureData,
}

#[derive(Deserialize)]
struct FacebookPictureData {
    url: Option<String>,
}

async fn facebook(http: &Http, url: &Url, credentials: &Credentials, access_token: &str) -> Result<Profile, Failure> {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair("fields", "id,name,email,picture");
    if let Credentials::Secret(secret) = credentials {
        // An app may demand it, so that a stolen token alone is worth nothing.
        let proof = hmac_sha256(&Secret::new(secret.secret().as_str()), &[access_token.as_bytes()]);
        url.query_pairs_mut().append_pair("appsecret_proof", &hex(&proof));
    }
    let user: FacebookUser = asked(http, &url, access_token).await?;
    let image = user.picture.and_then(|picture| picture.data.url);
    // Facebook tells only addresses that it has verified.
    Profile::new(&user.id, user.email.as_deref(), true, user.name.as_deref(), image.as_deref())
}

async fn asked<T: DeserializeOwned>(http: &Http, url: &Url, access_token: &str) -> Result<T, Failure> {
    let unsendable = |_| Failure::Unreachable("profile: its token cannot be sent".to_owned());
    let request = http::Request::get(url.as_str())
        .header(ACCEPT, "application/json")
        .header(AUTHORIZATION, format!("Bearer {access_token}"));
    let request = request.body(Vec::new()).map_err(unsendable)?;
    let answer = http.call(request).await.map_err(|error| Failure::Unreachable(format!("profile: {error}")))?;
    if answer.status() != StatusCode::OK {
        return Err(Failure::Unreachable(format!("profile: it answered {}", answer.status())));
    }
    let unreadable = |_| Failure::Unreachable("profile: it cannot be read".to_owned());
    serde_json::from_slice(answer.body()).map_err(unreadable)
}

/// A name as we keep names: shorter, on one line; nothing counts as none.
fn cleaned_name(text: &str) -> Option<String> {
    let cleaned: String =
        text.chars().filter(|character| !character.is_control()).take(limits::NAME_CHARACTERS).collect();
    let cleaned = cleaned.trim();
    (!cleaned.is_empty()).then(|| cleaned.to_owned())
}

/// An address that a page may show an image from.
fn cleaned_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https")?;
    Some(url.to_string()).filter(|url| url.len() <= limits::IMAGE_ADDRESS_CHARACTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_cleaned() {
        let long = "n".repeat(200);
        let profile =
            Profile::new("1", Some(" Ada@Example.com"), true, Some("A\0da\n"), Some("https://x.y/z")).unwrap();
        assert_eq!(profile.email.as_ref().map(Email::as_str), Some("ada@example.com"));
        assert_eq!((profile.name.as_deref(), profile.image.as_deref()), (Some("Ada"), Some("https://x.y/z")));
        let profile = Profile::new("1", Some("no address"), true, Some(&long), Some("javascript:alert(1)")).unwrap();
        assert_eq!((profile.email, profile.email_verified, profile.image), (None, false, None));
        assert_eq!(profile.name.map(|name| name.len()), Some(limits::NAME_CHARACTERS));
        for nobody in ["", "a\0b", &"9".repeat(300)] {
            assert!(Profile::new(nobody, None, false, None, None).is_err(), "{nobody}");
        }
    }
}
