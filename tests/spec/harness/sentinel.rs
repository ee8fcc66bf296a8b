//! How does a test log in, and how does it act as an app or as a browser?

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Method;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use url::Url;

use super::server::{ACCOUNT, Call, Reply, TestServer};

/// The password of every user that tests make.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// Where browsers are sent back to. Nobody goes there.
pub(crate) const CALLBACK: &str = "https://app.example/callback";

/// A user that a test made.
#[derive(Debug, Clone)]
pub(crate) struct TestUser {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// An app that a test installed.
#[derive(Debug, Clone)]
pub(crate) struct TestApp {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// The two texts of RFC 7636.
#[derive(Debug, Clone)]
pub(crate) struct Pkce {
    pub(crate) verifier: String,
    pub(crate) challenge: String,
}

/// A browser with its cookies, which follows no redirect by itself.
pub(crate) struct Browser<'a> {
    server: &'a TestServer,
    cookie: String,
}

/// Parameters in the encoding of forms.
pub(crate) fn form(parameters: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(parameters);
    form.finish()
}

/// A `Basic` header's value.
pub(crate) fn basic(app: &TestApp) -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("{}:{}", app.id, app.secret))
    )
}

/// The claims of a JSON Web Token, unchecked.
pub(crate) fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).expect("a token has three parts");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("it is base64");
    serde_json::from_slice(&claims).expect("it is JSON")
}

impl Pkce {
    /// A verifier that differs by its number, and its challenge.
    pub(crate) fn new(number: u32) -> Self {
        let verifier = format!("{number:0>43}");
        let hash = digest(&SHA256, verifier.as_bytes());
        Self {
            verifier,
            challenge: URL_SAFE_NO_PAD.encode(hash),
        }
    }
}

impl TestServer {
    /// Makes a user with these permissions and the password of all.
    #[track_caller]
    pub(crate) fn user(&self, name: &str, permissions: &[&str]) -> TestUser {
        let body = json!({
            "loginName": name, "permissions": permissions, "password": PASSWORD,
        });
        let reply = self.call(Method::POST, "/users").json(&body).send();
        assert_eq!(reply.status, 201, "{reply:?}");
        TestUser {
            id: reply.json()["id"].as_str().expect("an id").to_owned(),
            name: name.to_owned(),
        }
    }

    /// A login by `agentVep`.
    pub(crate) fn login(&self, name: &str, password: &str) -> Reply {
        let body = json!({ "username": name, "password": password });
        let call = self.call(Method::POST, "/login?v=1.3").bearer("");
        call.json(&body).send()
    }

    /// The bearer token of a login that works.
    #[track_caller]
    pub(crate) fn bearer(&self, user: &TestUser) -> String {
        let reply = self.login(&user.name, PASSWORD);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["bearer"].as_str().expect("a text").to_owned()
    }

    /// Installs an app.
    #[track_caller]
    pub(crate) fn app(&self, new: &Value) -> TestApp {
        let reply = self.call(Method::POST, "/apps").json(new).send();
        assert_eq!(reply.status, 201, "{reply:?}");
        let app = reply.json();
        TestApp {
            id: app["client_id"].as_str().expect("an id").to_owned(),
            secret: app["client_secret"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// Installs an app that acts in the name of users.
    #[track_caller]
    pub(crate) fn web_app(&self) -> TestApp {
        self.app(&json!({
            "client_name": "Web shop", "grant_types": ["authorization_code"],
            "redirect_uris": [CALLBACK],
        }))
    }

    /// Installs an app that acts in its own name.
    #[track_caller]
    pub(crate) fn machine(&self) -> TestApp {
        self.app(&json!({ "client_name": "CRM", "grant_types": ["client_credentials"] }))
    }

    /// A call to the authorization server, with a form.
    pub(crate) fn sentinel(&self, path: &str, parameters: &[(&str, &str)]) -> Call {
        let url = format!("{}/sentinel/api/account/{ACCOUNT}/{path}", self.url);
        Call::new(Method::POST, url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form(parameters))
    }

    /// The tokens for a code.
    pub(crate) fn exchange(&self, app: &TestApp, code: &str, more: &[(&str, &str)]) -> Reply {
        let mut parameters = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("client_id", app.id.as_str()),
        ];
        if !app.secret.is_empty() {
            parameters.push(("client_secret", app.secret.as_str()));
        }
        parameters.extend(more);
        self.sentinel("token?v=2.0", &parameters).send()
    }

    /// The next tokens for a refresh token.
    pub(crate) fn refresh(&self, app: &TestApp, token: &str) -> Reply {
        let parameters = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", app.id.as_str()),
            ("client_secret", app.secret.as_str()),
        ];
        self.sentinel("token?v=2.0", &parameters).send()
    }

    /// The tokens that a user's consent to an app ends in.
    #[track_caller]
    pub(crate) fn tokens(&self, app: &TestApp, user: &TestUser) -> Value {
        let code = Browser::new(self).code(app, user, &[]);
        let reply = self.exchange(app, &code, &[]);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    /// An App JWT.
    #[track_caller]
    pub(crate) fn app_jwt(&self, app: &TestApp) -> String {
        let parameters = [
            ("grant_type", "client_credentials"),
            ("scope", ""),
            ("client_id", app.id.as_str()),
            ("client_secret", app.secret.as_str()),
        ];
        let reply = self.sentinel("app/token?v=2.0", &parameters).send();
        assert_eq!(reply.status, 200, "{reply:?}");
        let token = reply.json()["access_token"].as_str().map(str::to_owned);
        token.expect("a text")
    }
}

impl<'a> Browser<'a> {
    pub(crate) fn new(server: &'a TestServer) -> Self {
        Self {
            server,
            cookie: String::new(),
        }
    }

    fn send(&mut self, call: Call) -> Reply {
        let call = match self.cookie.as_str() {
            "" => call,
            cookie => call.header("cookie", cookie),
        };
        let reply = call.send();
        if let Some((cookie, _)) = reply.header("set-cookie").split_once(';') {
            self.cookie = cookie.to_owned();
        }
        reply
    }

    /// Opens the page that asks for a name and a password.
    pub(crate) fn open(&mut self, parameters: &[(&str, &str)]) -> Reply {
        let path = format!(
            "/sentinel/api/account/{ACCOUNT}/authorize?v=1.0&{}",
            form(parameters)
        );
        let call = self.server.plain(Method::GET, &path);
        self.send(call)
    }

    /// The same, as an app asks for it.
    pub(crate) fn ask(&mut self, app: &TestApp, more: &[(&str, &str)]) -> Reply {
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", app.id.as_str()),
            ("redirect_uri", CALLBACK),
            ("state", "the state"),
        ];
        parameters.extend(more);
        self.open(&parameters)
    }

    /// Sends a page's form, filled in.
    pub(crate) fn submit(&mut self, page: &Reply, fields: &[(&str, &str)]) -> Reply {
        let flow = flow(page);
        let mut parameters = vec![("flow", flow.as_str())];
        parameters.extend(fields);
        let call = self.server.sentinel("authorize", &parameters);
        self.send(call)
    }

    /// Signs in, and returns the page that asks whether the app may.
    #[track_caller]
    pub(crate) fn sign_in(&mut self, page: &Reply, user: &TestUser) -> Reply {
        let fields = [("username", user.name.as_str()), ("password", PASSWORD)];
        let page = self.submit(page, &fields);
        assert_eq!(page.status, 200, "{page:?}");
        page
    }

    /// Asks, signs in, agrees, and returns where the browser is sent.
    #[track_caller]
    pub(crate) fn agree(&mut self, app: &TestApp, user: &TestUser, more: &[(&str, &str)]) -> Url {
        let page = self.ask(app, more);
        assert_eq!(page.status, 200, "{page:?}");
        let page = self.sign_in(&page, user);
        let sent = self.submit(&page, &[("decision", "allow")]);
        location(&sent)
    }

    /// The code that a user's consent ends in.
    #[track_caller]
    pub(crate) fn code(&mut self, app: &TestApp, user: &TestUser, more: &[(&str, &str)]) -> String {
        let location = self.agree(app, user, more);
        parameter(&location, "code").expect("there is a code")
    }
}

/// Where an answer sends the browser.
#[track_caller]
pub(crate) fn location(reply: &Reply) -> Url {
    assert_eq!(reply.status, 303, "{reply:?}");
    Url::parse(reply.header("location")).expect("it is a URL")
}

/// A parameter of a URL.
pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    let found = pairs.find(|(known, _)| known == name);
    found.map(|(_, value)| value.into_owned())
}

/// The sealed state in a page's form.
#[track_caller]
pub(crate) fn flow(page: &Reply) -> String {
    let field = "name=\"flow\" value=\"";
    let (_, rest) = page
        .text
        .split_once(field)
        .unwrap_or_else(|| panic!("{page:?}"));
    let (flow, _) = rest.split_once('"').expect("the attribute ends");
    flow.to_owned()
}

/// Checks the status and the code of an error of the authorization server.
#[track_caller]
pub(crate) fn check_oauth_error(reply: &Reply, status: u16, error: &str) {
    assert_eq!(reply.status, status, "{reply:?}");
    assert_eq!(reply.json()["error"], error, "{reply:?}");
    assert_eq!(reply.header("cache-control"), "no-store", "{reply:?}");
}
