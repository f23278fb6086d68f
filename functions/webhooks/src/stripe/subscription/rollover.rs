//! What becomes of a plan's tokens from month to month. Plan tokens are spent before bought ones; those that are left over
//! are kept up to the plan's limit, the others expire. Bought tokens never do.

/// The plan's tokens that a person still has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    pub tokens: i64,
}

/// Which month a grant is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Month {
    First,
    Next,
    /// A later one has been granted before: the events came in another order.
    Earlier,
}

impl Pool {
    /// What is left after `spent` more.
    pub fn after(self, spent: i64) -> Self {
        Pool { tokens: (self.tokens - spent.max(0)).max(0) }
    }

    /// The pool with a month's tokens more, and how many expire.
    pub fn granted(self, month: Month, tokens: i64, keeps: Option<i64>) -> (Self, i64) {
        let keeps = keeps.unwrap_or(i64::MAX);
        let (carried, fresh) = match month {
            Month::First => return (Pool { tokens: self.tokens + tokens }, 0),
            Month::Next => (self.tokens, tokens),
            // Then what is here is the later month's and what was carried into it.
            Month::Earlier => {
                let fresh = self.tokens.min(tokens);
                (self.tokens - fresh + tokens, fresh)
            }
        };
        let kept = carried.min(keeps);
        (Pool { tokens: kept + fresh }, carried - kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(months: &[Month], keeps: Option<i64>) -> (i64, i64) {
        months.iter().fold((0, 0), |(tokens, expired), month| {
            let (pool, more) = Pool { tokens }.granted(*month, 30, keeps);
            (pool.tokens, expired + more)
        })
    }

    #[test]
    fn what_the_plan_does_not_keep_expires() {
        use Month::{Earlier, First, Next};
        assert_eq!(run(&[First], Some(30)), (30, 0));
        assert_eq!(run(&[First, Next], Some(30)), (60, 0));
        assert_eq!(run(&[First, Next, Next], Some(30)), (60, 30));
        assert_eq!(run(&[First, Next, Next], None), (90, 0));
        // The same months in other orders.
        for order in [[Next, Next, Earlier], [Next, Earlier, Earlier], [First, Next, Earlier]] {
            assert_eq!(run(&order, Some(30)), (60, 30), "{order:?}");
        }
    }

    #[test]
    fn plan_tokens_are_spent_first() {
        assert_eq!(Pool { tokens: 60 }.after(25), Pool { tokens: 35 });
        assert_eq!(Pool { tokens: 60 }.after(100), Pool { tokens: 0 });
        assert_eq!(Pool { tokens: 60 }.after(-5), Pool { tokens: 60 });
        let (pool, expired) = Pool { tokens: 60 }.after(50).granted(Month::Next, 30, Some(30));
        assert_eq!((pool.tokens, expired), (40, 0));
    }
}
