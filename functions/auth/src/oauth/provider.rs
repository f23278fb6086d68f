//! The providers: what is different between them.

use openidconnect::{ClientId, ClientSecret, IssuerUrl};
use url::Url;

use super::apple::SigningKey;
use super::discovery::Discovery;

/// Who vouches for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    /// OpenID Connect; answers with a form that it posts from its own site.
    Apple,
    /// OAuth 2 with a profile of its own shape.
    Facebook,
    /// OAuth 2 with a profile of its own shape.
    GitHub,
    /// OpenID Connect.
    Google,
}

impl Id {
    /// All of them, in the order in which a sign-in page lists them.
    pub const ALL: [Id; 4] = [Id::Apple, Id::Facebook, Id::GitHub, Id::Google];

    /// The word in addresses and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Id::Apple => "apple",
            Id::Facebook => "facebook",
            Id::GitHub => "github",
            Id::Google => "google",
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Id::Apple => "Apple",
            Id::Facebook => "Facebook",
            Id::GitHub => "GitHub",
            Id::Google => "Google",
        }
    }

    /// Whether it speaks OpenID Connect, and so signs what it says of a person.
    pub fn is_openid(self) -> bool {
        matches!(self, Id::Apple | Id::Google)
    }

    /// Whether its answer is a form that its own page posts: then cookies must travel with other sites' posts.
    pub fn posts_back(self) -> bool {
        self == Id::Apple
    }

    /// What is asked for, besides `openid`.
    pub fn scopes(self) -> &'static [&'static str] {
        match self {
            Id::Apple => &["name", "email"],
            Id::Facebook => &["public_profile", "email"],
            Id::GitHub => &["read:user", "user:email"],
            Id::Google => &["email", "profile"],
        }
    }

    /// Where it is, unless configured otherwise.
    pub fn addresses(self) -> Addresses<'static> {
        match self {
            Id::Apple => Addresses {
                issuer: "https://appleid.apple.com",
                authorization: "https://appleid.apple.com/auth/authorize",
                token: "https://appleid.apple.com/auth/token",
                userinfo: None,
                keys: Some("https://appleid.apple.com/auth/keys"),
            },
            Id::Facebook => Addresses {
                issuer: "https://www.facebook.com",
                authorization: "https://www.facebook.com/v23.0/dialog/oauth",
                token: "https://graph.facebook.com/v23.0/oauth/access_token",
                userinfo: Some("https://graph.facebook.com/v23.0/me"),
                keys: None,
            },
            Id::GitHub => Addresses {
                issuer: "https://github.com",
                authorization: "https://github.com/login/oauth/authorize",
                token: "https://github.com/login/oauth/access_token",
                userinfo: Some("https://api.github.com/user"),
                keys: None,
            },
            Id::Google => Addresses {
                issuer: "https://accounts.google.com",
                authorization: "https://accounts.google.com/o/oauth2/v2/auth",
                token: "https://oauth2.googleapis.com/token",
                userinfo: None,
                keys: Some("https://www.googleapis.com/oauth2/v3/certs"),
            },
        }
    }
}

/// The addresses of a provider.
pub struct Addresses<'a> {
    /// What it calls itself in ID tokens.
    pub issuer: &'a str,
    /// Where people are sent.
    pub authorization: &'a str,
    /// Where a code is exchanged.
    pub token: &'a str,
    /// Where a profile is read, without OpenID Connect.
    pub userinfo: Option<&'a str>,
    /// Its public keys, with OpenID Connect.
    pub keys: Option<&'a str>,
}

/// A provider that is set up.
pub struct Provider {
    /// Which one.
    pub id: Id,
    /// What it calls us.
    pub client_id: ClientId,
    /// How we prove who we are.
    pub credentials: Credentials,
    /// What it calls itself.
    pub issuer: IssuerUrl,
    /// Where a profile is read, without OpenID Connect.
    pub userinfo: Option<Url>,
    /// Its other addresses, and its keys.
    pub discovery: Discovery,
}

/// How we prove to a provider who we are.
pub enum Credentials {
    /// It gave us this secret.
    Secret(ClientSecret),
    /// It knows the public half of this key.
    Key(SigningKey),
}
