//! Chromium, where it is installed: pages as people see them. It is told what to do over the pipe of its developer tools.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::given::Given;

const PROGRAMS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/// Its pipe is its descriptors 3 and 4. A shell makes them of what every process can be given.
const START: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;
/// A page takes seconds on a busy machine; what takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// A window with one page. Dropping it closes it.
pub struct Chromium {
    _process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: PathBuf,
    session: Option<String>,
    last_id: u64,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Chromium {
    /// Opens a window of this width, if there is a browser; without one a test has nothing to look at, and says so.
    #[expect(clippy::panic, clippy::print_stdout, reason = "a test that cannot be set up has failed, or says so")]
    pub async fn open(width: u32, is_dark: bool) -> Option<Self> {
        let Some(program) = PROGRAMS.into_iter().find(|program| Path::new(program).exists()) else {
            println!("no Chromium here: the page was not seen in a browser");
            return None;
        };
        let folder = Given::get().folder.join(format!("chromium-{}", local::secret::random(6).unwrap_or_default()));
        let mut command = Command::new("sh");
        command.args(["-c", START, program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]);
        command.arg(format!("--user-data-dir={}", folder.display()));
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
        let mut process = spawned.unwrap_or_else(|error| panic!("{program} does not start: {error}"));
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else { panic!("no pipes") };
        let output = BufReader::new(output);
        let mut browser = Chromium { _process: process, input, output, folder, session: None, last_id: 0 };

        let target = browser.tell("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.tell("Target.attachToTarget", attach).await;
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        browser.tell("Emulation.setDeviceMetricsOverride", size).await;
        let colors = if is_dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": colors }] });
        browser.tell("Emulation.setEmulatedMedia", media).await;
        Some(browser)
    }

    /// Goes to an address.
    pub async fn visit(&mut self, address: &str) {
        self.tell("Page.navigate", json!({ "url": address })).await;
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'").await;
    }

    /// What a script in the page comes to; waits for promises.
    #[expect(clippy::panic, reason = "a script that fails fails the test")]
    pub async fn run(&mut self, script: &str) -> Value {
        match self.evaluate(script).await {
            Ok(value) => value,
            Err(problem) => panic!("{script}: {problem}"),
        }
    }

    async fn evaluate(&mut self, script: &str) -> Result<Value, Value> {
        let asked = json!({ "expression": script, "returnByValue": true, "awaitPromise": true, "userGesture": true });
        let said = self.exchange("Runtime.evaluate", asked).await;
        match (said.get("error"), said["result"].get("exceptionDetails")) {
            (Some(problem), _) | (None, Some(problem)) => Err(problem.clone()),
            (None, None) => Ok(said["result"]["result"]["value"].clone()),
        }
    }

    /// Waits until a script in the page says true.
    #[expect(clippy::panic, reason = "what never becomes true fails the test")]
    pub async fn until(&mut self, script: &str) {
        let told = async {
            // A page that is being left has no answer.
            while self.evaluate(&format!("Boolean({script})")).await != Ok(Value::Bool(true)) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(LIMIT, told).await.is_err() {
            let page = self.run("document.documentElement.outerHTML").await;
            panic!("never true: {script}, on {page}");
        }
    }

    /// Types into the field that `selector` finds, as a person would.
    pub async fn fill(&mut self, selector: &str, text: &str) {
        let found = format!("document.querySelector({})", json!(selector));
        self.run(&format!("{found}.focus(), {found}.select()")).await;
        self.tell("Input.insertText", json!({ "text": text })).await;
    }

    /// Clicks on what `selector` finds.
    pub async fn click(&mut self, selector: &str) {
        self.run(&format!("document.querySelector({}).click()", json!(selector))).await;
    }

    /// The page as it stands, without the code in it, which names everything.
    pub async fn page(&mut self) -> String {
        let copy = "(() => { const copy = document.documentElement.cloneNode(true);
                     copy.querySelectorAll('script').forEach((one) => one.remove()); return copy.outerHTML; })()";
        self.run(copy).await.as_str().unwrap_or_default().to_owned()
    }

    /// Keeps a picture of the page for whoever wants to look at it.
    #[expect(clippy::panic, reason = "a picture that cannot be taken fails the test")]
    pub async fn picture(&mut self, file: &Path) {
        let shot = json!({ "format": "png", "captureBeyondViewport": false });
        let answer = self.tell("Page.captureScreenshot", shot).await;
        let bytes = STANDARD.decode(answer["data"].as_str().unwrap_or_default()).unwrap_or_default();
        if let Err(error) = std::fs::write(file, bytes) {
            panic!("{}: {error}", file.display());
        }
    }

    /// Sends a command and answers its result.
    #[expect(clippy::panic, reason = "a command that fails fails the test")]
    async fn tell(&mut self, method: &str, parameters: Value) -> Value {
        let said = self.exchange(method, parameters).await;
        match said.get("error") {
            None => said["result"].clone(),
            Some(problem) => panic!("Chromium was told {method} and said {problem}"),
        }
    }

    /// Sends a command and answers what is said to it.
    #[expect(clippy::panic, reason = "a browser that does not answer fails the test")]
    async fn exchange(&mut self, method: &str, parameters: Value) -> Value {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        let exchange = async {
            self.input.write_all(&bytes).await.ok()?;
            loop {
                let mut line = Vec::new();
                self.output.read_until(0, &mut line).await.ok().filter(|length| *length > 0)?;
                line.pop();
                let said: Value = serde_json::from_slice(&line).ok()?;
                // What happens meanwhile is told, too, and not asked for here.
                if said["id"] == self.last_id {
                    return Some(said);
                }
            }
        };
        match tokio::time::timeout(LIMIT, exchange).await {
            Ok(Some(said)) => said,
            ended => panic!("Chromium was told {method} and did not answer: {ended:?}"),
        }
    }
}
