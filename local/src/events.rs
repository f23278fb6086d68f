//! `cargo dev event`: a sample event of `events/`, filled with what holds on this machine, for `cargo lambda invoke`.

use std::{collections::BTreeMap, fs, path::Path};

use clap::Args;
use serde_json::Value;

use crate::{
    LocalError, buy,
    console::say,
    error::Doing,
    secret,
    settings::{Settings, project},
    stripe,
};

/// The placeholders that `.env.local` has values for.
const FROM_SETTINGS: [&str; 5] = ["USER_EMAIL", "USER_PASSWORD", "USER_TOKEN", "API_KEY", "STRIPE_WEBHOOK_SECRET"];
/// The placeholder of the user's id, which only the database knows.
const USER_ID: &str = "USER_ID";
/// The placeholder for the time, in seconds since 1970.
const NOW: &str = "NOW";

/// Options of `cargo dev event`.
#[derive(Debug, Args)]
pub struct EventOptions {
    /// The name of a file in events/, without .json
    pub name: String,
}

/// Prints an event in one line.
///
/// # Errors
/// When there is no such event, or `cargo dev up` has not written a value that it needs.
pub async fn event(options: EventOptions) -> Result<(), LocalError> {
    let project = project();
    let settings = Settings::load(&project)?;
    let known = FROM_SETTINGS.into_iter().filter_map(|name| Some((name.to_owned(), settings.get(name)?)));
    let mut values: BTreeMap<_, _> = known.collect();
    if text(&project, &options.name)?.contains(USER_ID) {
        let email = settings.require("USER_EMAIL")?;
        values.insert(USER_ID.into(), buy::user_id(&settings.require("DIRECT_URL")?, &email).await?);
    }
    say(fill(&project, &options.name, &values)?);
    Ok(())
}

/// The names of the sample events.
///
/// # Errors
/// When the folder can't be read.
pub fn names(project: &Path) -> Result<Vec<String>, LocalError> {
    let folder = project.join("events");
    let entries = fs::read_dir(&folder).doing(|| format!("read {}", folder.display()))?.flatten();
    let paths = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "json"));
    let mut names: Vec<_> =
        paths.filter_map(|path| path.file_stem().map(|name| name.to_string_lossy().into_owned())).collect();
    names.sort();
    Ok(names)
}

/// The event `name` with every placeholder `${…}` replaced: `RANDOM` and `NOW` by fresh values, `STRIPE_SIGNATURE` by the
/// signature of the body with the secret `STRIPE_WEBHOOK_SECRET`, every other one by its value.
///
/// # Errors
/// When there is no such event, or a value is missing.
pub fn fill(project: &Path, name: &str, values: &BTreeMap<String, String>) -> Result<Value, LocalError> {
    let mut event: Value = serde_json::from_str(&text(project, name)?)?;
    let now = stripe::now_unix_seconds();
    let mut values = values.clone();
    values.insert(NOW.into(), now.to_string());
    // Stripe's ids have no other letters.
    values.insert("RANDOM".into(), secret::random(18)?.replace(['-', '_'], "0").to_lowercase());

    // A body is kept as JSON so that people can read it; API Gateway sends it as text. The signature is that of this text.
    if let Some(mut body) = event.get_mut("body").map(Value::take) {
        replace(&mut body, &values)?;
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        if let Some(secret) = values.get("STRIPE_WEBHOOK_SECRET") {
            // Where one secret takes the place of another there are two; either will do.
            let secret = secret.split(',').next().unwrap_or_default().trim();
            values.insert("STRIPE_SIGNATURE".into(), stripe::signature(secret, body.as_bytes(), now)?);
        }
        replace(&mut event, &values)?;
        event["body"] = body.into();
        return Ok(event);
    }
    replace(&mut event, &values)?;
    Ok(event)
}

fn text(project: &Path, name: &str) -> Result<String, LocalError> {
    let known = names(project)?;
    if !known.iter().any(|known| known == name) {
        return Err(LocalError::said(format!("There is no event `{name}`: choose one of {}.", known.join(", "))));
    }
    let path = project.join("events").join(name).with_extension("json");
    fs::read_to_string(&path).doing(|| format!("read {}", path.display()))
}

fn replace(value: &mut Value, values: &BTreeMap<String, String>) -> Result<(), LocalError> {
    match value {
        Value::String(text) => {
            let filled = replace_in(text, values)?;
            // A time that stands alone is a number.
            *value = match filled.parse::<u64>() {
                Ok(number) if *text == format!("${{{NOW}}}") => number.into(),
                _ => filled.into(),
            };
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| replace(item, values))?,
        Value::Object(fields) => fields.values_mut().try_for_each(|field| replace(field, values))?,
        _ => {}
    }
    Ok(())
}

fn replace_in(text: &str, values: &BTreeMap<String, String>) -> Result<String, LocalError> {
    let mut parts = text.split("${");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        let value = values.get(name).ok_or_else(|| {
            LocalError::said(format!(
                "{name} is neither in the environment nor in .env.local: `cargo dev up` writes what events need."
            ))
        })?;
        filled.push_str(value);
        filled.push_str(rest);
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use serde_json::{Value, json};

    use super::fill;

    fn filled(event: &Value, values: &[(&str, &str)]) -> Result<Value, String> {
        let project = std::env::temp_dir().join(format!("local-events-{}-{:p}", std::process::id(), event));
        fs::create_dir_all(project.join("events")).unwrap();
        fs::write(project.join("events/sample.json"), event.to_string()).unwrap();
        let values: BTreeMap<_, _> = values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let result = fill(&project, "sample", &values).map_err(|error| error.to_string());
        fs::remove_dir_all(&project).unwrap();
        result
    }

    #[test]
    fn values_are_put_in_as_they_are() {
        let event = json!({ "headers": { "authorization": "Bearer ${USER_TOKEN}!" }, "list": ["${USER_TOKEN}"], "at": "${NOW}" });
        let event = filled(&event, &[("USER_TOKEN", "a\"${b}")]).unwrap();
        assert_eq!(event["headers"]["authorization"], "Bearer a\"${b}!");
        assert_eq!(event["list"][0], "a\"${b}");
        assert!(event["at"].as_u64().unwrap() > 1_700_000_000);
    }

    #[test]
    fn a_body_becomes_text_and_is_signed() {
        let event =
            json!({ "body": { "id": "evt_${RANDOM}" }, "headers": { "stripe-signature": "${STRIPE_SIGNATURE}" } });
        let secret = ("STRIPE_WEBHOOK_SECRET", "whsec_one,whsec_two");
        let (first, second) = (filled(&event, &[secret]).unwrap(), filled(&event, &[secret]).unwrap());
        assert!(first["body"].as_str().unwrap().starts_with("{\"id\":\"evt_"));
        assert!(first["headers"]["stripe-signature"].as_str().unwrap().contains(",v1="));
        assert_ne!(first["body"], second["body"]);
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(filled(&json!({ "a": "${USER_TOKEN}" }), &[]).unwrap_err().starts_with("USER_TOKEN is neither"));
        let unknown = fill(&crate::settings::project(), "nothing", &BTreeMap::new()).unwrap_err().to_string();
        assert!(unknown.contains("There is no event `nothing`") && unknown.contains("tokens_balance"), "{unknown}");
    }
}
