//! The certificates that the functions trust.

use serde_json::json;
use tests::project;

use crate::python;

/// Time to notice, to renew and to deploy.
const SPARE_DAYS: i64 = 90;

#[test]
fn each_certificate_is_sound_named_and_good_for_a_while() {
    let file = project().join("certificates/ca.pem");
    let text = std::fs::read_to_string(&file).expect("the certificates");
    let answer = python::run("certificates.py", &json!(file));
    let certificates = answer.as_array().expect("a list");
    assert_eq!(certificates.len(), text.matches("BEGIN CERTIFICATE").count(), "each is read, and is an authority's");
    for certificate in certificates {
        let (name, days) = (certificate[0].as_str().expect("a name"), certificate[1].as_i64().expect("a number"));
        assert!(days > SPARE_DAYS, "{name} ends in {days} days: certificates/README.md says how to renew it");
        assert!(text.contains(&format!("# {name}, until ")), "no comment line names {name}");
    }
}
