//! A stack whose functions reach PgBouncer through a proxy that can stop them, a stand-in for Stripe, and the `till`: a
//! function that spends, with a proxy of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use local::connection::Connection;
use local::lambda::{Bundle, BundleSettings};
use local::servers::Servers;
use local::stripe_stand_in::StandIn;
use tests::{AUTH_SECRET, FaultProxy, Given, Person, STRIPE_SECRETS, Stack, own_servers, project, with_stack_of};
use tokio::sync::Mutex;

use crate::deed::Deed;

const TILLS: usize = 3;

/// The functions that move money, but for the till.
pub const FUNCTIONS: [&str; 4] = ["tokens", "webhooks", "admin", "billing"];

/// All that the tests of this program stand on.
pub struct World<'s> {
    pub stack: &'s Stack,
    pub stripe: StandIn,
    pub till: Bundle,
    /// An administrator.
    pub admin: Person,
    wire: FaultProxy,
    till_wire: FaultProxy,
    pub client: reqwest::Client,
    /// A superuser's connection past the pooler; another one when the server has been away.
    database: Mutex<Option<Connection>>,
}

/// Runs `test` in a world of its own.
pub async fn with_world(test: impl AsyncFnOnce(&World<'_>)) {
    in_world(Given::get(), test).await;
}

/// As [`with_world`], on servers that the test may kill.
pub async fn with_own_world(test: impl AsyncFnOnce(&mut Servers, &World<'_>)) {
    let (mut servers, given) = own_servers().await.unwrap();
    in_world(given, async |world| test(&mut servers, world).await).await;
    servers.stop().await.unwrap();
}

async fn in_world(given: Given, test: impl AsyncFnOnce(&World<'_>)) {
    let (account, pooler) = given.pooled.rsplit_once('@').unwrap();
    let pooler: SocketAddr = pooler.parse().unwrap();
    let (wire, till_wire) = (FaultProxy::start(pooler).await.unwrap(), FaultProxy::start(pooler).await.unwrap());
    let stripe = StandIn::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let behind = Given {
        pooled: format!("{account}@{}", wire.address()),
        variables: vec![("STRIPE_API_URL".to_owned(), stripe.url().to_owned())],
        ..given.clone()
    };
    with_stack_of(behind, async |stack| {
        let database = stack.pooled_url.rsplit_once('/').unwrap().1;
        let till = till(&given.binaries, &format!("{account}@{}/{database}", till_wire.address())).await;
        let admin = stack.sign_up("root").await;
        stack.sql("update users set role = 'ADMIN'").await;
        stripe.deliver_to(&stack.bundle.url(), STRIPE_SECRETS[0]);
        let (client, database) = (reqwest::Client::new(), Mutex::default());
        let world = World { stack, stripe, till, admin, wire, till_wire, client, database };
        test(&world).await;
        world.till.stop().await;
    })
    .await;
}

async fn till(binaries: &Path, database_url: &str) -> Bundle {
    let environment = [
        ("ENVIRONMENT", "test"),
        ("LOG_LEVEL", "debug"),
        ("DATABASE_URL", database_url),
        ("AUTH_SECRET", AUTH_SECRET),
        ("APP_URL", "http://localhost:3000"),
        ("FRONT_END_ORIGINS", "http://localhost:3000"),
    ];
    let settings = BundleSettings {
        template: project().join("local/till/template.yaml"),
        binaries: binaries.to_owned(),
        environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        extra_environment: BTreeMap::new(),
        listen: ([127, 0, 0, 1], 0).into(),
        logs: None,
        instances_per_function: TILLS,
    };
    Bundle::start(settings).await.unwrap()
}

impl World<'_> {
    /// Where a function runs, and the proxy between it and the database.
    pub fn place(&self, function: &str) -> (&Bundle, &FaultProxy) {
        match function {
            "till" => (&self.till, &self.till_wire),
            _ => (&self.stack.bundle, &self.wire),
        }
    }

    /// What is kept as a person's balance, without asking the API, which lets it grow.
    pub async fn balance(&self, person: &Person) -> i64 {
        self.number(&format!("select balance from user_token_balances where user_id = '{}'", person.id)).await
    }

    /// Makes a voucher that anybody may redeem.
    pub async fn voucher(&self, code: &str, tokens: i64) {
        let id = code.to_lowercase();
        self.sql(&format!(
            "insert into vouchers (id, code, type, value, created_at)
             values ('vch_{id}', '{code}', 'FIXED_TOKENS', {tokens}, now())"
        ))
        .await;
    }

    /// Somebody whom Stripe knows already, so that a request of theirs for a page asks Stripe for nothing else.
    pub async fn customer(&self, number: usize) -> Person {
        let person = self.stack.sign_up(&format!("customer-{number}")).await;
        Deed::checkout(&person, "first", "starter").ask(self).await.expect(200);
        person
    }

    /// The single number that `query` answers, asked again while the server is down.
    pub async fn number(&self, query: &str) -> i64 {
        self.until_up(query, async |database| database.query_typed(query, &[]).await.ok()?.first()?.try_get(0).ok())
            .await
    }

    /// Runs SQL as the superuser, again while the server is down: it has to bear that.
    pub async fn sql(&self, sql: &str) {
        self.until_up(sql, async |database| database.batch_execute(sql).await.ok()).await;
    }

    async fn until_up<T>(&self, what: &str, attempt: impl AsyncFn(&Connection) -> Option<T>) -> T {
        let mut kept = self.database.lock().await;
        for _ in 0..200 {
            let database = match kept.take() {
                Some(database) => Some(database),
                None => Connection::open(&self.stack.direct_url).await.ok(),
            };
            if let Some(database) = database
                && let Some(answer) = attempt(&database).await
            {
                *kept = Some(database);
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("this has no answer: {what}");
    }
}
