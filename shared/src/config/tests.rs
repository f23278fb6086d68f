use super::*;

fn config(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let base = [("ENVIRONMENT", "production")];
    Config::from_variables(base.iter().chain(pairs).map(|(k, v)| (k.to_string(), v.to_string())).collect())
}

fn message<T: std::fmt::Debug>(result: Result<T, ConfigError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_missing_or_malformed_variable_is_named_in_one_line() {
    assert!(message(Config::from_variables(HashMap::new())).starts_with("configuration: ENVIRONMENT is missing"));
    assert!(message(config(&[("ENVIRONMENT", "prod")])).contains("ENVIRONMENT must be one of"));
    assert!(message(config(&[("LOG_LEVEL", "loud")])).contains("LOG_LEVEL"));
    assert!(message(config(&[("CLOCK_FILE", "/tmp/c")])).contains("CLOCK_FILE"));
    let config = config(&[
        ("AUTH_SECRET", "short"),
        ("APP_URL", "spike.land"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_0123456789abcdef,sk_live_1"),
        ("DATABASE_URL", "mysql://u:secretword@h/d"),
    ])
    .unwrap();
    for (said, name) in [
        (message(config.auth_secret()), "AUTH_SECRET is too short"),
        (message(config.user_id_salt()), "AUTH_SECRET"),
        (message(config.app_url()), "APP_URL must be"),
        (message(config.stripe_webhook_secrets()), "STRIPE_WEBHOOK_SECRET must be"),
        (message(config.database_url()), "DATABASE_URL"),
        (message(config.direct_url()), "DIRECT_URL is missing"),
    ] {
        assert!(said.contains(name), "{said}");
        assert!(!said.contains("secretword") && !said.contains('\n'), "{said}");
    }
}

#[test]
fn production_needs_tls_to_its_database() {
    let url = |mode: &str| config(&[("DATABASE_URL", &format!("postgresql://u:p@h/d{mode}"))]).unwrap().database_url();
    for weak in ["", "?sslmode=disable", "?sslmode=prefer"] {
        assert!(message(url(weak)).contains("without TLS"), "{weak}");
    }
    assert!(url("?sslmode=require").is_ok());
    assert!(url("?sslmode=verify-full").is_ok());
}

#[test]
fn real_money_is_for_production_and_production_asks_stripe_itself() {
    let of =
        |environment: &str, name: &str, value: &str| config(&[("ENVIRONMENT", environment), (name, value)]).unwrap();
    let key = |environment: &str, value: &str| of(environment, "STRIPE_SECRET_KEY", value).stripe_secret_key();
    assert!(key("production", "sk_live_1").is_ok() && key("production", "rk_live_1").is_ok());
    assert!(key("staging", "sk_test_1").is_ok() && key("test", "rk_test_1").is_ok());
    for environment in ["staging", "development", "test"] {
        let said = message(key(environment, "sk_live_secretword"));
        assert!(said.contains("STRIPE_SECRET_KEY is for real money") && !said.contains("secretword"), "{said}");
    }
    assert!(message(key("production", "pk_live_1")).contains("STRIPE_SECRET_KEY must be"));
    assert!(message(key("production", "")).contains("STRIPE_SECRET_KEY is missing"));

    let url = |environment: &str, value: &str| of(environment, "STRIPE_API_URL", value).stripe_api_url();
    assert_eq!(url("production", "").unwrap().as_str(), "https://api.stripe.com/");
    assert_eq!(url("test", "http://127.0.0.1:12111").unwrap().port(), Some(12111));
    for environment in ["production", "staging"] {
        assert!(message(url(environment, "http://127.0.0.1:12111")).contains("leads away from Stripe"));
    }
    assert!(message(url("test", "127.0.0.1")).contains("STRIPE_API_URL must be"));
}

#[cfg(feature = "mail")]
#[test]
fn mail_leaves_by_a_way_that_fits_the_environment() {
    let mail = |environment: &str, url: &str| {
        let pairs = [("ENVIRONMENT", environment), ("MAIL_URL", url), ("MAIL_FROM", "Spike Land <hello@spike.land>")];
        config(&pairs).unwrap().mail()
    };
    let good = "smtps://user:secretword@mail.example.com";
    assert!(!format!("{:?}", mail("production", good).unwrap()).contains("secretword"));
    assert!(mail("production", "smtp://mail.example.com?tls=required").is_ok());
    assert!(mail("test", "smtp://127.0.0.1:2525").is_ok() && mail("development", "file:///tmp/mail").is_ok());
    for (environment, url, problem) in [
        ("production", "", "MAIL_URL is missing"),
        ("production", "smtp://user:secretword@mail.example.com", "MAIL_URL would send without TLS"),
        ("production", "file:///tmp/mail", "MAIL_URL is a folder"),
        ("staging", "file:///tmp/mail", "MAIL_URL is a folder"),
        ("test", "user:secretword@mail.example.com", "MAIL_URL"),
    ] {
        let said = message(mail(environment, url));
        assert!(said.contains(problem) && !said.contains("secretword") && !said.contains('\n'), "{said}");
    }
    assert!(message(config(&[("MAIL_URL", good)]).unwrap().mail()).contains("MAIL_FROM is missing"));
    let named = config(&[("MAIL_URL", good), ("MAIL_FROM", "Spike Land")]).unwrap();
    assert!(message(named.mail()).contains("MAIL_FROM must be"));
}

#[test]
fn ops_09_a_secret_may_come_in_a_file() {
    let file = std::env::temp_dir().join(format!("config-secret-{}", std::process::id()));
    std::fs::write(&file, "postgresql://u:hunter2@h/d?sslmode=require\n").unwrap();
    let path = file.display().to_string();
    let read = config(&[("DATABASE_URL_FILE", &path)]).unwrap();
    assert_eq!(read.database_url().unwrap().place(), "h:5432/d");
    assert!(read.database_source().is_ok());
    assert!(!format!("{read:?}").contains("hunter2"));
    let both = message(config(&[("DATABASE_URL_FILE", &path), ("DATABASE_URL", "postgresql://u:hunter2@h/d")]));
    assert!(both.contains("DATABASE_URL is set, and so is DATABASE_URL_FILE") && !both.contains("hunter2"), "{both}");
    std::fs::remove_file(&file).unwrap();
    let gone = message(config(&[("AUTH_SECRET_FILE", &path)]));
    assert!(gone.contains("AUTH_SECRET cannot be read from the file that AUTH_SECRET_FILE names"), "{gone}");
    // Without a meaning as a secret, nothing is read.
    assert!(config(&[("SSL_CERT_FILE", "/nowhere"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere")]).is_ok());
}

#[test]
fn ops_09_a_url_in_secrets_manager_is_asked_for_when_it_is_needed() {
    let lambda = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let arn = ("DATABASE_URL_ARN", "arn:aws:secretsmanager:eu-west-2:1:secret:database:pooled_url");
    assert!(config(&[lambda[0], lambda[1], arn]).unwrap().database_source().is_ok());
    let known = ("DATABASE_URL", "postgresql://u:p@h/d?sslmode=require");
    assert!(config(&[lambda[0], lambda[1], arn, known]).unwrap().database_source().is_ok());
    let missing = |pairs: &[(&str, &str)]| message(config(pairs).unwrap().database_source().map(drop));
    assert!(missing(&[arn]).contains("AWS_ACCESS_KEY_ID is missing"));
    assert!(missing(&[]).contains("DATABASE_URL is missing"));
    let weak = ("DATABASE_URL", "postgresql://u:p@h/d");
    assert!(missing(&[lambda[0], lambda[1], arn, weak]).contains("without TLS"));
}

#[test]
fn ops_56_maintenance_is_on_or_off() {
    let mode = |value: &str| config(&[("MAINTENANCE_MODE", value)]).unwrap().maintenance_mode();
    assert_eq!((mode(""), mode("off"), mode("on")), (Ok(false), Ok(false), Ok(true)));
    assert!(message(mode("yes")).contains("MAINTENANCE_MODE must be on or off"));
}
