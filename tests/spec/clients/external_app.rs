//! `examples/external-app`: users log in by OAuth 2 and invoke a lambda by a button.

use std::path::Path;

use reqwest::Method;
use serde_json::json;

use crate::harness::clients::{Platform, Waiting, agree};
use crate::harness::sentinel::TestUser;
use crate::harness::server::{ACCOUNT, Call, Reply};
use crate::harness::{npm, ports};

/// The app, and somebody who looks at it.
struct App {
    platform: Platform,
    url: String,
    cookie: String,
    user: TestUser,
    _process: Waiting,
}

impl App {
    /// Starts the app, which refreshes a token that is older than that.
    fn start(refresh_after_seconds: u32) -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/external-app");
        let folder = npm::installed("external-app", &example);
        for file in ["app.mjs", "page.mjs"] {
            std::fs::copy(example.join(file), folder.join(file)).expect("it can be copied");
        }
        let platform = Platform::start();
        let server = &platform.server;
        let body = "if (input.payload.name) callback(null, `Hello ${input.payload.name}`); \
                    else callback(new Error('there is no name'));";
        let lambda = server.deploy_body("hello", body);
        let user = server.user("ada@example.com", &["invocation"]);
        // Its redirect URI has its port, so that has to be known before it starts.
        let port = ports::free().to_string();
        let url = format!("http://localhost:{port}");
        let app = server.app(&json!({
            "client_name": "External app", "grant_types": ["authorization_code"],
            "redirect_uris": [format!("{url}/callback")],
        }));
        let mut command = platform.node(&folder.join("app.mjs"));
        command
            .env("SERVER", &server.url)
            .env("ACCOUNT", ACCOUNT)
            .env("PORT", port)
            .env("LAMBDA", lambda)
            .env("CLIENT_ID", app.id)
            .env("CLIENT_SECRET", app.secret)
            .env("REFRESH_AFTER_SECONDS", refresh_after_seconds.to_string());
        let mut process = Waiting::start(command);
        assert_eq!(process.line(), url);
        Self {
            platform,
            url,
            cookie: String::new(),
            user,
            _process: process,
        }
    }

    /// Opens a page of the app, or sends it a form.
    fn ask(&mut self, method: Method, path: &str, form: &str) -> Reply {
        let call = Call::new(method, format!("{}{path}", self.url));
        let call = call.header("cookie", &self.cookie);
        let reply = call
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send();
        if let Some((cookie, _)) = reply.header("set-cookie").split_once(';') {
            self.cookie = cookie.to_owned();
        }
        reply
    }

    /// Signs in; where the authorization server sends the user back to.
    fn agree(&mut self) -> String {
        let sent = self.ask(Method::GET, "/login", "");
        assert_eq!(sent.status, 303, "{sent:?}");
        let asked = sent.header("location");
        assert!(asked.contains("code_challenge_method=S256"), "{asked}");
        let back = agree(&self.platform.server, &self.user, asked);
        let path = back.as_str().strip_prefix(&self.url);
        path.expect("it is the app's").to_owned()
    }

    fn sign_in(&mut self) {
        let path = self.agree();
        let reply = self.ask(Method::GET, &path, "");
        assert_eq!((reply.status, reply.header("location")), (303, "/"));
    }

    /// Presses the button.
    fn invoke(&mut self, form: &str) -> Reply {
        self.ask(Method::POST, "/invoke", form)
    }
}

#[test]
fn who_signs_in_invokes_and_sees_results_and_errors() {
    let mut app = App::start(1800);
    let page = app.ask(Method::GET, "/", "");
    assert!(
        page.text.contains("<a href=\"/login\">Sign in</a>"),
        "{page:?}"
    );
    assert_eq!(app.invoke("name=Ada").status, 401);
    app.sign_in();
    let page = app.ask(Method::GET, "/", "");
    let greeted = format!("Signed in as <code>{}</code>", app.user.id);
    assert!(page.text.contains(&greeted), "{page:?}");
    assert!(page.text.contains("<button>Invoke</button>"), "{page:?}");

    let page = app.invoke("name=Ada+%3Cb%3E");
    let result = "<pre id=\"result\">&quot;Hello Ada &lt;b&gt;&quot;</pre>";
    assert!(page.status == 200 && page.text.contains(result), "{page:?}");
    let page = app.invoke("name=");
    let error = "<p role=\"alert\">901 com.liveperson.faas.handler.custom-failure: \
                 Function Invocation failed due to an issue caused by customer coding</p>";
    assert!(page.status == 502 && page.text.contains(error), "{page:?}");

    assert_eq!(app.ask(Method::POST, "/logout", "").status, 303);
    assert_eq!(app.invoke("name=Ada").status, 401);
}

#[test]
fn tokens_are_refreshed_when_they_are_due() {
    let mut app = App::start(0);
    app.sign_in();
    // Each refresh token is good once: the second and the third only work when it keeps the new ones.
    for _ in 0..3 {
        let page = app.invoke("name=Ada");
        assert!(page.text.contains("Hello Ada"), "{page:?}");
    }
    let path = format!("/users/{}", app.user.id);
    let off = json!({ "enabled": false });
    let changed = app
        .platform
        .server
        .call(Method::PATCH, &path)
        .json(&off)
        .send();
    assert_eq!(changed.status, 200, "{changed:?}");
    let page = app.invoke("name=Ada");
    assert!(
        page.status == 502 && page.text.contains("Sign in again"),
        "{page:?}"
    );
    assert_eq!(app.invoke("name=Ada").status, 401);
}

#[test]
fn a_login_that_was_not_begun_here_is_refused() {
    let mut app = App::start(1800);
    let path = app.agree();
    let begun = std::mem::take(&mut app.cookie);
    let stranger = app.ask(Method::GET, &path, "");
    assert_eq!(stranger.status, 400, "{stranger:?}");
    assert!(stranger.text.contains("was not begun here"), "{stranger:?}");

    app.cookie = begun;
    let (before, after) = path.split_once("state=").expect("it has one");
    let (_, rest) = after.split_once('&').unwrap_or((after, ""));
    let forged = format!("{before}state=another&{rest}");
    let refused = app.ask(Method::GET, &forged, "");
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(refused.text.contains("The login failed"), "{refused:?}");
    // The attempt is over: the right answer comes too late.
    assert_eq!(app.ask(Method::GET, &path, "").status, 400);
    assert_eq!(app.invoke("name=Ada").status, 401);
}
