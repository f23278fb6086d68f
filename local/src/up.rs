//! `cargo dev up`: the whole stack, until Ctrl-C.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use crate::{
    console::{Step, note, say},
    data_folder::DataFolder,
    error::{Doing, LocalError},
    error_watch::ErrorWatch,
    functions,
    lambda::{Bundle, BundleSettings, Schedules},
    pgbouncer::PRODUCTION_POOL,
    server_user::{ServerUser, private_folder},
    servers::{ServerSettings, Servers, logs},
    settings::{Settings, project},
    stripe_stand_in::{self, StandIn},
};

const DATABASE: &str = "spike_land";
/// More than one person and a browser use at once.
const INSTANCES_PER_FUNCTION: usize = 4;

/// Options of `cargo dev up`.
#[derive(Debug, Args)]
pub struct UpOptions {
    /// The port of the API on 127.0.0.1
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The folder that keeps the data between runs [default: .dev/data in the project]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Starts over with an empty data folder
    #[arg(long)]
    pub fresh: bool,
    /// Builds the functions as they are deployed: optimised, slower to build
    #[arg(long)]
    pub release: bool,
}

/// What runs, in the order in which it is stopped.
struct Stack {
    _errors: ErrorWatch,
    schedules: Schedules,
    bundle: Bundle,
    stripe: Option<StandIn>,
    servers: Servers,
    data: DataFolder,
}

/// Starts everything and runs until Ctrl-C or SIGTERM.
///
/// # Errors
/// One sentence about the first thing that doesn't work. What was started until then is stopped.
pub async fn up(options: UpOptions) -> Result<(), LocalError> {
    let mut settings = Settings::load(&project())?;
    let stack = tokio::select! {
        stack = start(&options, &mut settings) => stack?,
        // Servers that were started end with the future that started them.
        stopped = interrupted() => {
            note("Stopping …");
            return stopped;
        }
    };
    introduce(&stack, &settings);
    interrupted().await?;

    note("Stopping …");
    tokio::select! {
        stopped = stop(stack) => stopped,
        // The second Ctrl-C doesn't wait.
        hurried = interrupted() => hurried,
    }
}

async fn start(options: &UpOptions, settings: &mut Settings) -> Result<Stack, LocalError> {
    let project = project();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    check_port(listen)?;
    let user = ServerUser::choose()?;
    let data = match &options.data {
        Some(path) => DataFolder::take(path, options.fresh, user.as_ref())?,
        None => DataFolder::take(&DataFolder::default_path(&project, user.as_ref()), options.fresh, user.as_ref())?,
    };
    settings.fill()?;

    let servers = start_servers(data.path(), user, settings).await?;
    let stripe = stand_in(settings).await?;
    let stripe_url = stripe.as_ref().map(|stripe| stripe.url().to_owned()).or_else(|| settings.get("STRIPE_API_URL"));

    note("Building the functions …");
    let names = functions::names(&project)?;
    let binaries = functions::build(&project, &names, options.release).await?;

    let logs = logs(data.path());
    let errors = ErrorWatch::start(&logs, &names);
    let bundle = Bundle::start(BundleSettings {
        template: project.join("template.yaml"),
        binaries,
        environment: settings.for_functions(),
        extra_environment: of_lambda(settings)
            .chain(stripe_url.map(|url| ("STRIPE_API_URL".to_owned(), url)))
            .collect(),
        listen,
        logs: Some(logs),
        instances_per_function: INSTANCES_PER_FUNCTION,
    })
    .await?;

    let step = Step::start("Migrating and seeding the database …");
    bundle.invoke("migrate", json!({ "action": "deploy" })).await?;
    let seeds = json!({ "action": "seed", "name": "main,vouchers,merch,box-tiers", "users": people(settings)? });
    bundle.invoke("migrate", seeds).await?;
    step.done("The database is migrated and seeded");

    settings.set("API_URL", bundle.url());
    if let Some(stripe) = &stripe {
        let secrets = settings.require("STRIPE_WEBHOOK_SECRET")?;
        stripe.deliver_to(&bundle.url(), secrets.split(',').next().unwrap_or_default());
    }
    for person in ["USER", "ADMIN"] {
        let token = sign_in(&bundle.url(), settings, person).await?;
        settings.set(&format!("{person}_TOKEN"), token);
    }
    settings.save()?;
    let schedules = bundle.run_schedules();
    Ok(Stack { _errors: errors, schedules, bundle, stripe, servers, data })
}

/// A stand-in for Stripe, unless the person has a test key of their own account.
async fn stand_in(settings: &mut Settings) -> Result<Option<StandIn>, LocalError> {
    const NAME: &str = "STRIPE_SECRET_KEY";
    if settings.get(NAME).is_some_and(|key| key != stripe_stand_in::KEY) {
        return Ok(None);
    }
    settings.set(NAME, stripe_stand_in::KEY);
    Ok(Some(StandIn::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?))
}

/// Says it before anything is built, and with the way out.
fn check_port(listen: SocketAddr) -> Result<(), LocalError> {
    match TcpListener::bind(listen) {
        Ok(_free) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(LocalError::said(format!(
            "Port {} is in use by another program: stop it, or choose another port with --port.",
            listen.port()
        ))),
        Err(error) => Err(error).doing(|| format!("listen on port {} (choose another with --port)", listen.port())),
    }
}

async fn start_servers(
    folder: &Path,
    user: Option<ServerUser>,
    settings: &mut Settings,
) -> Result<Servers, LocalError> {
    let access_key = (settings.require("AWS_ACCESS_KEY_ID")?, settings.require("AWS_SECRET_ACCESS_KEY")?);
    let servers = Servers::start(ServerSettings {
        folder: folder.to_owned(),
        user,
        durable: true,
        pool: PRODUCTION_POOL,
        access_key,
    })
    .await?;
    if !servers.postgres.has_database(DATABASE).await? {
        servers.postgres.create_database(DATABASE, None).await?;
    }
    // Which statements are slow. Not every installation can count them.
    let counted = "create extension if not exists pg_stat_statements";
    let _ = servers.postgres.connect(DATABASE).await?.batch_execute(counted).await;
    servers.object_store.create_bucket(&settings.require("S3_BUCKET")?)?;
    servers.object_store.create_bucket(&settings.require("BACKUP_BUCKET")?)?;
    settings.set("DATABASE_URL", servers.pooled_url(DATABASE));
    settings.set("DIRECT_URL", servers.postgres.url(DATABASE));
    settings.set("MONITOR_URL", servers.monitor_url(DATABASE));
    settings.set("S3_ENDPOINT", servers.object_store.url());
    // Not through the environment: mails of this stack go to nobody's real address.
    settings.set("MAIL_URL", mail_url(&mails(folder))?);
    // A run that stops half-way leaves the file such that `psql` works.
    settings.save()?;
    Ok(servers)
}

/// What Lambda gives to every function by itself, and where the object store is instead of Amazon's.
fn of_lambda(settings: &Settings) -> impl Iterator<Item = (String, String)> {
    let names = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "S3_ENDPOINT", "PG_BIN"];
    settings.for_functions().into_iter().filter(move |(name, _)| names.contains(&name.as_str()))
}

/// Where mails land.
fn mails(data: &Path) -> PathBuf {
    data.join("mail")
}

/// The way into the folder. Functions run as the present user, also where servers do not, and nobody else may read mails.
fn mail_url(folder: &Path) -> Result<String, LocalError> {
    private_folder(folder, None)?;
    let url = Url::from_file_path(folder);
    url.map(String::from).map_err(|()| LocalError::said(format!("{} is no absolute path.", folder.display())))
}

/// Whom to seed: an ordinary user with an API key, and an administrator.
fn people(settings: &Settings) -> Result<Value, LocalError> {
    Ok(json!([
        {
            "email": settings.require("USER_EMAIL")?,
            "password": settings.require("USER_PASSWORD")?,
            "role": "USER",
            "name": "Ada",
            "apiKey": settings.require("API_KEY")?,
        },
        {
            "email": settings.require("ADMIN_EMAIL")?,
            "password": settings.require("ADMIN_PASSWORD")?,
            "role": "ADMIN",
            "name": "Administrator",
        },
    ]))
}

async fn sign_in(url: &str, settings: &Settings, person: &str) -> Result<String, LocalError> {
    let email = settings.require(&format!("{person}_EMAIL"))?;
    let password = settings.require(&format!("{person}_PASSWORD"))?;
    let request = reqwest::Client::new()
        .post(format!("{url}/api/auth/mobile/signin"))
        .json(&json!({ "email": email, "password": password }));
    let response = request.send().await?;
    let status = response.status();
    let text = response.text().await?;
    let answer: Value = serde_json::from_str(&text).unwrap_or_default();
    answer["token"].as_str().map(str::to_owned).ok_or_else(|| {
        LocalError::said(format!(
            "{email} could not sign in: {status} {text}. If the password in .env.local is not the seeded one, start over with --fresh."
        ))
    })
}

fn introduce(stack: &Stack, settings: &Settings) {
    let url = stack.bundle.url();
    let value = |name: &str| settings.get(name).unwrap_or_default();
    let (email, token) = (value("USER_EMAIL"), value("USER_TOKEN"));
    let (checkout, payments) = (
        format!(
            "curl {url}/api/stripe/checkout -H 'Authorization: Bearer {token}' -d '{{\"mode\":\"payment\",\"packageId\":\"pro\"}}'"
        ),
        stack.stripe.as_ref().map_or("Stripe itself, with your test key".to_owned(), |stripe| {
            format!("a stand-in of ours at {}: no money moves", stripe.url())
        }),
    );
    let balance = format!("curl {url}/api/tokens/balance -H 'Authorization: Bearer {token}'");
    say(format!(
        "
API             {url}
Documentation   {url}/docs
User            {email}, password {}
Administrator   {}, password {}
Settings        {}
Data, logs      {}, {}
Mails           land in {}
Payments        {payments}
By the clock    {} schedules of template.yaml, in UTC; what they did is in the table job_runs

Try:
  curl {url}/api/health
  {balance}
  cargo dev buy pro --as {email} && {balance}
  {checkout}   # open its url and pay

Ctrl-C stops everything.",
        value("USER_PASSWORD"),
        value("ADMIN_EMAIL"),
        value("ADMIN_PASSWORD"),
        settings.file().display(),
        stack.data.path().display(),
        logs(stack.data.path()).display(),
        mails(stack.data.path()).display(),
        stack.schedules.count(),
    ));
}

async fn stop(stack: Stack) -> Result<(), LocalError> {
    let Stack { _errors, schedules, bundle, stripe, servers, data } = stack;
    drop(schedules);
    bundle.stop().await;
    drop(stripe);
    servers.stop().await?;
    drop(data);
    Ok(())
}

/// Waits for Ctrl-C, SIGTERM or a closed terminal.
async fn interrupted() -> Result<(), LocalError> {
    let listen = |kind| signal(kind).doing(|| "listen for signals");
    let (mut interrupt, mut terminate, mut hangup) =
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}
