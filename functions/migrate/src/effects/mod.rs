//! What a statement does to the traffic on existing tables: which it locks, how, and what is dangerous about it.
//!
//! Read off its words alone, by the tables of PostgreSQL's manual ("Explicit Locking", "ALTER TABLE").

mod alter_table;
mod cursor;

use serde::Serialize;

use self::cursor::Cursor;
use crate::statements::Statement;

/// A table-level lock of PostgreSQL, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// Data is changed; others go on.
    RowExclusive,
    /// Others read and write, but don't change the schema.
    ShareUpdateExclusive,
    /// Others read.
    Share,
    /// Others read; one such lock at a time.
    ShareRowExclusive,
    /// Nobody else reads or writes.
    AccessExclusive,
}

impl Lock {
    /// PostgreSQL's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RowExclusive => "row exclusive",
            Self::ShareUpdateExclusive => "share update exclusive",
            Self::Share => "share",
            Self::ShareRowExclusive => "share row exclusive",
            Self::AccessExclusive => "access exclusive",
        }
    }

    /// What waits meanwhile.
    pub fn stops(self) -> &'static str {
        match self {
            Self::RowExclusive => "-",
            Self::ShareUpdateExclusive => "schema changes",
            Self::Share | Self::ShareRowExclusive => "writes",
            Self::AccessExclusive => "reads and writes",
        }
    }
}

/// How many rows make a table's danger real.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amount {
    /// Also an empty one.
    None,
    /// Any.
    One,
    /// So many that the lock is felt.
    Many,
}

/// What can go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Danger {
    pub(crate) table: String,
    pub(crate) rows: Amount,
    pub(crate) says: &'static str,
}

/// What a statement does to tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// The table that it makes.
    pub(crate) creates: Option<String>,
    /// The tables that it locks.
    pub(crate) locks: Vec<(String, Lock)>,
    /// What can go wrong.
    pub(crate) dangers: Vec<Danger>,
    /// It runs code that can't be read off the statement.
    pub(crate) opaque: bool,
}

impl Effects {
    /// What a statement does.
    pub(crate) fn of(statement: &Statement) -> Self {
        let mut effects = Self::default();
        // A statement that is cut off has no name where one is due: PostgreSQL refuses it, so it does nothing.
        let _ = effects.read(Cursor::new(&statement.tokens));
        effects
    }

    fn lock(&mut self, table: &str, lock: Lock) {
        self.locks.push((table.to_owned(), lock));
    }

    fn danger(&mut self, table: &str, rows: Amount, says: &'static str) {
        self.dangers.push(Danger { table: table.to_owned(), rows, says });
    }

    fn read(&mut self, mut words: Cursor<'_>) -> Option<()> {
        if words.skip(&["create"]) {
            self.create(words)
        } else if words.skip(&["alter", "table"]) {
            self.alter_table(words)
        } else if words.skip(&["alter", "domain"]) {
            let domain = words.name()?;
            if words.skip(&["add"]) && !words.has(&["not", "valid"]) {
                self.danger(
                    &domain,
                    Amount::None,
                    "the new rule is checked on every row of every table with the domain",
                );
            }
            Some(())
        } else if words.skip(&["alter", "policy"]) {
            words.find(&["on"]);
            self.lock(&words.name()?, Lock::AccessExclusive);
            Some(())
        } else if words.skip(&["drop"]) {
            self.drop(words)
        } else if words.skip(&["truncate"]) {
            words.skip(&["table"]);
            self.all(words, Lock::AccessExclusive, "every row is removed");
            Some(())
        } else if words.skip(&["comment", "on", "column"]) {
            let column = words.name()?;
            self.lock(column.rsplit_once('.').map_or(column.as_str(), |(table, _)| table), Lock::ShareUpdateExclusive);
            Some(())
        } else if words.skip(&["comment", "on", "table"]) {
            self.lock(&words.name()?, Lock::ShareUpdateExclusive);
            Some(())
        } else if words.skip(&["do"]) || words.skip(&["call"]) {
            self.opaque = true;
            Some(())
        } else if words.skip(&["vacuum"]) || words.skip(&["analyze"]) {
            let lock = if words.skip(&["full"]) { Lock::AccessExclusive } else { Lock::ShareUpdateExclusive };
            words.skip(&["analyze"]);
            self.lock(&words.name()?, lock);
            Some(())
        } else if words.skip_any(&[
            &["lock", "table"],
            &["lock"],
            &["cluster"],
            &["reindex", "table"],
            &["reindex", "index"],
        ]) || words.skip(&["refresh", "materialized", "view"])
        {
            let beside = words.skip(&["concurrently"]);
            self.lock(&words.name()?, if beside { Lock::ShareUpdateExclusive } else { Lock::AccessExclusive });
            Some(())
        } else {
            self.change_rows(words)
        }
    }

    fn create(&mut self, mut words: Cursor<'_>) -> Option<()> {
        words.skip(&["or", "replace"]);
        words.skip_any(&[&["unlogged"], &["constraint"]]);
        let unique = words.skip(&["unique"]);
        if words.skip(&["table"]) {
            words.skip(&["if", "not", "exists"]);
            self.creates = words.name();
            if words.skip(&["partition", "of"]) {
                self.lock(&words.name()?, Lock::AccessExclusive);
            }
            while words.find(&["references"]) {
                let table = words.name()?;
                if self.creates.as_ref() != Some(&table) && !self.locks.iter().any(|(locked, _)| *locked == table) {
                    self.lock(&table, Lock::ShareRowExclusive);
                }
            }
        } else if words.skip(&["index"]) {
            let beside = words.skip(&["concurrently"]);
            words.find(&["on"]);
            words.skip(&["only"]);
            let table = words.name()?;
            self.lock(&table, if beside { Lock::ShareUpdateExclusive } else { Lock::Share });
            if !beside {
                self.danger(
                    &table,
                    Amount::Many,
                    "writers wait until the index is built: create it concurrently, in a file without a transaction",
                );
            }
            if unique && !beside {
                self.danger(&table, Amount::One, "fails where two rows have the same key");
            }
        } else if words.skip(&["trigger"]) {
            words.find(&["on"]);
            self.lock(&words.name()?, Lock::ShareRowExclusive);
        } else if words.skip(&["policy"]) {
            words.find(&["on"]);
            self.lock(&words.name()?, Lock::AccessExclusive);
        }
        Some(())
    }

    fn drop(&mut self, mut words: Cursor<'_>) -> Option<()> {
        if words.skip(&["table"]) {
            words.skip(&["if", "exists"]);
            self.all(words, Lock::AccessExclusive, "the table and its rows are gone; a build that still uses it fails");
        } else if words.skip(&["index"]) {
            let beside = words.skip(&["concurrently"]);
            words.skip(&["if", "exists"]);
            self.lock(&words.name()?, if beside { Lock::ShareUpdateExclusive } else { Lock::AccessExclusive });
        } else if words.skip_any(&[&["trigger"], &["policy"], &["rule"]]) {
            words.find(&["on"]);
            self.lock(&words.name()?, Lock::AccessExclusive);
        }
        Some(())
    }

    fn all(&mut self, words: Cursor<'_>, lock: Lock, danger: &'static str) {
        for mut part in words.parts() {
            part.skip(&["only"]);
            if let Some(table) = part.name() {
                self.lock(&table, lock);
                self.danger(&table, Amount::None, danger);
            }
        }
    }

    fn change_rows(&mut self, words: Cursor<'_>) -> Option<()> {
        let everywhere = !words.has(&["where"]);
        let mut targets = Vec::new();
        for keywords in [&["insert", "into"][..], &["delete", "from"], &["update"]] {
            let mut from = words.clone();
            while from.find(keywords) {
                from.skip(&["only"]);
                // `on conflict … do update set`, `for update`: no table follows.
                if !from.has(&["set"]) && keywords == ["update"] || from.clone().skip(&["set"]) {
                    continue;
                }
                targets.extend(from.name().map(|table| (table, keywords != ["insert", "into"])));
            }
        }
        for (table, old_rows) in targets {
            self.lock(&table, Lock::RowExclusive);
            if old_rows && everywhere {
                self.danger(
                    &table,
                    Amount::Many,
                    "every row is locked until the end of the file: do it in parts, outside of a migration",
                );
            }
        }
        self.opaque = self.locks.is_empty() && words.clone().skip(&["select"]);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Amount, Effects, Lock};
    use crate::statements::split;

    fn effects(sql: &str) -> Effects {
        Effects::of(&split(sql).unwrap().remove(0))
    }

    fn locks(sql: &str) -> String {
        let effects = effects(sql);
        let locks: Vec<_> = effects.locks.iter().map(|(table, lock)| format!("{table}: {}", lock.as_str())).collect();
        locks.join(", ")
    }

    #[test]
    fn ops_14_each_kind_of_statement_has_its_lock() {
        for (sql, expected) in [
            (
                "create table a (b int references c, d int references c (x), e int references a)",
                "c: share row exclusive",
            ),
            ("create table a_2026_01 partition of a for values in (1)", "a: access exclusive"),
            ("create unique index i on only public.a (b)", "a: share"),
            ("create index concurrently i on \"A\" (b)", "\"A\": share update exclusive"),
            ("drop index i", "i: access exclusive"),
            ("drop table if exists a, s.b cascade", "a: access exclusive, s.b: access exclusive"),
            ("truncate a", "a: access exclusive"),
            ("create trigger t before update on a for each row execute function f()", "a: share row exclusive"),
            ("comment on column a.b is 'x'", "a: share update exclusive"),
            ("comment on table a is 'x'", "a: share update exclusive"),
            ("insert into a values (1) on conflict (b) do update set b = 2", "a: row exclusive"),
            ("update only a set b = 1 where c", "a: row exclusive"),
            (
                "with x as (delete from a where b returning *) insert into c select * from x",
                "c: row exclusive, a: row exclusive",
            ),
            ("vacuum analyze a", "a: share update exclusive"),
            ("create policy p on a using (true)", "a: access exclusive"),
            ("grant select on a to b", ""),
            ("create function f() returns int language sql as 'select 1'", ""),
            ("create domain d as text", ""),
            ("select 1 from a for update", ""),
            ("create", ""),
        ] {
            assert_eq!(locks(sql), expected, "{sql}");
        }
        assert_eq!(effects("create table public.a ()").creates.as_deref(), Some("a"));
        assert!(effects("do $$ begin end $$").opaque && effects("select f()").opaque);
        assert!(Lock::AccessExclusive > Lock::RowExclusive);
    }

    #[test]
    fn ops_14_what_is_dangerous_is_said() {
        let says = |sql: &str| effects(sql).dangers.iter().map(|danger| (danger.rows, danger.says)).collect::<Vec<_>>();
        assert_eq!(says("create index i on a (b)")[0].0, Amount::Many);
        assert!(says("create index i on a (b)")[0].1.contains("concurrently"));
        assert!(says("create index concurrently i on a (b)").is_empty());
        assert!(says("update a set b = 1")[0].1.contains("in parts"));
        assert!(says("update a set b = 1 where c").is_empty());
        assert!(says("drop table a")[0].1.contains("gone"));
        assert!(says("alter domain d add constraint c check (value > 0)")[0].1.contains("every table"));
    }
}
