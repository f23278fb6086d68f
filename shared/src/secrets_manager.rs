//! AWS Secrets Manager: reads one secret.
//!
//! Nothing is read at start. Secrets are put into the environment when the stack is deployed, and only when the database no
//! longer takes its password, or was never told one, is the newest asked for. So one signed request is all there is to
//! make: the SDK would add megabytes to every function for it, and the extension that caches secrets beside a function adds
//! its own start to every cold start and may answer with what it cached before the password was replaced.

mod request;
mod signature;

use jiff::Timestamp;
use serde::Deserialize;
use url::Url;

use self::signature::Signed;
use crate::config::{Config, ConfigError};
use crate::limits;
use crate::secret::Secret;

/// A secret's name, and what it takes to read it.
#[derive(Clone, Debug)]
pub struct ManagedSecret {
    id: String,
    key: Option<String>,
    region: String,
    endpoint: Url,
    credentials: Credentials,
}

/// What AWS gives a function to sign with.
#[derive(Clone, Debug)]
struct Credentials {
    id: String,
    secret: Secret,
    session: Option<Secret>,
}

/// The newest version of a secret.
#[derive(Debug)]
pub struct SecretVersion {
    /// The value, or that of its key.
    pub value: Secret,
    /// When this version was made.
    pub created_at: Option<Timestamp>,
}

/// What names a secret: `arn:aws:secretsmanager:<region>:<account>:secret:<name>`, and `:<key>` when the secret is a JSON
/// object, as task definitions of ECS write it.
struct Name {
    id: String,
    key: Option<String>,
    region: String,
}

impl Name {
    fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let (&["arn", partition, "secretsmanager", region, account, "secret", name], rest) =
            parts.split_first_chunk()?
        else {
            return None;
        };
        // ECS may add a version, which would be an old one some day.
        let key = match rest {
            [] | [""] | ["", "", ""] => None,
            [key] | [key, "", ""] => Some((*key).to_owned()),
            _ => return None,
        };
        let known = !region.is_empty() && !name.is_empty();
        let id = format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}");
        known.then(|| Name { id, key, region: region.to_owned() })
    }
}

impl ManagedSecret {
    /// The secret that `variable` names. Region and account are in its name, the credentials are those that Lambda gives, and
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER` leads to another place, such as an endpoint of a private network.
    ///
    /// # Errors
    /// The name is malformed, credentials are missing, or the endpoint is no URL, or without TLS where the stack is deployed.
    pub fn from_config(config: &Config, variable: &'static str, name: &str) -> Result<Self, ConfigError> {
        const ENDPOINT: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";
        let wrong = |variable, problem: &str| ConfigError { variable, problem: problem.to_owned() };
        let Some(Name { id, key, region }) = Name::parse(name) else {
            return Err(wrong(variable, "must be arn:aws:secretsmanager:<region>:<account>:secret:<name>:<key>"));
        };
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let usual = format!("https://secretsmanager.{region}.{suffix}");
        let endpoint = config.optional(ENDPOINT).unwrap_or(&usual);
        let endpoint =
            Url::parse(endpoint).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let endpoint = endpoint.ok_or_else(|| wrong(ENDPOINT, "must be an address such as https://host"))?;
        if config.environment.is_deployed() && endpoint.scheme() != "https" {
            return Err(wrong(ENDPOINT, "would send secrets in the clear and is refused here: use https"));
        }
        let required = |variable| {
            let value = config.optional(variable);
            value.ok_or_else(|| wrong(variable, "is missing, and needed to read the secret; Lambda sets it"))
        };
        let credentials = Credentials {
            id: required("AWS_ACCESS_KEY_ID")?.to_owned(),
            secret: Secret::new(required("AWS_SECRET_ACCESS_KEY")?),
            session: config.optional("AWS_SESSION_TOKEN").map(Secret::new),
        };
        Ok(ManagedSecret { id, key, region, endpoint, credentials })
    }

    /// The newest version, asked of Secrets Manager each time.
    ///
    /// # Errors
    /// No answer, or a refusal; a sentence that holds no secret.
    pub async fn read(&self, now: Timestamp) -> Result<SecretVersion, String> {
        let body = serde_json::json!({ "SecretId": self.id }).to_string();
        let host = match (self.endpoint.host_str(), self.endpoint.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let signed = Signed { host: &host, region: &self.region, body: &body, now };
        let sent = request::post(&self.endpoint, signed.headers(&self.credentials), body.clone());
        let (status, answer) = match tokio::time::timeout(limits::SECRET_WAIT, sent).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(problem)) => return Err(format!("Secrets Manager gave no answer: {problem}")),
            Err(_) => return Err(format!("Secrets Manager gave no answer within {:?}", limits::SECRET_WAIT)),
        };
        if status != 200 {
            let refusal: Refusal = serde_json::from_slice(&answer).unwrap_or_default();
            return Err(format!("Secrets Manager refused {}: {status} {}", self.id, refusal.kind));
        }
        let answer: Answer = serde_json::from_slice(&answer).map_err(|_| "Secrets Manager answered no JSON")?;
        let value = match &self.key {
            None => Some(answer.text),
            Some(key) => {
                let values: serde_json::Value = serde_json::from_str(&answer.text).unwrap_or_default();
                values.get(key).and_then(|value| value.as_str()).map(str::to_owned)
            }
        };
        let value = value.ok_or_else(|| format!("{} has no text under its key", self.id))?;
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds are enough, and a date beyond them is none")]
        let created_at = answer.created.and_then(|seconds| Timestamp::from_second(seconds as i64).ok());
        Ok(SecretVersion { value: Secret::new(value), created_at })
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "SecretString")]
    text: String,
    #[serde(rename = "CreatedDate")]
    created: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    #[serde(rename = "__type")]
    kind: String,
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:eu-west-2:123456789012:secret:/spike-land/production/database-a1b2c3";

    fn secret(name: &str, pairs: &[(&str, &str)]) -> Result<ManagedSecret, String> {
        let base = [("ENVIRONMENT", "production"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "hunter2")];
        let variables: HashMap<_, _> =
            base.iter().chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let config = Config::from_variables(variables).unwrap();
        ManagedSecret::from_config(&config, "DATABASE_URL_ARN", name).map_err(|error| error.to_string())
    }

    #[test]
    fn ops_09_a_secret_is_named_as_ecs_names_it() {
        for (end, key) in [("", None), (":pooled_url", Some("pooled_url")), (":pooled_url::", Some("pooled_url"))] {
            let secret = secret(&format!("{ARN}{end}"), &[]).unwrap();
            assert_eq!((secret.id.as_str(), secret.key.as_deref()), (ARN, key));
            assert_eq!(secret.endpoint.as_str(), "https://secretsmanager.eu-west-2.amazonaws.com/");
            assert!(!format!("{secret:?}").contains("hunter2"));
        }
        for bad in ["database", "arn:aws:ssm:eu-west-2:1:parameter/x", &format!("{ARN}:key:AWSPREVIOUS:")] {
            assert!(secret(bad, &[]).unwrap_err().contains("DATABASE_URL_ARN must be"), "{bad}");
        }
        assert!(secret(ARN, &[("AWS_ACCESS_KEY_ID", "")]).unwrap_err().contains("AWS_ACCESS_KEY_ID is missing"));
        let elsewhere = [("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:5000")];
        assert!(secret(ARN, &elsewhere).unwrap_err().contains("in the clear"));
        assert!(secret(ARN, &[elsewhere[0], ("ENVIRONMENT", "test")]).is_ok());
    }
}
