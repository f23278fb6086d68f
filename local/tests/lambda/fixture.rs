//! A bundle of three functions: `hello`, `echo`, and `broken`, which ends at once.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use local::lambda::{Bundle, BundleSettings};

const TEMPLATE: &str = "
Parameters:
  FrontEndOrigins: {Type: CommaDelimitedList, Default: 'http://localhost:3000,http://app.test'}
Globals:
  Function:
    CodeUri: FOLDER
    Timeout: TIMEOUT
    Environment: {Variables: {LOG_LEVEL: info, SSL_CERT_FILE: /dev/null, SSL_CERT_DIR: /opt/roots}}
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration:
        AllowOrigins: !Ref FrontEndOrigins
        AllowCredentials: true
        AllowMethods: [GET, POST]
        AllowHeaders: [authorization, content-type]
        MaxAge: 600
      DefaultRouteSettings: {ThrottlingBurstLimit: BURST, ThrottlingRateLimit: 1}
  HelloFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: hello}}
    Properties:
      Events:
        Hello: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: /hello}}
  EchoFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: echo}}
    Properties:
      Environment: {Variables: {SECRET: of echo alone}}
      Events:
        Echo: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: ANY, Path: '/echo/{proxy+}'}}
  BrokenFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: broken}}
    Properties:
      Events:
        Broken: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: /broken}}
";

/// A folder of its own for one test.
pub struct Folder(pub PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the template says differently for one test.
pub struct Limits {
    pub burst: u32,
    pub timeout_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { burst: 100_000, timeout_seconds: 20 }
    }
}

/// A bundle that takes any number of requests and lets them take their time.
pub async fn start(name: &str) -> (Bundle, Folder) {
    start_with(name, Limits::default()).await
}

pub async fn start_with(name: &str, limits: Limits) -> (Bundle, Folder) {
    let folder = Folder(std::env::temp_dir().join(format!("lambda-{name}-{}", std::process::id())));
    let settings = settings(&folder.0, limits);
    (Bundle::start(settings).await.expect("the bundle starts"), folder)
}

pub fn settings(folder: &Path, limits: Limits) -> BundleSettings {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).expect("a folder");
    let built = built();
    symlink(built.join("hello"), folder.join("hello")).expect("a link");
    symlink(built.join("examples/echo"), folder.join("echo")).expect("a link");
    fs::write(folder.join("broken"), "#!/bin/sh\necho 'DATABASE_URL is missing' >&2\nexit 1\n").expect("a script");
    fs::set_permissions(folder.join("broken"), fs::Permissions::from_mode(0o755)).expect("an executable");
    let code = concat!(env!("CARGO_MANIFEST_DIR"), "/hello");
    let [burst, timeout] = [limits.burst, limits.timeout_seconds].map(|limit| limit.to_string());
    let template = TEMPLATE.replace("FOLDER", code).replace("BURST", &burst).replace("TIMEOUT", &timeout);
    fs::write(folder.join("template.yaml"), template).expect("a template");
    let variables = [("LOG_LEVEL", "debug"), ("SECRET", "hush"), ("OTHER", "not for functions")];
    BundleSettings {
        template: folder.join("template.yaml"),
        binaries: folder.to_owned(),
        environment: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        extra_environment: BTreeMap::from([("CLOCK_FILE".to_owned(), "/tmp/clock".to_owned())]),
        listen: ([127, 0, 0, 1], 0).into(),
        logs: None,
        instances_per_function: 2,
    }
}

/// Builds the functions once, as this test was built; the folder that they are in.
fn built() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            let test = std::env::current_exe().expect("this test");
            let folder = test.ancestors().nth(2).expect("the build folder").to_owned();
            let profile = if folder.ends_with("release") { "release" } else { "dev" };
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["build", "-q", "-p", "hello", "--bins", "--examples", "--profile", profile]);
            assert!(cargo.status().expect("cargo runs").success());
            folder
        })
        .clone()
}

/// Whether a process runs; a zombie does.
pub fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}
