use super::*;

fn parsed(url: &str) -> DatabaseUrl {
    DatabaseUrl::parse(url).unwrap_or_else(|problem| panic!("{url}: {problem}"))
}

#[test]
fn ops_03_the_forms_that_providers_hand_out_are_understood() {
    for (url, tls, place) in [
        // One machine.
        (
            "postgresql://postgres:password@localhost:5432/spike_land?schema=public",
            TlsMode::Off,
            "localhost:5432/spike_land",
        ),
        ("postgresql://postgres:password@localhost:5432/spike_land", TlsMode::Off, "localhost:5432/spike_land"),
        ("postgresql://u:p@[::1]:5432/d", TlsMode::Off, "::1:5432/d"),
        // PgBouncer.
        ("postgresql://user:password@host:6543/db?pgbouncer=true", TlsMode::Off, "host:6543/db"),
        // Supabase: direct, its pooler, and as Vercel hands it on.
        (
            "postgresql://postgres:pw@db.ref.supabase.co:5432/postgres?pgbouncer=true",
            TlsMode::Off,
            "db.ref.supabase.co:5432/postgres",
        ),
        (
            "postgres://postgres.ref:pw@aws-0-eu-west-2.pooler.supabase.com:6543/postgres?sslmode=require&supa=base-pooler.x",
            TlsMode::Require { roots: None },
            "aws-0-eu-west-2.pooler.supabase.com:6543/postgres",
        ),
        // Neon: its pooler, and a client that cannot say whom it wants by TLS.
        (
            "postgresql://u:p@ep-x-pooler.eu.aws.neon.tech/neondb?sslmode=require&channel_binding=require",
            TlsMode::Require { roots: None },
            "ep-x-pooler.eu.aws.neon.tech:5432/neondb",
        ),
        (
            "postgresql://u:p@ep-x.eu.aws.neon.tech/neondb?options=endpoint%3Dep-x&sslmode=verify-full&sslrootcert=system",
            TlsMode::VerifyFull { roots: None },
            "ep-x.eu.aws.neon.tech:5432/neondb",
        ),
        // Railway: its proxy, and inside its network.
        (
            "postgres://u:p%40ss@monorail.proxy.rlwy.net:1234/railway?connection_limit=1&pool_timeout=0",
            TlsMode::Off,
            "monorail.proxy.rlwy.net:1234/railway",
        ),
        (
            "postgresql://postgres:pw@postgres.railway.internal:5432/railway",
            TlsMode::Off,
            "postgres.railway.internal:5432/railway",
        ),
        // RDS.
        (
            "postgresql://u:p@x.rds.amazonaws.com/db?sslmode=verify-full&sslrootcert=/ca.pem",
            TlsMode::VerifyFull { roots: Some("/ca.pem".to_owned()) },
            "x.rds.amazonaws.com:5432/db",
        ),
        (
            "postgresql://u:p@x.rds.amazonaws.com/db?sslmode=require&sslaccept=strict",
            TlsMode::VerifyFull { roots: None },
            "x.rds.amazonaws.com:5432/db",
        ),
        // Node's drivers.
        ("postgres://u:p@h/d?ssl=true", TlsMode::Require { roots: None }, "h:5432/d"),
        ("postgres://u:p@h/d?sslmode=no-verify", TlsMode::Require { roots: None }, "h:5432/d"),
        ("postgres://u:p@h/d?sslmode=verify-ca&ssl=true", TlsMode::VerifyAuthority { roots: None }, "h:5432/d"),
        ("postgres://u:p@h/d?ssl=false&sslmode=disable", TlsMode::Off, "h:5432/d"),
        // A primary among several.
        (
            "postgresql://u:p@a:5432,b:5433/db?target_session_attrs=read-write&application_name=my+app",
            TlsMode::Off,
            "a,b:5432,5433/db",
        ),
    ] {
        let parsed = parsed(url);
        assert_eq!((parsed.tls(), parsed.place().as_str()), (&tls, place), "{url}");
        assert_eq!(parsed.requires_tls(), tls != TlsMode::Off, "{url}");
    }
    assert!(parsed("postgresql://u:p@h/d?pgbouncer=true").says_pooled());
    assert!(!parsed("postgresql://u:p@h/d?pgbouncer=false").says_pooled());
}

#[test]
fn ops_03_user_and_password_are_percent_decoded() {
    let url = parsed("postgresql://spike%40land:p%40ss%2Fw%3Ard%3F%23%25%20%C3%A9@h/d%20b?schema=public");
    let driver = url.driver_config();
    assert_eq!(driver.get_user(), Some("spike@land"));
    assert_eq!(driver.get_password(), Some("p@ss/w:rd?#% é".as_bytes()));
    assert_eq!(driver.get_dbname(), Some("d b"));
    let neon = parsed("postgresql://u:p@h/d?options=endpoint%3Dep-x%20-c%20a%3Db");
    assert_eq!(neon.driver_config().get_options(), Some("endpoint=ep-x -c a=b"));
}

#[test]
fn ops_03_what_cannot_be_meant_is_refused_without_repeating_the_password() {
    for (bad, says) in [
        ("", "must start with postgresql://"),
        ("localhost/spike", "must start with"),
        ("mysql://u:hunter2@h/d", "must start with"),
        ("postgresql://u:hunter2@h:port/d", "cannot be read"),
        ("postgresql:///d?user=u", "names no host"),
        ("postgresql://u:hunter2@h/d?schema=other", "schema=other"),
        ("postgresql://u:hunter2@h/d?sslmode=maybe", "sslmode=maybe"),
        ("postgresql://u:hunter2@h/d?surprise=1", "surprise"),
        ("postgresql://u:hunter2@h/d?sslcert=/c.pem", "sslcert"),
        ("postgresql://postgres:[YOUR-PASSWORD]@db.ref.supabase.co:5432/postgres", "still has [YOUR-PASSWORD]"),
    ] {
        let said = DatabaseUrl::parse(bad).unwrap_err();
        assert!(said.contains(says) && !said.contains("hunter2"), "{bad}: {said}");
    }
    assert!(!format!("{:?}", parsed("postgresql://u:hunter2@h/d")).contains("hunter2"));
}
