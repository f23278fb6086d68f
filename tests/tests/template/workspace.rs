//! The workspace and the folders: a function is a member with one binary that has its folder's name.

use std::collections::BTreeMap;
use std::process::Command;

use local::functions;
use serde_json::Value;
use tests::project;

#[test]
fn each_function_is_a_member_with_one_binary_of_its_name() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(project())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let folder = project().join("functions").canonicalize().expect("the folder functions/");
    let members = metadata["packages"].as_array().expect("packages").iter().filter_map(|package| {
        let manifest = std::path::Path::new(package["manifest_path"].as_str()?);
        manifest.starts_with(&folder).then(|| (package["name"].as_str().unwrap_or_default(), binaries(package)))
    });
    let members: BTreeMap<_, _> = members.collect();
    let names = functions::names(&project()).expect("the folder functions/");
    let expected: BTreeMap<_, _> = names.iter().map(|name| (name.as_str(), vec![name.as_str()])).collect();
    assert_eq!(members, expected);
}

fn binaries(package: &Value) -> Vec<&str> {
    let targets = package["targets"].as_array().into_iter().flatten();
    targets.filter(|target| target["kind"][0] == "bin").filter_map(|target| target["name"].as_str()).collect()
}
