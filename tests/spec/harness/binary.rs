//! How does a test run the `sandglass` binary?

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;

use super::{server, share_engine_code, temporary};

/// The binary, built by cargo if it is not up to date.
pub(crate) fn path() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            // Of the whole workspace: alone, it would have other features of its dependencies, which
            // would be built a second time for that.
            .args(["build", "--quiet", "--workspace", "--bin", "sandglass"])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
            .status()
            .expect("cargo can be run");
        assert!(built.success(), "sandglass-cli does not build");
        let test = std::env::current_exe().expect("a test knows its own path");
        let profile = test
            .ancestors()
            .nth(2)
            .expect("target/<profile>/deps/<test>");
        profile.join("sandglass")
    })
}

/// Where all commands under test find the engine's native code and keep that of their lambdas.
fn cache() -> &'static Path {
    static CACHE: OnceLock<PathBuf> = OnceLock::new();
    CACHE.get_or_init(|| {
        let cache = temporary::run().join("cli-cache");
        share_engine_code(&cache.join("sandglass"));
        cache
    })
}

/// A command of the binary with nothing of the caller's environment in it.
pub(crate) fn sandglass(arguments: &[&str]) -> Command {
    let mut command = Command::new(path());
    command
        .args(arguments)
        .env_clear()
        .env("XDG_CACHE_HOME", cache());
    command
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it was not killed"),
            out: String::from_utf8(output.stdout).expect("it prints UTF-8"),
            err: String::from_utf8(output.stderr).expect("it prints UTF-8"),
        }
    }
}

/// Runs a command to its end.
pub(crate) fn run(mut command: Command) -> Ran {
    command
        .stdin(Stdio::null())
        .output()
        .expect("the binary can be run")
        .into()
}

/// Runs a command to its end with this standard input.
pub(crate) fn run_with_input(mut command: Command, input: &str) -> Ran {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the binary can be run");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin
        .write_all(input.as_bytes())
        .expect("the command reads its input");
    drop(stdin);
    child.wait_with_output().expect("the command ends").into()
}

/// Reads what a process prints, so that it never waits for a reader.
fn collect(from: impl Read + Send + 'static, into: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut text = into.lock().expect("no test panics with it");
            text.push_str(&line);
            text.push('\n');
        }
    });
}

/// A `sandglass serve` process; killed when dropped.
pub(crate) struct Serving {
    child: Child,
    printed: Arc<Mutex<String>>,
    logged: Arc<Mutex<String>>,
    pub(crate) url: String,
    pub(crate) admin_token: String,
}

impl Serving {
    /// Starts a server process on a data directory and waits until it is ready.
    pub(crate) fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, "")
    }

    /// The same with more in its configuration.
    pub(crate) fn start_with(data_dir: &Path, settings: &str) -> Self {
        Self::spawn(Self::command(data_dir, settings), data_dir)
    }

    /// The same with a log of everything, down to this level.
    pub(crate) fn start_logging(data_dir: &Path, level: &str) -> Self {
        let mut command = Self::command(data_dir, "");
        command.env("SANDGLASS_LOG", level);
        Self::spawn(command, data_dir)
    }

    /// The same for a server that is never dropped: it ends when this process does.
    pub(crate) fn start_for_all_tests(data_dir: &Path) -> Self {
        let serve = Self::command(data_dir, "");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]);
        command.arg(serve.get_program()).args(serve.get_args());
        command.env_clear().env("PATH", "/usr/bin:/bin");
        for (name, value) in serve.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        let data_dir = data_dir.to_owned();
        let (sender, receiver) = std::sync::mpsc::channel();
        // The process is told of the death of the thread that started it, so this one stays.
        std::thread::spawn(move || {
            let _ = sender.send(Self::spawn(command, &data_dir));
            loop {
                std::thread::park();
            }
        });
        receiver.recv().expect("the server starts")
    }

    fn command(data_dir: &Path, settings: &str) -> Command {
        server::share_code_cache(data_dir);
        let file = data_dir.with_extension("toml");
        let config = format!(
            "listen = '127.0.0.1:0'\ndata_dir = {:?}\n{settings}\n[egress]\nallow_private_addresses = true\n",
            data_dir.display().to_string()
        );
        std::fs::write(&file, config).expect("the configuration can be written");
        let mut command = sandglass(&["serve", "--config"]);
        command.arg(file);
        command
    }

    /// Starts any command that serves and waits until it is ready.
    pub(crate) fn spawn(mut command: Command, data_dir: &Path) -> Self {
        let stale = data_dir.join("server.json");
        let _ = std::fs::remove_file(&stale);
        let piped = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = piped.spawn().expect("the binary can be run");
        let (printed, logged) = (Arc::default(), Arc::default());
        collect(
            child.stdout.take().expect("it is piped"),
            Arc::clone(&printed),
        );
        collect(
            child.stderr.take().expect("it is piped"),
            Arc::clone(&logged),
        );
        let ready = || {
            let text = std::fs::read_to_string(&stale).ok()?;
            let json: Value = serde_json::from_str(&text).ok()?;
            Some(json["url"].as_str()?.to_owned())
        };
        for _ in 0..3_000 {
            if let Some(url) = ready() {
                let token = std::fs::read_to_string(data_dir.join("admin.token"));
                let admin_token = token.expect("it was made").trim().to_owned();
                return Self {
                    child,
                    printed,
                    logged,
                    url,
                    admin_token,
                };
            }
            if let Some(status) = child.try_wait().expect("it can be asked") {
                panic!("the server ended: {status}");
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let _ = child.kill();
        panic!("the server is not ready");
    }

    /// What the process has printed on standard output so far.
    pub(crate) fn printed(&self) -> String {
        self.printed.lock().expect("no test panics with it").clone()
    }

    /// What the process has said on standard error so far.
    pub(crate) fn logged(&self) -> String {
        self.logged.lock().expect("no test panics with it").clone()
    }

    /// Asks the process to end, and returns what it has said on standard error.
    pub(crate) fn stop_and_tell(self) -> String {
        self.signal(rustix::process::Signal::TERM);
        self.wait_until_logged("stopped");
        self.logged()
    }

    /// Waits until the process has said this on standard error.
    #[track_caller]
    pub(crate) fn wait_until_logged(&self, text: &str) {
        let logged = || self.logged();
        let said = (0..2_000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            logged().contains(text)
        });
        assert!(said, "{text:?} is not in:\n{}", logged());
    }

    /// Sends the process a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).expect("it runs");
    }

    /// The process's id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the process at once, as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Asks the process to end, and returns its exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        self.signal(rustix::process::Signal::TERM);
        self.child.wait().expect("it ends").code()
    }

    /// A call to a path of the account, as admin.
    pub(crate) fn call(&self, method: reqwest::Method, path: &str) -> server::Call {
        let url = format!("{}/api/account/{}{path}", self.url, server::ACCOUNT);
        server::Call::new(method, url).bearer(&self.admin_token)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
