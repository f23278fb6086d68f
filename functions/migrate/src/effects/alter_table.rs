//! What `alter table` does: each of its actions has its own lock and its own dangers.

use super::cursor::Cursor;
use super::{Amount, Effects, Lock};

/// Functions whose answer differs from row to row, so that a default of them writes every row.
const VOLATILE: [&str; 6] =
    ["random", "gen_random_uuid", "uuid_generate_v4", "clock_timestamp", "nextval", "gen_random_bytes"];

const REWRITE: &str = "the whole table is written anew while nobody reads or writes it";
const FAILS: &str = "fails where the table has rows: give the column a default, or add it nullable and fill it first";
const CHECKED: &str = "every row is checked under the lock: add it \"not valid\", then validate it in a file without a \
     transaction";
const BUILT: &str = "the index is built while nobody reads or writes: create it concurrently first, then add the \
     constraint \"using index\"";
const NOT_NULL: &str = "every row is read while nobody reads or writes: add a check (… is not null) not valid and validate \
     it first";
const RETYPED: &str = "the whole table is written anew unless the types are stored alike (varchar to text)";
const RENAMED: &str = "the build that runs meanwhile still uses the old name";
const DROPPED: &str = "the values are gone; a build that still reads or writes the column fails";

impl Effects {
    /// `words` follow "alter table".
    pub(super) fn alter_table(&mut self, mut words: Cursor<'_>) -> Option<()> {
        words.skip(&["if", "exists"]);
        words.skip(&["only"]);
        let table = words.name()?;
        words.symbol('*');
        let mut strongest = Lock::RowExclusive;
        for action in words.parts() {
            strongest = strongest.max(self.action(&table, action)?);
        }
        // One statement takes the strongest lock that any of its actions needs, from the start.
        self.locks.insert(0, (table, strongest));
        Some(())
    }

    fn action(&mut self, table: &str, mut action: Cursor<'_>) -> Option<Lock> {
        let unchecked = action.has(&["not", "valid"]);
        Some(if action.skip(&["validate", "constraint"]) || action.skip(&["set", "statistics"]) {
            Lock::ShareUpdateExclusive
        } else if action.skip(&["attach", "partition"]) {
            self.lock(&action.name()?, Lock::AccessExclusive);
            Lock::ShareUpdateExclusive
        } else if action.skip(&["detach", "partition"]) {
            let child = action.name()?;
            let beside = action.skip(&["concurrently"]);
            let lock = if beside { Lock::ShareUpdateExclusive } else { Lock::AccessExclusive };
            self.lock(&child, Lock::AccessExclusive);
            lock
        } else if action.skip_any(&[&["enable", "trigger"], &["disable", "trigger"]]) {
            Lock::ShareRowExclusive
        } else if action.skip(&["rename"]) {
            if !action.skip(&["constraint"]) {
                self.danger(table, Amount::None, RENAMED);
            }
            Lock::AccessExclusive
        } else if action.skip(&["drop"]) {
            if !action.skip(&["constraint"]) {
                self.danger(table, Amount::None, DROPPED);
            }
            Lock::AccessExclusive
        } else if action.skip(&["add"]) {
            return self.added(table, action, unchecked);
        } else if action.skip(&["alter"]) {
            action.skip(&["column"]);
            action.name()?;
            self.altered(table, action)
        } else if action.skip_any(&[&["set", "logged"], &["set", "unlogged"], &["set", "tablespace"]]) {
            self.danger(table, Amount::One, REWRITE);
            Lock::AccessExclusive
        } else if action.skip(&["set"]) || action.skip(&["reset"]) {
            if action.symbol('(') { Lock::ShareUpdateExclusive } else { Lock::AccessExclusive }
        } else {
            Lock::AccessExclusive
        })
    }

    fn altered(&mut self, table: &str, mut change: Cursor<'_>) -> Lock {
        if change.skip(&["set", "statistics"]) || change.clone().skip(&["set"]) && change.has(&["n_distinct"]) {
            return Lock::ShareUpdateExclusive;
        }
        if change.skip(&["set", "not", "null"]) {
            self.danger(table, Amount::One, NOT_NULL);
        } else if change.skip_any(&[&["type"], &["set", "data", "type"]]) {
            self.danger(table, Amount::One, RETYPED);
        }
        Lock::AccessExclusive
    }

    fn added(&mut self, table: &str, mut what: Cursor<'_>, unchecked: bool) -> Option<Lock> {
        if what.skip(&["constraint"]) {
            what.name()?;
        }
        if what.skip(&["foreign", "key"]) {
            what.find(&["references"]);
            let other = what.name()?;
            if other != table {
                self.lock(&other, Lock::ShareRowExclusive);
            }
            if !unchecked {
                self.danger(table, Amount::One, CHECKED);
            }
            return Some(Lock::ShareRowExclusive);
        }
        if what.clone().skip(&["check"]) {
            if !unchecked {
                self.danger(table, Amount::One, CHECKED);
            }
        } else if what.skip_any(&[&["unique"], &["primary", "key"], &["exclude"]]) {
            if !what.has(&["using", "index"]) || what.has(&["with"]) {
                self.danger(table, Amount::Many, BUILT);
            }
        } else {
            self.added_column(table, what)?;
        }
        Some(Lock::AccessExclusive)
    }

    fn added_column(&mut self, table: &str, mut column: Cursor<'_>) -> Option<()> {
        column.skip(&["column"]);
        column.skip(&["if", "not", "exists"]);
        column.name()?;
        let serial = ["serial", "bigserial", "smallserial"].iter().any(|kind| column.has(&[kind]));
        let generated = column.has(&["generated"]);
        let default = column.has(&["default"]);
        if column.has(&["not", "null"]) && !default && !generated && !serial {
            self.danger(table, Amount::One, FAILS);
        }
        if serial || generated || default && VOLATILE.iter().any(|function| column.has(&[function])) {
            self.danger(table, Amount::One, REWRITE);
        }
        if column.find(&["references"]) {
            let other = column.name()?;
            if other != table {
                self.lock(&other, Lock::ShareRowExclusive);
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statements::split;

    fn effects(sql: &str) -> Effects {
        Effects::of(&split(sql).unwrap().remove(0))
    }

    #[test]
    fn ops_14_each_action_has_its_lock() {
        for (action, expected) in [
            ("validate constraint c", "a: share update exclusive"),
            ("set (fillfactor = 70)", "a: share update exclusive"),
            ("alter column b set statistics 100", "a: share update exclusive"),
            ("attach partition p for values in (1)", "a: share update exclusive, p: access exclusive"),
            ("detach partition p concurrently", "a: share update exclusive, p: access exclusive"),
            ("disable trigger t", "a: share row exclusive"),
            (
                "add constraint c foreign key (b) references other (id)",
                "a: share row exclusive, other: share row exclusive",
            ),
            ("add foreign key (b) references a", "a: share row exclusive"),
            ("add b int references other, validate constraint c", "a: access exclusive, other: share row exclusive"),
            ("drop column b", "a: access exclusive"),
            ("owner to b", "a: access exclusive"),
        ] {
            let locks = effects(&format!("alter table if exists only a {action}")).locks;
            let said: Vec<_> = locks.iter().map(|(table, lock)| format!("{table}: {}", lock.as_str())).collect();
            assert_eq!(said.join(", "), expected, "{action}");
        }
    }

    #[test]
    fn ops_14_each_action_has_its_dangers() {
        for (action, expected) in [
            ("add b int not null", &[FAILS][..]),
            ("add column if not exists b int not null default 1", &[]),
            ("add b uuid not null default gen_random_uuid()", &[REWRITE]),
            ("add b int generated always as (c * 2) stored", &[REWRITE]),
            ("add b bigserial", &[REWRITE]),
            ("add b numeric(10, 2)", &[]),
            ("alter b set not null", &[NOT_NULL]),
            ("alter column b type bigint", &[RETYPED]),
            ("alter b set default 1", &[]),
            ("add constraint c check (b > 0)", &[CHECKED]),
            ("add constraint c check (b > 0) not valid", &[]),
            ("add constraint c foreign key (b) references d not valid", &[]),
            ("add constraint c unique (b)", &[BUILT]),
            ("add constraint c unique using index i", &[]),
            ("rename b to c", &[RENAMED]),
            ("drop b, add c int not null", &[DROPPED, FAILS]),
            ("drop constraint c", &[]),
            ("set unlogged", &[REWRITE]),
        ] {
            let says: Vec<_> =
                effects(&format!("alter table a {action}")).dangers.iter().map(|danger| danger.says).collect();
            assert_eq!(says, expected, "{action}");
        }
    }
}
