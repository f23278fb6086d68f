//! The runner against a real PostgreSQL: each test makes a database of its own and drops it.

#[cfg(test)]
mod checking_files;
#[cfg(test)]
mod connecting;
#[cfg(test)]
mod contention;
#[cfg(test)]
mod deploying;
#[cfg(test)]
mod doctoring;
#[cfg(test)]
mod drifting;
#[cfg(test)]
mod interrupted;
#[cfg(test)]
mod no_transaction;
#[cfg(test)]
mod planning;
#[cfg(test)]
mod reconciling;
#[cfg(test)]
mod rehearsing;
#[cfg(test)]
mod resolving;
#[cfg(test)]
mod seeding;
#[cfg(test)]
mod seeding_places;
#[cfg(test)]
mod seeding_sets;
#[cfg(test)]
mod seeding_tests;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod support;
#[cfg(test)]
mod two_at_once;
#[cfg(test)]
mod vacuuming;
#[cfg(test)]
mod way_back;
