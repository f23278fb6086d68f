//! Amounts of tokens, so that they are never mistaken for money or a count of rows, and what work costs.

use std::num::NonZeroU32;
use std::ops::Neg;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whole tokens. Signed: a ledger entry that spends is negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Tokens(pub i64);

impl Neg for Tokens {
    type Output = Tokens;

    fn neg(self) -> Tokens {
        Tokens(-self.0)
    }
}

/// What something costs: at least one token. What is free has no cost and is not spent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(NonZeroU32);

impl Cost {
    /// `tokens`; `None` for 0.
    pub const fn new(tokens: u32) -> Option<Self> {
        match NonZeroU32::new(tokens) {
            Some(tokens) => Some(Cost(tokens)),
            None => None,
        }
    }

    /// The same for each of `count`, paid for at once; `None` when that is more than can be counted.
    pub const fn times(self, count: NonZeroU32) -> Option<Self> {
        match self.0.checked_mul(count) {
            Some(tokens) => Some(Cost(tokens)),
            None => None,
        }
    }

    /// As an amount.
    pub fn tokens(self) -> Tokens {
        Tokens(self.0.get().into())
    }
}

/// How large an image comes out, of an enhancement or an agent's generation alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobTier {
    /// 1024 pixels, for nothing.
    Free,
    /// 1024 pixels.
    #[serde(rename = "TIER_1K")]
    OneK,
    /// 2048 pixels.
    #[serde(rename = "TIER_2K")]
    TwoK,
    /// 4096 pixels.
    #[serde(rename = "TIER_4K")]
    FourK,
}

impl JobTier {
    /// Of one image; `None` when it is free.
    pub const fn cost(self) -> Option<Cost> {
        Cost::new(match self {
            JobTier::Free => 0,
            JobTier::OneK => 2,
            JobTier::TwoK => 5,
            JobTier::FourK => 10,
        })
    }

    /// The longer side of the image, at the most, in pixels.
    pub const fn pixels(self) -> u32 {
        match self {
            JobTier::Free | JobTier::OneK => 1_024,
            JobTier::TwoK => 2_048,
            JobTier::FourK => 4_096,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_costs_what_its_tier_says() {
        for (name, tokens, pixels) in
            [("FREE", 0, 1_024), ("TIER_1K", 2, 1_024), ("TIER_2K", 5, 2_048), ("TIER_4K", 10, 4_096)]
        {
            let tier: JobTier = serde_json::from_value(name.into()).unwrap();
            assert_eq!(tier.cost(), Cost::new(tokens), "{name}");
            assert_eq!(tier.pixels(), pixels, "{name}");
            assert_eq!(serde_json::to_value(tier).unwrap(), name);
        }
        assert_eq!(JobTier::Free.cost(), None);
    }

    #[test]
    fn many_cost_as_many_times() {
        let count = |count| NonZeroU32::new(count).unwrap();
        let cost = JobTier::TwoK.cost().unwrap();
        assert_eq!(cost.times(count(20)), Cost::new(100));
        assert_eq!(cost.times(count(u32::MAX)), None);
    }
}
