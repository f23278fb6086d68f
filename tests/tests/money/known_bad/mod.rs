//! Ways to write this wrong, each beside the right code, in the same scenario and before the same question. The right code
//! answers it, and the wrong one has to fail at it: a check that has never failed proves nothing. One test is one variant,
//! so the score is what `cargo dev test known_bad` counts as passed.
//!
//! A wrong statement is ours with the defect put into its text, so that nothing else differs. A wrong handler is a small
//! one of the test's, which is asked once without its defect, too.

mod arriving;
mod counting;
mod requests;
mod retrying;
mod signing;
mod subscribing;
mod wallets;

use std::fmt::Debug;

use tests::Stack;

/// Asks the same of what the right code left and of what the wrong one left.
#[track_caller]
fn caught<T: Debug>(passes: impl Fn(&T) -> bool, right: &[T], wrong: &T) {
    for outcome in right {
        assert!(passes(outcome), "the right code fails: {outcome:?}");
    }
    assert!(!passes(wrong), "the wrong code passes: {wrong:?}");
}

/// The statement `name` of one of our own sources.
fn statement_in(source: &'static str, name: &str) -> &'static str {
    let (_, rest) = source.split_once(&format!("const {name}: &str = \"")).unwrap();
    rest.split_once("\";").unwrap().0
}

/// The same with a defect: this part of it replaced by that.
fn with_defect(sql: &str, (part, other): (&str, &str)) -> &'static str {
    assert_eq!(sql.matches(part).count(), 1, "{part:?} does not stand once in {sql}");
    sql.replace(part, other).leak()
}

/// Everything that a test has left, right or wrong: what follows it checks what is there.
async fn forget(stack: &Stack) {
    stack.sql("truncate users, vouchers, stripe_events cascade").await;
}
