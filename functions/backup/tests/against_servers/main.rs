//! Backups against a real PostgreSQL, the real `pg_dump` and a real S3 server: each test has a database and a bucket of its own.

#[cfg(test)]
mod damaged;
#[cfg(test)]
mod failing;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod point_in_time;
#[cfg(test)]
mod recovering;
#[cfg(test)]
mod reporting;
#[cfg(test)]
mod restoring;
#[cfg(test)]
mod support;
#[cfg(test)]
mod taking;
