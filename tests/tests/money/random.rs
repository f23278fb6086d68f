//! Any sequence of operations by several writers: what the statements answered is what the wallets hold.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use shared::ledger::{Outcome, RefundOutcome};
use shared::{Clock, Database};
use tests::with_stack;

use crate::till::{database, earning, people, post, refund, spending, three_sums};

const WRITERS: u64 = 5;
const STEPS: u64 = 400;
const PEOPLE: u64 = 4;

/// A generator that a printed seed repeats (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }

    fn tokens(&mut self) -> u32 {
        u32::try_from(1 + self.below(12)).unwrap()
    }
}

/// What one writer was told: the net of it by person.
async fn work(database: Database, writer: u64, seed: u64) -> BTreeMap<String, i64> {
    let mut dice = Dice(seed);
    let mut told = BTreeMap::new();
    let mut spends: Vec<(String, String, u32)> = Vec::new();
    for step in 0..STEPS {
        let person = format!("p{}", dice.below(PEOPLE));
        let key = format!("{writer}:{step}");
        let tokens = dice.tokens();
        let amount = i64::from(tokens);
        let made = |outcome| matches!(outcome, Outcome::Posted(_) | Outcome::AlreadyPosted);
        let (person, moved) = match dice.below(10) {
            0..4 => {
                let moved = made(post(&database, || spending(&person, tokens, &key)).await);
                if moved {
                    spends.push((person.clone(), key, tokens));
                }
                (person, if moved { -amount } else { 0 })
            }
            4..6 => (
                person.clone(),
                if made(post(&database, || earning(&person, "EARN_PURCHASE", amount, &key)).await) {
                    amount
                } else {
                    0
                },
            ),
            6 => {
                let adjust = || earning(&person, "EARN_ADMIN_ADJUSTMENT", -amount, &key);
                let moved = made(post(&database, adjust).await);
                (person.clone(), if moved { -amount } else { 0 })
            }
            7 if !spends.is_empty() => {
                // The same movement again: it is known.
                let (person, key, tokens) = spends[usize::try_from(dice.below(spends.len() as u64)).unwrap()].clone();
                assert_eq!(post(&database, || spending(&person, tokens, &key)).await, Outcome::AlreadyPosted);
                (person, 0)
            }
            _ if !spends.is_empty() => {
                let (person, key, spent) = spends[usize::try_from(dice.below(spends.len() as u64)).unwrap()].clone();
                let part = u16::try_from(1 + dice.below(3)).unwrap();
                let tokens = tokens.min(spent);
                // Nobody else gives this one back, so a repetition of a lost answer is the only way to find it made: the
                // pooler is not restarted here.
                let moved =
                    matches!(refund(&database, &person, &key, Some(part), tokens).await, RefundOutcome::Refunded(_));
                (person, if moved { i64::from(tokens) } else { 0 })
            }
            _ => (person, 0),
        };
        *told.entry(person).or_default() += moved;
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_the_balance_is_the_sum_and_the_last_entry() {
    with_stack(async |stack| {
        people(stack, usize::try_from(PEOPLE).unwrap(), 30).await;
        let nanoseconds = Clock::default().now().as_nanosecond();
        let seed = u64::try_from(nanoseconds & 0xffff_ffff).unwrap() | 1;
        println!("seed {seed}");
        let writers = (0..WRITERS).map(|writer| work(database(stack), writer, seed.wrapping_mul(2 * writer + 3)));
        let told = join_all(writers).await;
        for person in (0..PEOPLE).map(|n| format!("p{n}")) {
            let net: i64 = told.iter().filter_map(|told| told.get(&person)).sum();
            assert_eq!(three_sums(stack, &person).await, [30 + net; 3], "{person}, seed {seed}");
        }
        assert!(
            stack.number("select count(*) from token_transactions where type = 'REFUND'").await > 50,
            "seed {seed}"
        );
    })
    .await;
}
