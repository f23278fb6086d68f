//! How a migration file is called: `V0001__accounts.sql`. Used by the build script, too, so a bad name stops the build.

/// The generated dump of the whole schema, which lies beside the migrations and is none.
const SCHEMA_DUMP: &str = "schema.sql";

/// Whether a file of the folder is SQL that belongs into the binary; editors' and the system's files are not.
pub(crate) fn is_embedded(file: &str) -> bool {
    file.ends_with(".sql") && !file.starts_with('.') && file != SCHEMA_DUMP
}

/// Version and name out of a file name, or why it is not one.
pub(crate) fn parse(file: &str) -> Result<(i32, &str), String> {
    let parts = || -> Option<(i32, &str)> {
        let (version, name) = file.strip_prefix('V')?.strip_suffix(".sql")?.split_once("__")?;
        let digits = version.len() == 4 && version.bytes().all(|byte| byte.is_ascii_digit());
        let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        (digits && plain && !name.is_empty()).then_some((version.parse().ok()?, name))
    };
    parts().ok_or_else(|| {
        format!(
            "{file} is not called like V0007__short_name.sql (four digits, two underscores, a-z, 0-9 and _); rename it"
        )
    })
}

/// Checks names and versions of all files, given in the order of their names: 1, 2, 3 … without a gap.
pub(crate) fn check_sequence(files: &[String]) -> Result<(), String> {
    let mut previous: Option<(i32, &str)> = None;
    for file in files {
        let (version, _) = parse(file)?;
        let expected = previous.map_or(1, |(version, _)| version + 1);
        match previous {
            Some((same, other)) if same == version => {
                return Err(format!("{other} and {file} have the same version; give the newer one V{expected:04}"));
            }
            _ if version != expected => {
                return Err(format!("{file} comes where V{expected:04} is due; versions are 1, 2, 3 … without a gap"));
            }
            _ => previous = Some((version, file)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check_sequence, is_embedded, parse};

    fn check(files: &[&str]) -> Result<(), String> {
        check_sequence(&files.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_name_has_four_digits_and_a_plain_name() {
        assert_eq!(parse("V0012__box_tiers2.sql"), Ok((12, "box_tiers2")));
        for bad in
            ["V12__a.sql", "V0001_a.sql", "V0001__.sql", "V0001__A.sql", "v0001__a.sql", "V+001__a.sql", "V0001__a.SQL"]
        {
            let reason = parse(bad).unwrap_err();
            assert!(reason.starts_with(bad), "{reason}");
        }
    }

    #[test]
    fn gaps_and_duplicates_are_named() {
        assert_eq!(check(&["V0001__a.sql", "V0002__b.sql"]), Ok(()));
        assert!(check(&["V0002__b.sql"]).unwrap_err().starts_with("V0002__b.sql"));
        assert!(check(&["V0001__a.sql", "V0003__c.sql"]).unwrap_err().contains("V0002 is due"));
        let twice = check(&["V0001__a.sql", "V0001__b.sql"]).unwrap_err();
        assert!(twice.contains("V0001__a.sql and V0001__b.sql"), "{twice}");
    }

    #[test]
    fn only_sql_is_embedded_and_the_dump_is_not() {
        assert!(is_embedded("V0001__a.sql") && is_embedded("wrong.sql"));
        assert!(!is_embedded("schema.sql") && !is_embedded(".#V0001__a.sql") && !is_embedded("README.md"));
    }
}
