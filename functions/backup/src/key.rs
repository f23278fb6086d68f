//! The names of objects: `daily/2026/11/spike_land_20261122_020000.backup.gz`, and the manifest beside it.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

const NAME: &str = "spike_land_";
/// Really gzip, around `pg_dump`'s custom format: `gunzip` and `pg_restore` are all that it takes without this program.
const OBJECT: &str = ".backup.gz";
const MANIFEST: &str = ".manifest.json";
const MOMENT: &str = "%Y%m%d_%H%M%S";

/// Why a backup was taken, which decides how long it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Every night.
    Daily,
    /// Sunday's daily one, copied.
    Weekly,
    /// That of a month's first day, copied.
    Monthly,
    /// Before the schema changes. Kept for ever.
    PreMigration,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Daily, Self::Weekly, Self::Monthly, Self::PreMigration];

    /// The word in keys, events and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::PreMigration => "pre-migration",
        }
    }

    /// How many are kept; `None` keeps all.
    #[must_use]
    pub fn kept(self) -> Option<usize> {
        match self {
            Self::Daily => Some(30),
            Self::Weekly | Self::Monthly => Some(12),
            Self::PreMigration => None,
        }
    }

    /// The kinds that the daily backup of `day` is copied to.
    pub fn promoted_on(day: Date) -> impl Iterator<Item = Self> {
        let weekly = (day.weekday() == jiff::civil::Weekday::Sunday).then_some(Self::Weekly);
        weekly.into_iter().chain((day.day() == 1).then_some(Self::Monthly))
    }
}

/// A backup's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Why it was taken.
    pub kind: Kind,
    /// When, in UTC and whole seconds.
    pub taken: DateTime,
}

impl Key {
    /// The name of a backup that starts now.
    #[must_use]
    pub fn new(kind: Kind, now: Timestamp) -> Self {
        let taken = now.to_zoned(TimeZone::UTC).datetime();
        Self { kind, taken: taken.with().subsec_nanosecond(0).build().unwrap_or(taken) }
    }

    /// Reads the name of an object or of a manifest; `None` for everything that is not ours.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (kind, rest) = name.split_once('/')?;
        let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind)?;
        let stem = rest.strip_suffix(OBJECT).or_else(|| rest.strip_suffix(MANIFEST))?;
        let moment = stem.rsplit_once('/')?.1.strip_prefix(NAME)?;
        let key = Self { kind, taken: DateTime::strptime(MOMENT, moment).ok()? };
        // The folders must agree, and no other spelling of the same moment counts.
        [key.object(), key.manifest()].iter().any(|known| known == name).then_some(key)
    }

    /// The object's name.
    #[must_use]
    pub fn object(&self) -> String {
        self.stem() + OBJECT
    }

    /// The name of the manifest beside it.
    #[must_use]
    pub fn manifest(&self) -> String {
        self.stem() + MANIFEST
    }

    /// The same moment, as another kind.
    #[must_use]
    pub fn promoted(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    fn stem(&self) -> String {
        let folder = self.taken.strftime("%Y/%m");
        format!("{}/{folder}/{NAME}{}", self.kind.as_str(), self.taken.strftime(MOMENT))
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, Kind};

    #[test]
    fn ops_19_a_name_tells_kind_and_moment() {
        let now = "2026-01-02T03:04:05.678Z".parse().unwrap();
        let key = Key::new(Kind::PreMigration, now);
        assert_eq!(key.object(), "pre-migration/2026/01/spike_land_20260102_030405.backup.gz");
        assert_eq!(key.manifest(), "pre-migration/2026/01/spike_land_20260102_030405.manifest.json");
        assert_eq!(Key::parse(&key.object()), Some(key));
        assert_eq!(Key::parse(&key.manifest()), Some(key));
    }

    #[test]
    fn ops_20_what_is_not_ours_is_not_recognised() {
        for name in [
            "",
            "daily/",
            "yearly/2026/01/spike_land_20260102_030405.backup.gz",
            "daily/2026/02/spike_land_20260102_030405.backup.gz",
            "daily/2026/01/spike_land_20260102_030405.backup",
            "daily/2026/01/spike_land_20260132_030405.backup.gz",
            "daily/2026/01/copy/spike_land_20260102_030405.backup.gz",
            "daily/2026/01/spike_land_20260102_030405.backup.gz.old",
            "x/daily/2026/01/spike_land_20260102_030405.backup.gz",
        ] {
            assert_eq!(Key::parse(name), None, "{name}");
        }
    }

    #[test]
    fn ops_21_ops_22_sundays_and_first_days_are_promoted() {
        let of = |day: &str| Kind::promoted_on(day.parse().unwrap()).collect::<Vec<_>>();
        assert_eq!(of("2026-11-22"), [Kind::Weekly]);
        assert_eq!(of("2026-12-01"), [Kind::Monthly]);
        assert_eq!(of("2026-11-01"), [Kind::Weekly, Kind::Monthly]);
        assert!(of("2026-11-23").is_empty());
    }
}
