//! Embeds `migrations/*.sql` and `seeds/*.sql`, so that the deployed function needs no files beside it.

#[path = "src/file_name.rs"]
mod file_name;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

fn main() -> ExitCode {
    match embed() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("cargo::error={reason}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "cargo hands OUT_DIR to a build script as an environment variable")]
fn embed() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let migrations = root.join("migrations");
    let seeds = root.join("seeds");
    println!("cargo::rerun-if-changed={}", migrations.display());
    println!("cargo::rerun-if-changed={}", seeds.display());

    let migration_files = sql_files(&migrations)?;
    file_name::check_sequence(&migration_files).map_err(|reason| format!("{}: {reason}", migrations.display()))?;

    let mut code = list("MIGRATIONS", &migrations, &migration_files)?;
    code += &list("SEEDS", &seeds, &sql_files(&seeds)?)?;
    let target = std::env::var("OUT_DIR").map_err(|_| "OUT_DIR is not set: run this through cargo".to_owned())?;
    fs::write(Path::new(&target).join("embedded.rs"), code).map_err(|error| format!("{target}: {error}"))
}

fn sql_files(folder: &Path) -> Result<Vec<String>, String> {
    let names = || -> io::Result<Vec<String>> {
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    };
    let mut names = names().map_err(|error| format!("{}: {error}", folder.display()))?;
    names.retain(|name| file_name::is_embedded(name));
    names.sort();
    Ok(names)
}

fn list(constant: &str, folder: &Path, files: &[String]) -> Result<String, String> {
    let folder = folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut code = format!("pub(crate) static {constant}: &[(&str, &str)] = &[\n");
    for file in files {
        writeln!(code, "    ({file:?}, include_str!({:?})),", folder.join(file)).map_err(|error| error.to_string())?;
    }
    Ok(code + "];\n")
}
