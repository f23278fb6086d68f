//! The runner against a real PostgreSQL: each test makes a database of its own and drops it.

#[cfg(test)]
mod connecting;
#[cfg(test)]
mod contention;
#[cfg(test)]
mod deploying;
#[cfg(test)]
mod interrupted;
#[cfg(test)]
mod no_transaction;
#[cfg(test)]
mod reconciling;
#[cfg(test)]
mod seeding;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod support;
#[cfg(test)]
mod two_at_once;
