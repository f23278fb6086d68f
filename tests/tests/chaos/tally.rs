//! What is counted.

use std::collections::BTreeMap;
use std::fmt;

use crate::plan::Kind;

/// Of one round, or of all of a kind.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub faults: usize,
    /// Wishes whose client was told that they were fulfilled.
    pub acknowledged: usize,
    /// Those that the books show.
    pub applied: usize,
    /// Those of which a client knew nothing for a while.
    pub resolved: usize,
    /// Acknowledged and not there.
    pub lost: usize,
    /// There more often than asked for.
    pub doubled: usize,
    /// Tokens by which wallets differ from what their owners were told, and broken rules of the books.
    pub drift: u64,
    /// What nobody expected, for the message.
    pub surprises: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.faults += other.faults;
        self.acknowledged += other.acknowledged;
        self.applied += other.applied;
        self.resolved += other.resolved;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.drift += other.drift;
        self.surprises.extend(other.surprises.iter().cloned());
    }

    fn cells(&self) -> [String; 7] {
        let counts = [self.faults, self.acknowledged, self.applied, self.resolved, self.lost, self.doubled];
        let [a, b, c, d, e, f] = counts.map(|count| count.to_string());
        [a, b, c, d, e, f, self.drift.to_string()]
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [faults, acknowledged, applied, resolved, lost, doubled, drift] = self.cells();
        write!(to, "{faults} faults, {acknowledged} acknowledged, {applied} applied, ")?;
        write!(to, "{resolved} unknown then resolved, {lost} lost, {doubled} doubled, drift {drift}")
    }
}

/// One line for each kind of fault.
#[derive(Default)]
pub struct Table {
    kinds: BTreeMap<&'static str, Tally>,
}

const HEADS: [&str; 8] =
    ["fault", "faults", "acknowledged", "applied", "unknown then resolved", "lost", "doubled", "drift"];

impl Table {
    pub fn add(&mut self, kind: Kind, tally: &Tally) {
        self.kinds.entry(kind.name()).or_default().add(tally);
    }

    fn all(&self) -> Tally {
        let mut all = Tally::default();
        self.kinds.values().for_each(|tally| all.add(tally));
        all
    }

    /// Asserts that nothing was lost, done twice or miscounted, and that everybody got what they wanted.
    pub fn assert_sound(&self) {
        let all = self.all();
        assert_eq!((all.lost, all.doubled, all.drift), (0, 0, 0), "lost, doubled, drift: {:#?}", all.surprises);
        assert!(all.surprises.is_empty(), "{:#?}", all.surprises);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.all();
        let kinds = Kind::ALL.iter().filter_map(|kind| Some((kind.name(), self.kinds.get(kind.name())?)));
        let mut line = |name: &str, cells: &[String]| {
            write!(to, "{name:<37}")?;
            for (head, cell) in HEADS.iter().skip(1).zip(cells) {
                write!(to, "  {cell:>width$}", width = head.len())?;
            }
            writeln!(to)
        };
        line(HEADS[0], &HEADS.iter().skip(1).map(|head| (*head).to_owned()).collect::<Vec<_>>())?;
        for (name, tally) in kinds.chain([("all", &all)]) {
            line(name, &tally.cells())?;
        }
        Ok(())
    }
}
