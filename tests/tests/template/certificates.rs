//! The certificates that the functions trust.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;
use tests::{project, python};

/// Time to notice, to renew and to deploy.
const SPARE_DAYS: i64 = 90;

#[tokio::test]
async fn each_certificate_is_sound_named_and_good_for_a_while() {
    let folder = project().join("certificates/roots");
    let files = fs::read_dir(&folder).expect("the folder").flatten().map(|file| file.path());
    let files: BTreeSet<_> = files.collect();
    assert!(files.len() > 10, "{files:?}");
    let answer = python("certificates.py", &json!(files)).await;
    for (file, certificate) in files.iter().zip(answer.as_array().expect("a list")) {
        let text = fs::read_to_string(file).expect("a certificate");
        let (name, days) = (certificate["name"].as_str().expect("a name"), certificate["days"].as_i64().expect("days"));
        assert!(days > SPARE_DAYS, "{name} ends in {days} days: certificates/README.md says how to renew it");
        assert!(text.starts_with(&format!("# {name}, until ")), "the first line of {} names {name}", file.display());
        // OpenSSL looks for a root by this name; under another one it is not found.
        let expected = certificate["file"].as_str().expect("a file's name");
        assert!(file.ends_with(expected), "{} has to be called {expected}", file.display());
    }
}
