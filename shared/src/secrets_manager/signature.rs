//! AWS's signature, version 4, of the one request that is made.

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use jiff::Timestamp;
use sha2::Sha256;

use super::Credentials;
use crate::secret::{hex, sha256};

const KIND: &str = "application/x-amz-json-1.1";
const TARGET: &str = "secretsmanager.GetSecretValue";

/// What is signed.
pub(super) struct Signed<'a> {
    pub(super) host: &'a str,
    pub(super) region: &'a str,
    pub(super) body: &'a str,
    pub(super) now: Timestamp,
}

impl Signed<'_> {
    /// The request's headers, the signature among them.
    pub(super) fn headers(&self, credentials: &Credentials) -> HeaderMap {
        let time = self.now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let day = self.now.strftime("%Y%m%d").to_string();
        let session = credentials.session.as_ref().map(crate::Secret::expose);
        // In the order of their names.
        let named = [
            (CONTENT_TYPE, Some(KIND)),
            (HOST, Some(self.host)),
            (HeaderName::from_static("x-amz-date"), Some(time.as_str())),
            (HeaderName::from_static("x-amz-security-token"), session),
            (HeaderName::from_static("x-amz-target"), Some(TARGET)),
        ];
        let present: Vec<(HeaderName, &str)> =
            named.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let lines: String = present.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let names = present.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
        let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", hex(&sha256(self.body)));
        let scope = format!("{day}/{}/secretsmanager/aws4_request", self.region);
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&sha256(canonical)));

        let start = format!("AWS4{}", credentials.secret.expose());
        let parts = [day.as_str(), self.region, "secretsmanager", "aws4_request", &to_sign];
        let signature = parts.iter().fold(start.into_bytes(), |key, part| mac(&key, part));
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}",
            credentials.id,
            hex(&signature)
        );
        let all = present.iter().map(|(name, value)| (name, *value)).chain([(&AUTHORIZATION, authorization.as_str())]);
        // A value that no header can hold was never one of AWS's; the request is refused without it.
        all.filter_map(|(name, value)| Some((name.clone(), HeaderValue::from_str(value).ok()?))).collect()
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // A key of any length will do, so this does not fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    /// What AWS's own library for Python (botocore 1.44, `SigV4Auth`) makes of the same.
    #[test]
    fn ops_09_the_signature_is_the_one_that_aws_makes() {
        let signed = Signed {
            host: "secretsmanager.eu-west-2.amazonaws.com",
            region: "eu-west-2",
            body: r#"{"SecretId":"database"}"#,
            now: "2026-01-02T03:04:05Z".parse().unwrap(),
        };
        for (session, names, signature) in [
            (
                None,
                "content-type;host;x-amz-date;x-amz-target",
                "45ae5b7973293df30926d6d99b8832036535d9e19e7759b77270400d86c71aa3",
            ),
            (
                Some(Secret::new("a/session+token=")),
                "content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
                "4d8a5da4b80c95dac728960532d92e61089e0f283ebf82d5cb128f8eb676f9ea",
            ),
        ] {
            let credentials = Credentials {
                id: "AKIDEXAMPLE".to_owned(),
                secret: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                session,
            };
            let headers = signed.headers(&credentials);
            let expected = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-2/secretsmanager/aws4_request, \
                 SignedHeaders={names}, Signature={signature}"
            );
            assert_eq!(headers[AUTHORIZATION], expected.as_str());
            assert_eq!(headers["x-amz-date"], "20260102T030405Z");
        }
    }
}
