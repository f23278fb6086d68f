//! Which backups are old enough to go: worked out from names alone, so that years can be tried in a moment.

use std::collections::BTreeMap;

use crate::key::{Key, Kind};

/// What lies under a backup's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// The object's size in bytes, if there is one.
    pub object: Option<u64>,
    /// Whether there is a manifest.
    pub manifest: bool,
}

/// What a listing found, by name.
pub type Listing = BTreeMap<Key, Found>;

/// The backups to look at before any of `kind` may go: the newest ones that could be good. None when nothing can go.
#[must_use]
pub fn candidates(listing: &Listing, kind: Kind) -> Vec<Key> {
    let of_kind = || listing.iter().filter(|(key, _)| key.kind == kind);
    match kind.kept() {
        Some(kept) if of_kind().count() > kept => {
            of_kind().rev().filter(|(_, found)| found.manifest && found.object.is_some()).map(|(key, _)| *key).collect()
        }
        _ => Vec::new(),
    }
}

/// The backups of `kind` to delete, given the newest good ones. Everything that is older than the last good one to keep
/// goes; with too few good ones nothing does, so the newest good one always stays. Spoilt ones among those that are kept
/// stay, too: somebody may want to know why.
#[must_use]
pub fn expired(listing: &Listing, kind: Kind, good: &[Key]) -> Vec<Key> {
    let Some(kept) = kind.kept() else { return Vec::new() };
    let mut good: Vec<_> = good.iter().filter(|key| key.kind == kind).collect();
    good.sort_unstable();
    let Some(oldest_kept) = good.iter().rev().nth(kept.saturating_sub(1)) else { return Vec::new() };
    listing.keys().filter(|key| key.kind == kind && key < oldest_kept).copied().collect()
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Found, Listing, candidates, expired};
    use crate::key::{Key, Kind};

    const GOOD: Found = Found { object: Some(1), manifest: true };

    fn prune(listing: &mut Listing) {
        for kind in Kind::ALL {
            let good = candidates(listing, kind);
            for key in expired(listing, kind, &good) {
                listing.remove(&key);
            }
        }
    }

    fn count(listing: &Listing, kind: Kind) -> usize {
        listing.keys().filter(|key| key.kind == kind).count()
    }

    #[test]
    fn ops_20_ops_21_ops_22_ops_23_three_years_leave_30_12_12_and_all_before_migrations() {
        let mut listing = Listing::new();
        let start: Timestamp = "2026-01-01T02:00:00Z".parse().unwrap();
        let mut before_migrations = 0;
        for day in 0..3 * 365 {
            let key = Key::new(Kind::Daily, start + SignedDuration::from_hours(24 * day));
            listing.insert(key, GOOD);
            for kind in Kind::promoted_on(key.taken.date()) {
                listing.insert(key.promoted(kind), GOOD);
            }
            if day % 10 == 0 {
                listing.insert(key.promoted(Kind::PreMigration), GOOD);
                before_migrations += 1;
            }
            prune(&mut listing);
        }
        assert_eq!(Kind::ALL.map(|kind| count(&listing, kind)), [30, 12, 12, before_migrations]);
        let oldest = |kind| listing.keys().find(|key| key.kind == kind).unwrap().taken.date().to_string();
        assert_eq!(oldest(Kind::Daily), "2028-12-01");
        assert_eq!(oldest(Kind::Weekly), "2028-10-08");
        assert_eq!(oldest(Kind::Monthly), "2028-01-01");
        assert_eq!(oldest(Kind::PreMigration), "2026-01-01");
    }

    #[test]
    fn ops_20_spoilt_ones_never_push_good_ones_out() {
        let start: Timestamp = "2026-01-01T02:00:00Z".parse().unwrap();
        let key = |day: i64| Key::new(Kind::Daily, start + SignedDuration::from_hours(24 * day));
        let spoilt = Found { object: Some(1), manifest: false };
        // One good one, then two months without.
        let mut listing: Listing = (0..60).map(|day| (key(day), if day == 0 { GOOD } else { spoilt })).collect();
        assert_eq!(candidates(&listing, Kind::Daily), [key(0)]);
        prune(&mut listing);
        assert_eq!(listing.len(), 60);
        // Then a month of good ones: what is older goes, spoilt or not.
        listing.extend((60..90).map(|day| (key(day), GOOD)));
        prune(&mut listing);
        assert_eq!(listing.keys().copied().collect::<Vec<_>>(), (60..90).map(key).collect::<Vec<_>>());
        // 30 are not too many, whatever their age.
        assert!(candidates(&listing, Kind::Daily).is_empty());
    }

    #[test]
    fn ops_20_a_manifest_without_an_object_goes_with_its_age() {
        let start: Timestamp = "2026-01-01T02:00:00Z".parse().unwrap();
        let key = |day: i64| Key::new(Kind::Daily, start + SignedDuration::from_hours(24 * day));
        let mut listing: Listing = (0..31).map(|day| (key(day), GOOD)).collect();
        listing.insert(key(0), Found { object: None, manifest: true });
        prune(&mut listing);
        assert_eq!((listing.len(), listing.contains_key(&key(0))), (30, false));
    }
}
