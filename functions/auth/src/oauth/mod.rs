//! Sign-in through GitHub, Google, Facebook and Apple: the authorization code flow with PKCE, bound to the browser that
//! started it, and what the answer means for accounts.

mod apple;
mod attempt;
mod callback;
mod discovery;
mod exchange;
mod failure;
mod id_token;
mod mobile;
mod pages;
mod person;
mod profile;
mod provider;
mod requests;
mod sealed;
mod settings;
mod start;

pub use self::callback::*;
pub use self::mobile::*;
pub use self::pages::*;
pub use self::provider::Provider;
pub use self::settings::OAuth;
pub use self::start::*;
