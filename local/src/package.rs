//! `cargo dev package`: every function as the archive that is deployed, and how large each is.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use clap::Args;
use serde::Serialize;
use tokio::process::Command;

use crate::{
    LocalError,
    command::run,
    console::{note, say},
    error::Doing,
    functions,
    settings::project,
    tools::python::{CARGO_LAMBDA, PythonTools, python_packages},
};

/// The C compiler and linker that `cargo lambda` builds with: it links against the C library of Lambda's system, which is
/// older than that of many a developer's, and for other processors.
const ZIG: &str = "ziglang==0.17.1";
const ARM64: &str = "aarch64-unknown-linux-gnu";
const X86_64: &str = "x86_64-unknown-linux-gnu";

/// Options of `cargo dev package`.
#[derive(Debug, Args)]
pub struct PackageOptions {
    /// Builds for 64-bit ARM, as template.yaml deploys it, not for x86-64
    #[arg(long)]
    pub arm64: bool,
}

/// What `sizes.json` holds.
#[derive(Serialize)]
struct Sizes {
    target: &'static str,
    functions: BTreeMap<String, Size>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Size {
    binary_bytes: u64,
    zip_bytes: u64,
}

/// Builds every function with `cargo lambda`, prints a table of sizes and writes it to `target/lambda/sizes.json`.
///
/// # Errors
/// When the compiler's target or a tool is missing, or the build fails.
pub async fn package(options: PackageOptions) -> Result<(), LocalError> {
    let project = project();
    let target = if options.arm64 { ARM64 } else { X86_64 };
    check_target(target).await?;
    let tools = python_packages(&[CARGO_LAMBDA, ZIG], &project.join("target/python")).await?;
    let names = functions::names(&project)?;
    note("Building the functions as they are deployed: this takes some minutes …");
    let folder = project.join("target/lambda");
    build(&project, &tools, target, &names, &folder).await?;

    let mut sizes = Sizes { target, functions: BTreeMap::new() };
    for name in names {
        let size = size(&folder.join(&name).join("bootstrap.zip"))?;
        sizes.functions.insert(name, size);
    }
    say(table(&sizes));
    let file = folder.join("sizes.json");
    let text = serde_json::to_string_pretty(&sizes)? + "\n";
    fs::write(&file, text).doing(|| format!("write {}", file.display()))
}

/// The standard library for the target: without it the build fails after minutes, with a message about `core`.
async fn check_target(target: &str) -> Result<(), LocalError> {
    let folder = run("rustc", &["--print", "target-libdir", "--target", target]).await?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    Err(LocalError::said(format!(
        "This Rust toolchain can't build for {target}: run `rustup target add {target}` and run this again."
    )))
}

async fn build(
    project: &Path,
    tools: &PythonTools,
    target: &str,
    names: &[String],
    folder: &Path,
) -> Result<(), LocalError> {
    let mut command = Command::new(tools.bin.join("cargo-lambda"));
    command.args(["lambda", "build", "--release", "--output-format", "zip", "--target", target, "--lambda-dir"]);
    command.arg(folder);
    for name in names {
        command.args(["--package", name, "--bin", name]);
    }
    command
        .env("CARGO_ZIGBUILD_ZIG_PATH", tools.folder.join("ziglang/zig"))
        .current_dir(project)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let status = command.status().await.doing(|| "run cargo lambda build")?;
    if !status.success() {
        return Err(LocalError::said("The functions were not built: see what cargo says above."));
    }
    Ok(())
}

/// The sizes of an archive that holds one file, and of that file.
fn size(archive: &PathBuf) -> Result<Size, LocalError> {
    let bytes = fs::read(archive).doing(|| format!("read {}", archive.display()))?;
    let binary_bytes = unpacked_bytes(&bytes).ok_or_else(|| {
        LocalError::said(format!("{} is not the archive that cargo lambda makes.", archive.display()))
    })?;
    Ok(Size { binary_bytes, zip_bytes: bytes.len() as u64 })
}

/// The size of the first file of a zip archive, from the directory at the archive's end.
fn unpacked_bytes(archive: &[u8]) -> Option<u64> {
    let end = archive.windows(4).rposition(|bytes| bytes == b"PK\x05\x06")?;
    let number = |at: usize| Some(u32::from_le_bytes(archive.get(at..at + 4)?.try_into().ok()?));
    let entry = usize::try_from(number(end + 16)?).ok()?;
    archive.get(entry..)?.starts_with(b"PK\x01\x02").then(|| number(entry + 24).map(u64::from))?
}

fn table(sizes: &Sizes) -> String {
    let megabytes = |bytes: u64| {
        let tenths = (bytes + 50_000) / 100_000;
        format!("{}.{} MB", tenths / 10, tenths % 10)
    };
    let mut lines = vec![format!("{:<12} {:>22} {:>22}", "function", "binary", "zip")];
    for (name, Size { binary_bytes, zip_bytes }) in &sizes.functions {
        let (binary, zip) = (megabytes(*binary_bytes), megabytes(*zip_bytes));
        lines.push(format!("{name:<12} {binary_bytes:>12} {binary:>9} {zip_bytes:>12} {zip:>9}"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Size, Sizes, table, unpacked_bytes};

    /// What `zip` makes of a file `bootstrap` with 32 times the letter a.
    const ARCHIVE: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0\xa9\x90v]w\x17\xb1\xca\x05\0\0\0 \0\0\0\t\0\0\0bootstrapKL\xc4\x0f\0\
        PK\x01\x02\x14\x03\x14\0\0\0\x08\0\xa9\x90v]w\x17\xb1\xca\x05\0\0\0 \0\0\0\t\0\0\0\0\0\0\0\0\0\0\0\xa4\x81\0\0\0\0bootstrap\
        PK\x05\x06\0\0\0\0\x01\0\x01\x007\0\0\0,\0\0\0\0\0";

    #[test]
    fn the_size_of_the_binary_is_in_the_archive() {
        assert_eq!(unpacked_bytes(ARCHIVE), Some(32));
        assert_eq!(unpacked_bytes(b"no archive"), None);
    }

    #[test]
    fn the_table_lines_up() {
        let functions = BTreeMap::from([("auth".to_owned(), Size { binary_bytes: 4_321_000, zip_bytes: 1_999_999 })]);
        let table = table(&Sizes { target: "x", functions });
        let widths: Vec<_> = table.lines().map(str::len).collect();
        assert_eq!(widths[0], widths[1], "{table}");
        assert!(table.contains("4321000    4.3 MB"), "{table}");
    }
}
