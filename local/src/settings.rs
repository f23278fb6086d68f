//! What the stack on this machine is set to: the environment first, then `.env.local`, which the first `cargo dev up` writes.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    dotenv,
    error::{Doing, LocalError},
    secret,
    server_user::private_file,
};

/// The file at the project's root. Git ignores it.
const FILE: &str = ".env.local";
const HEADING: &str = "\
# Written by `cargo dev up`: what a client or a test tool needs to talk to the stack on this machine.
# Secrets are kept from run to run; URLs and tokens are refreshed. Lines that you add are kept, too.
# A variable of the environment goes before a line here. What each variable means is in .env.example.
";
const OWN_HEADING: &str = "# Added by you.";

/// What `cargo dev up` writes, in this order: a group's comment and its variables.
const GROUPS: [(&str, &[&str]); 12] = [
    (
        "The API, and the web front end that may call it.",
        &["API_URL", "APP_URL", "FRONT_END_ORIGINS", "ENVIRONMENT", "LOG_LEVEL"],
    ),
    ("PostgreSQL through PgBouncer, as the functions see it.", &["DATABASE_URL"]),
    ("PostgreSQL itself, as its superuser: migrations, back-ups, psql.", &["DIRECT_URL"]),
    ("PostgreSQL itself, as the role that sees its figures: the dashboard, the alerts.", &["MONITOR_URL"]),
    (
        "Alerts: thresholds that differ. Nobody has to be told that a developer's servers are old.",
        &["ALERT_THRESHOLDS"],
    ),
    (
        "The S3 server.",
        &["S3_ENDPOINT", "S3_BUCKET", "BACKUP_BUCKET", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
    ),
    ("Mail: the folder where it lands.", &["MAIL_URL", "MAIL_FROM"]),
    ("Referrals: domains of addresses that earn none, besides the public list.", &["BLOCKED_EMAIL_DOMAINS"]),
    ("Secrets of the functions.", &["AUTH_SECRET", "USER_ID_SALT", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"]),
    ("An ordinary user.", &["USER_EMAIL", "USER_PASSWORD", "USER_TOKEN"]),
    ("An administrator.", &["ADMIN_EMAIL", "ADMIN_PASSWORD", "ADMIN_TOKEN"]),
    ("An API key of the ordinary user.", &["API_KEY"]),
];

/// What belongs to the stack that `cargo dev up` starts. A variable of the shell, which may name a real deployment, never replaces it there.
const OWN_TO_STACK: [&str; 9] = [
    "ENVIRONMENT",
    "API_URL",
    "DATABASE_URL",
    "DIRECT_URL",
    "MONITOR_URL",
    "S3_ENDPOINT",
    "S3_BUCKET",
    "BACKUP_BUCKET",
    "MAIL_URL",
];

/// The values of `.env.local`, under those of the environment.
pub struct Settings {
    file: PathBuf,
    values: BTreeMap<String, String>,
}

impl Settings {
    /// Reads the project's `.env.local`, if there is one.
    ///
    /// # Errors
    /// When the file is there and can't be read.
    pub fn load(project: &Path) -> Result<Self, LocalError> {
        let file = project.join(FILE);
        let values = if file.exists() {
            dotenv::parse(&fs::read_to_string(&file).doing(|| format!("read {}", file.display()))?)
        } else {
            BTreeMap::new()
        };
        Ok(Self { file, values })
    }

    /// The file's path.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// A value: the environment's, else the file's.
    pub fn get(&self, name: &str) -> Option<String> {
        environment_variable(name).or_else(|| self.values.get(name).cloned()).filter(|value| !value.is_empty())
    }

    /// A value that has to be there.
    ///
    /// # Errors
    /// One sentence that names the variable.
    pub fn require(&self, name: &str) -> Result<String, LocalError> {
        self.get(name).ok_or_else(|| {
            LocalError::said(format!(
                "{name} is neither in the environment nor in .env.local: `cargo dev up` writes it."
            ))
        })
    }

    /// Changes a value of the file.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.insert(name.to_owned(), value.into());
    }

    /// Makes the secrets and accounts that are not there yet.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn fill(&mut self) -> Result<(), LocalError> {
        let fresh = [
            ("ENVIRONMENT", "development".to_owned()),
            ("LOG_LEVEL", "info".to_owned()),
            ("ALERT_THRESHOLDS", "versions.outdated=99".to_owned()),
            ("FRONT_END_ORIGINS", "http://localhost:3000".to_owned()),
            ("APP_URL", "http://localhost:3000".to_owned()),
            ("S3_BUCKET", "spike-land".to_owned()),
            ("BACKUP_BUCKET", "spike-land-backups".to_owned()),
            ("AWS_REGION", "eu-west-2".to_owned()),
            ("AWS_ACCESS_KEY_ID", format!("local-{}", secret::random(9)?)),
            ("AWS_SECRET_ACCESS_KEY", secret::random(30)?),
            ("BLOCKED_EMAIL_DOMAINS", String::new()),
            ("MAIL_FROM", "Spike Land <hello@spike.land>".to_owned()),
            ("AUTH_SECRET", secret::random(32)?),
            ("USER_ID_SALT", secret::random(32)?),
            ("STRIPE_WEBHOOK_SECRET", format!("whsec_{}", secret::random(24)?)),
            ("USER_EMAIL", "ada@example.com".to_owned()),
            ("USER_PASSWORD", secret::random(12)?),
            ("ADMIN_EMAIL", "admin@example.com".to_owned()),
            ("ADMIN_PASSWORD", secret::random(12)?),
            ("API_KEY", format!("sk_test_{}", secret::random(32)?)),
        ];
        for (name, value) in fresh {
            self.values.entry(name.to_owned()).or_insert(value);
        }
        Ok(())
    }

    /// Writes `.env.local`, readable only for its owner.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn save(&self) -> Result<(), LocalError> {
        private_file(&self.file, &self.text(), None)
    }

    /// The variables for the functions: everything of the file and the environment, except that what belongs to this stack comes
    /// from the file.
    pub fn for_functions(&self) -> BTreeMap<String, String> {
        let mut all = self.values.clone();
        all.extend(environment().filter(|(name, _)| !OWN_TO_STACK.contains(&name.as_str())));
        all
    }

    fn text(&self) -> String {
        let mut text = HEADING.to_owned();
        let mut rest = self.values.clone();
        for (comment, names) in GROUPS {
            let lines: Vec<_> =
                names.iter().filter_map(|name| rest.remove(*name).map(|value| dotenv::line(name, &value))).collect();
            if !lines.is_empty() {
                text += &format!("\n# {comment}\n{}\n", lines.join("\n"));
            }
        }
        if !rest.is_empty() {
            let lines: Vec<_> = rest.iter().map(|(name, value)| dotenv::line(name, value)).collect();
            text += &format!("\n{OWN_HEADING}\n{}\n", lines.join("\n"));
        }
        text
    }
}

/// The project's root folder.
pub fn project() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder.parent().unwrap_or(folder).to_owned()
}

/// A variable of the environment; `None` when it is unset, empty or not text.
#[expect(clippy::disallowed_methods, reason = "the one place of the local stack that reads the environment")]
pub fn environment_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Every variable of the environment that is text.
#[expect(clippy::disallowed_methods, reason = "the one place of the local stack that reads the environment")]
fn environment() -> impl Iterator<Item = (String, String)> {
    let all = std::env::vars_os();
    all.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::Settings;
    use std::fs;

    #[test]
    fn secrets_and_own_lines_outlive_a_rewrite() {
        let folder = std::env::temp_dir().join(format!("local-settings-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(".env.local"), "STRIPE_SECRET_KEY=sk_test_mine\nUSER_PASSWORD=kept\n").unwrap();
        let mut first = Settings::load(&folder).unwrap();
        first.fill().unwrap();
        first.set("DATABASE_URL", "postgres://a:b@127.0.0.1:1/c");
        first.save().unwrap();
        let mut second = Settings::load(&folder).unwrap();
        second.fill().unwrap();
        assert_eq!(first.values, second.values);
        assert_eq!(second.values["USER_PASSWORD"], "kept");
        assert_eq!(second.values["STRIPE_SECRET_KEY"], "sk_test_mine");
        assert_eq!(second.values["API_KEY"].len(), "sk_test_".len() + 43);
        fs::remove_dir_all(&folder).unwrap();
    }
}
