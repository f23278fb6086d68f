//! Where programs are on the systems that people use.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use crate::{command::run_as, settings::environment_variable};

/// Folders beside `PATH` in which packages put servers.
const PROGRAM_FOLDERS: [&str; 5] = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/opt/homebrew/bin", "/usr/local/bin"];
/// Folders that hold one folder per PostgreSQL version: where, how the names start, and what follows.
const POSTGRES_FOLDERS: [(&str, &str, &str); 5] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// A program's path, and the folders of the libraries that were unpacked with it.
pub type Unpacked = (PathBuf, Vec<PathBuf>);

/// The program folders of PostgreSQL installations.
pub fn system_postgres() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for (parent, prefix, rest) in POSTGRES_FOLDERS {
        folders.extend(children(Path::new(parent), prefix).into_iter().map(|folder| folder.join(rest)));
    }
    folders.push(PathBuf::from("/usr/local/pgsql/bin"));
    // In `PATH` there may be a link; the libraries are where it leads.
    let programs = system_programs("postgres").into_iter().filter_map(|program| program.canonicalize().ok());
    folders.extend(programs.filter_map(|program| program.parent().map(Path::to_owned)));
    folders
}

/// Programs of this name that are installed.
pub fn system_programs(name: &str) -> Vec<PathBuf> {
    let path = environment_variable("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(PROGRAM_FOLDERS.map(PathBuf::from));
    folders.map(|folder| folder.join(name)).filter(|program| program.is_file()).collect()
}

/// The PostgreSQL program folders under a folder into which Debian packages were unpacked.
pub fn unpacked_postgres(root: &Path) -> Vec<Unpacked> {
    let folders = children(&root.join("usr/lib/postgresql"), "");
    folders.into_iter().map(|folder| (folder.join("bin"), library_folders(root))).collect()
}

/// PgBouncer under a folder into which Debian packages were unpacked.
pub fn unpacked_pgbouncer(root: &Path) -> Vec<Unpacked> {
    vec![(root.join("usr/sbin/pgbouncer"), library_folders(root))]
}

/// The first two numbers that `program --version` prints. It is `None` when the program doesn't run.
pub async fn version(program: &Path, environment: &BTreeMap<String, String>) -> Option<(u32, u32)> {
    let text = run_as(program, &["--version"], environment, None).await.ok()?;
    parse_version(&text)
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let word = text.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    let mut numbers = word.split(|letter: char| !letter.is_ascii_digit()).map(|digits| digits.parse().unwrap_or(0));
    Some((numbers.next()?, numbers.next().unwrap_or(0)))
}

/// Debian puts libraries into one folder per processor, such as `usr/lib/x86_64-linux-gnu`.
pub fn library_folders(root: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for parent in ["usr/lib", "lib"] {
        let parent = root.join(parent);
        folders.extend(children(&parent, "").into_iter().filter(|folder| folder.to_string_lossy().contains("-linux-")));
    }
    folders
}

fn children(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let named = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    named.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn versions_are_read_as_the_programs_print_them() {
        assert_eq!(parse_version("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), Some((15, 13)));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1"), Some((18, 0)));
        assert_eq!(parse_version("PgBouncer 1.18.0\nlibevent 2.1.12-stable"), Some((1, 18)));
        assert_eq!(parse_version("no number"), None);
    }
}
