//! What does an account have besides lambdas that has been at work for a while?

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::deploy::{api, deploy, greeting, text};
use crate::sandglass::ACCOUNT;
use crate::{Connection, Request, Served, lambdas};

/// The password of the one user who has one.
const PASSWORD: &str = "correct horse battery";
/// As many as an account may have when nobody says otherwise.
const SCHEDULES_MAX: usize = 10;
/// As many as are kept of a lambda.
const VERSIONS: usize = 10;

/// Some of what it has, by which it can be asked for.
pub(super) struct Account {
    /// The lambda that was deployed several times.
    pub(super) lambda: String,
    pub(super) user: String,
    pub(super) schedule: String,
    pub(super) queued: String,
    /// What a user's login led to.
    pub(super) access_token: String,
    /// A token of an app that acts in its own name.
    pub(super) app_jwt: String,
    /// A bearer token that may only invoke.
    pub(super) token: String,
}

impl Account {
    /// Adds `count` of each thing, or as many as there may be.
    pub(super) async fn fill(served: &Served, lambdas: &[String], count: usize) -> Result<Self> {
        let connection = Connection::open(served.address()).await?;
        let token = served.admin_token();
        let mut filling = Filling { connection, token };
        filling.versions().await?;
        filling.settings(count).await?;
        let user = filling.users(count).await?;
        let app_jwt = filling.apps(count).await?;
        Ok(Self {
            schedule: filling.schedules(lambdas, count).await?,
            queued: filling.queue(lambdas, count).await?,
            access_token: filling.log_in().await?,
            token: filling.tokens(count).await?,
            lambda: VERSIONED.to_owned(),
            user,
            app_jwt,
        })
    }
}

const VERSIONED: &str = "versioned";

struct Filling<'a> {
    connection: Connection,
    token: &'a str,
}

impl Filling<'_> {
    async fn call(&mut self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let path = format!("/api/account/{ACCOUNT}{path}");
        api(&mut self.connection, (method, &path), self.token, body).await
    }

    async fn versions(&mut self) -> Result<()> {
        for number in 0..VERSIONS {
            let code = lambdas::hello_variant(number);
            deploy(&mut self.connection, self.token, VERSIONED, &code).await?;
        }
        Ok(())
    }

    /// Secrets, the whitelist and developer keys.
    async fn settings(&mut self, count: usize) -> Result<()> {
        for number in 0..count {
            let value = json!({ "value": format!("secret {number}") });
            self.call("PUT", &format!("/secrets/KEY_{number}"), &value)
                .await?;
            let rule = format!("/whitelist/host-{number}.example.com");
            self.call("PUT", &rule, &Value::Null).await?;
            let key = json!({ "name": format!("key {number}") });
            self.call("POST", "/context-keys", &key).await?;
        }
        Ok(())
    }

    /// Service users, and one who logs in.
    async fn users(&mut self, count: usize) -> Result<String> {
        for number in 1..count {
            let user =
                json!({ "loginName": format!("machine {number}"), "permissions": ["invocation"] });
            self.call("POST", "/users", &user).await?;
        }
        let user = json!({
            "loginName": "ada", "permissions": ["developer"], "password": PASSWORD,
        });
        let made = self.call("POST", "/users", &user).await?;
        text(&made, "id")
    }

    async fn log_in(&mut self) -> Result<String> {
        let credentials = json!({ "username": "ada", "password": PASSWORD });
        let login = self.call("POST", "/login?v=1.3", &credentials).await?;
        text(&login, "bearer")
    }

    /// Apps that act in their own names; a token of the last one.
    async fn apps(&mut self, count: usize) -> Result<String> {
        let mut app = Value::Null;
        for number in 0..count.min(20) {
            let new = json!({
                "client_name": format!("app {number}"), "grant_types": ["client_credentials"],
            });
            app = self.call("POST", "/apps", &new).await?;
        }
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            text(&app, "client_id")?,
            text(&app, "client_secret")?
        );
        let path = format!("/sentinel/api/account/{ACCOUNT}/app/token?v=2.0");
        let answer = self.connection.accepted(&Request::form(&path, &form)).await;
        let answer: Value = serde_json::from_slice(answer.context("getting an App JWT")?)?;
        text(&answer, "access_token")
    }

    async fn tokens(&mut self, count: usize) -> Result<String> {
        let mut made = Value::Null;
        for number in 0..count {
            let new = json!({ "name": format!("token {number}"), "permissions": ["invocation"] });
            made = self.call("POST", "/tokens", &new).await?;
        }
        text(&made, "token")
    }

    /// Schedules that are not due while it is measured.
    async fn schedules(&mut self, lambdas: &[String], count: usize) -> Result<String> {
        let mut made = Value::Null;
        for lambda in lambdas.iter().take(count.min(SCHEDULES_MAX)) {
            let new = json!({ "lambdaUUID": lambda, "cronExpression": "0 0 29 2 *" });
            made = self.call("POST", "/schedules", &new).await?;
        }
        text(&made, "uuid")
    }

    /// Invocations that nobody waited for.
    async fn queue(&mut self, lambdas: &[String], count: usize) -> Result<String> {
        let mut id = String::new();
        for lambda in lambdas.iter().cycle().take(count) {
            let request = greeting(lambda, self.token).header("prefer: respond-async");
            let answer = self.connection.accepted(&request).await?;
            id = text(&serde_json::from_slice(answer)?, "id")?;
        }
        Ok(id)
    }
}
