//! What is on sale by the month. What a subscription grants is read here, never from the event.

use shared::{ApiError, Statement};
use tokio_postgres::Row;

/// A monthly plan.
#[derive(Clone, Debug)]
pub struct Plan {
    pub code: String,
    /// Per month.
    pub tokens: i64,
    pub price: Price,
    /// Monthly tokens that are kept into the next month; all without it.
    pub keeps: Option<i64>,
}

/// A tier; FREE is the first.
#[derive(Clone, Debug)]
pub struct Tier {
    pub name: String,
    pub capacity: i64,
    pub price: Price,
}

/// Minor units and currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price(pub i64, pub String);

/// A tier's place in the catalogue: a higher one holds more.
pub type Rank = usize;

/// Plans and tiers.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub plans: Vec<Plan>,
    /// Ascending.
    pub tiers: Vec<Tier>,
}

impl Catalogue {
    /// What reads the plans, and the tiers.
    pub fn statements() -> [Statement; 2] {
        [Statement::new(PLANS), Statement::new(TIERS)]
    }

    /// The catalogue in the answers.
    ///
    /// # Errors
    /// A column is missing.
    pub fn of(plans: &[Row], tiers: &[Row]) -> Result<Self, ApiError> {
        let plan = |row: &Row| -> Result<Plan, ApiError> {
            let keeps = Some(row.try_get("max_rollover")?).filter(|keeps| *keeps > 0);
            Ok(Plan { code: row.try_get("code")?, tokens: row.try_get("tokens_per_month")?, price: price(row)?, keeps })
        };
        let tier = |row: &Row| -> Result<Tier, ApiError> {
            Ok(Tier { name: row.try_get("tier")?, capacity: row.try_get("well_capacity")?, price: price(row)? })
        };
        let plans = plans.iter().map(plan).collect::<Result<_, _>>()?;
        Ok(Catalogue { plans, tiers: tiers.iter().map(tier).collect::<Result<_, _>>()? })
    }

    /// The plan of this code.
    pub fn plan(&self, code: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.code == code)
    }

    /// Where the tier of this name is.
    pub fn rank(&self, name: &str) -> Option<Rank> {
        self.tiers.iter().position(|tier| tier.name == name)
    }

    /// The tier that is sold at this price.
    pub fn sold_at(&self, price: &Price) -> Option<Rank> {
        self.tiers.iter().position(|tier| tier.price == *price).filter(|rank| *rank > 0)
    }

    /// The name of a tier.
    pub fn name(&self, rank: Rank) -> &str {
        self.tiers.get(rank).map_or("FREE", |tier| &tier.name)
    }
}

fn price(row: &Row) -> Result<Price, ApiError> {
    Ok(Price(row.try_get("amount_minor")?, row.try_get("currency")?))
}

const PLANS: &str =
    "select code, tokens_per_month, amount_minor, currency::text as currency, max_rollover from subscription_plans";
const TIERS: &str = "
select tier::text as tier, well_capacity, price_minor as amount_minor, currency::text as currency
  from tiers
 order by position";
