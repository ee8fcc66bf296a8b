//! How does a test run a client of the platform that others wrote? Unmodified, against a server on
//! loopback that it takes for the platform: by the platform's names, over TLS.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rcgen::SanType;
use sandglass_server::Config;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::binary::Ran;
use super::sentinel::{Browser, TestApp, TestUser, location};
use super::server::{ACCOUNT, TestServer, start_with};
use super::tls::Pki;
use super::{npm, python, temporary};

/// The platform's names for what the server is. None of them holds the words by which clients tell
/// the second generation (spec 8.3).
const SERVICES: [(&str, &str); 4] = [
    ("agentVep", "va.agentvep.liveperson.net"),
    ("faasGW", "va.faasgw.liveperson.net"),
    ("faasUI", "va.faasui.liveperson.net"),
    ("sentinel", "va.sentinel.liveperson.net"),
];
/// The gateway of the second generation, and what manages functions there.
pub(crate) const SECOND_GATEWAY: &str = "va.fninvocations.liveperson.net";
pub(crate) const SECOND_UI: &str = "va.functions.liveperson.net";
/// Where clients ask for all of these.
const DOMAIN_APIS: [&str; 2] = ["adminlogin.liveperson.net", "api.liveperson.net"];

/// A server that clients take for the platform.
pub(crate) struct Platform {
    pub(crate) server: TestServer,
    pki: Pki,
    /// Home and temporary directory of the clients.
    home: TempDir,
}

/// A client that waits for its user's browser.
pub(crate) struct Waiting {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// The folder with the clients.
fn folder() -> PathBuf {
    npm::installed("clients", &scripts())
}

/// The folder with what tests do with the clients.
fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

impl Platform {
    /// Starts a server under the platform's names.
    pub(crate) fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// The same with another configuration.
    pub(crate) fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let pki = Pki::new();
        pki.renew_with(|certificate| {
            let services = SERVICES.iter().map(|(_, name)| *name);
            let names = services
                .chain(DOMAIN_APIS)
                .chain([SECOND_GATEWAY, SECOND_UI]);
            let names = names.map(|name| SanType::DnsName(name.try_into().expect("it is ASCII")));
            certificate.subject_alt_names.extend(names);
        });
        let mut server = start_with(|config| {
            config.tls = Some(pki.files());
            config.also_listen = vec!["http://127.0.0.1:0".parse().expect("a URL")];
            config.public_url = Some("https://va.sentinel.liveperson.net".to_owned());
            let services = SERVICES.map(|(service, name)| (service.to_owned(), name.to_owned()));
            config.domains = BTreeMap::from(services);
            change(config);
        });
        // What a test does besides needs no TLS.
        server.url = server.urls[1].clone();
        Self {
            server,
            pki,
            home: temporary::directory(),
        }
    }

    /// A program of Node.js that reaches the server by the platform's names, and nothing else.
    pub(crate) fn node(&self, program: &Path) -> Command {
        let preload = format!("--require \"{}\"", scripts().join("loopback.cjs").display());
        let mut command = self.interpreter(Path::new("node"), program);
        command
            .env("NODE_PATH", folder().join("node_modules"))
            .env("NODE_EXTRA_CA_CERTS", self.pki.ca_file())
            .env("NODE_OPTIONS", preload)
            .env("NODE_NO_WARNINGS", "1");
        command
    }

    /// A script of `tests/clients` in Python, with what it is told. It reaches the server by the
    /// platform's names, and nothing else.
    pub(crate) fn python(&self, name: &str, told: &Value) -> Command {
        let python = python::environment().join("bin/python");
        let mut command = self.interpreter(&python, &scripts().join(name));
        command
            .arg(told.to_string())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("REQUESTS_CA_BUNDLE", self.pki.ca_file());
        command
    }

    fn interpreter(&self, interpreter: &Path, program: &Path) -> Command {
        let port = |at: usize| {
            let port = Url::parse(&self.server.urls[at]).expect("a URL").port();
            port.expect("it is not the usual one").to_string()
        };
        let mut command = Command::new(interpreter);
        command
            .arg(program)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("TMPDIR", self.home.path())
            .env("TEST_HTTPS_PORT", port(0))
            .env("TEST_HTTP_PORT", port(1))
            .current_dir(self.home.path());
        command
    }

    /// A script of `tests/clients`, with what it is told.
    pub(crate) fn script(&self, name: &str, told: &Value) -> Command {
        let mut command = self.node(&scripts().join(name));
        command.arg(told.to_string());
        command
    }

    /// The file of a program in one of the packages.
    pub(crate) fn program(&self, path: &str) -> Command {
        self.node(&folder().join("node_modules").join(path))
    }

    /// Where the clients keep their files.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Calls methods of the vendor's client one after the other, as an app; what came of each.
    #[track_caller]
    pub(crate) fn client(&self, app: &TestApp, calls: &Value) -> Vec<Value> {
        let auth = json!({ "clientId": app.id, "clientSecret": app.secret });
        self.client_with(json!({ "auth": auth, "calls": calls }))
    }

    /// The same with another way to authenticate, or another configuration.
    #[track_caller]
    pub(crate) fn client_with(&self, mut told: Value) -> Vec<Value> {
        told["config"]["accountId"] = json!(ACCOUNT);
        let said = finish(self.script("vendor.cjs", &told)).json();
        said.as_array().expect("a list").clone()
    }
}

/// Runs a program to its end, which has to be a good one.
#[track_caller]
pub(crate) fn finish(command: Command) -> Ran {
    let ran = try_to(command);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran
}

/// Runs a program to its end.
pub(crate) fn try_to(mut command: Command) -> Ran {
    let ran = command.stdin(Stdio::null()).output();
    ran.expect("node can be run").into()
}

/// Goes where an app sends its user, and lets the user agree; where that leads.
#[track_caller]
pub(crate) fn agree(server: &TestServer, user: &TestUser, asked: &str) -> Url {
    let asked = Url::parse(asked).expect("it sends its user to a URL");
    let pairs: Vec<(String, String)> = asked.query_pairs().into_owned().collect();
    // The browser of the tests says the version itself.
    let pairs = pairs.iter().filter(|(name, _)| name != "v");
    let pairs: Vec<_> = pairs
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut browser = Browser::new(server);
    let page = browser.open(&pairs);
    assert_eq!(page.status, 200, "{page:?}");
    let page = browser.sign_in(&page, user);
    location(&browser.submit(&page, &[("decision", "allow")]))
}

impl Waiting {
    /// Starts a client.
    pub(crate) fn start(mut command: Command) -> Self {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn().expect("the client can be run");
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        Self {
            child,
            input,
            output,
        }
    }

    /// The next line that it prints.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it prints UTF-8");
        assert!(line.ends_with('\n'), "it ended after {line:?}");
        line.trim_end().to_owned()
    }

    /// Lets the user agree to what the client asks for, and tells it where that led.
    #[track_caller]
    pub(crate) fn agree(&mut self, server: &TestServer, user: &TestUser) {
        let back = agree(server, user, &self.line());
        writeln!(self.input, "{back}").expect("it reads");
    }

    /// What it prints last.
    #[track_caller]
    pub(crate) fn end(mut self) -> Value {
        let line = self.line();
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status}: {line}");
        serde_json::from_str(&line).expect("it is JSON")
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
