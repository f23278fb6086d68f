//! What is for sale. Prices come from the catalogue, never from a request.

use tokio_postgres::Row;

use crate::database::Statement;
use crate::error::ApiError;

/// Packages, plans and tiers.
pub struct Catalogue(Vec<Offer>);

/// The kinds of things for sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Tokens, paid once.
    Package,
    /// Tokens every month.
    Plan,
    /// A larger well, every month.
    Tier,
}

impl What {
    fn as_str(self) -> &'static str {
        match self {
            What::Package => "package",
            What::Plan => "plan",
            What::Tier => "tier",
        }
    }
}

/// One thing for sale.
pub struct Offer {
    what: String,
    /// Such as `pro` or `PREMIUM`.
    pub code: String,
    /// As people read it.
    pub name: String,
    /// In minor units of `currency`.
    pub amount_minor: i64,
    /// Such as `gbp`.
    pub currency: String,
    /// Of a package, of a month, or of a full well.
    pub tokens: i64,
    /// Monthly tokens that are kept into the next month.
    pub max_rollover: i64,
    /// From the smallest to the largest.
    pub position: i32,
}

/// A dozen rows: all of them are read at once.
pub const CATALOGUE: Statement = Statement::new(
    "select 'package' as what, code, name, amount_minor, currency::text, tokens, 0::bigint as max_rollover, position
       from tokens_packages where active
      union all
     select 'plan', code, name, amount_minor, currency::text, tokens_per_month, max_rollover, position
       from subscription_plans where active
      union all
     select 'tier', tier::text, display_name, price_minor, currency::text, well_capacity, 0, position
       from tiers",
);

impl Catalogue {
    /// The rows of [`CATALOGUE`].
    ///
    /// # Errors
    /// A column is missing.
    pub fn of(rows: &[Row]) -> Result<Self, ApiError> {
        let offer = |row: &Row| {
            Ok(Offer {
                what: row.try_get("what")?,
                code: row.try_get("code")?,
                name: row.try_get("name")?,
                amount_minor: row.try_get("amount_minor")?,
                currency: row.try_get("currency")?,
                tokens: row.try_get("tokens")?,
                max_rollover: row.try_get("max_rollover")?,
                position: row.try_get("position")?,
            })
        };
        Ok(Catalogue(rows.iter().map(offer).collect::<Result<_, ApiError>>()?))
    }

    /// What is for sale under this code.
    pub fn find(&self, what: What, code: &str) -> Option<&Offer> {
        self.0.iter().find(|offer| offer.what == what.as_str() && offer.code == code)
    }
}
