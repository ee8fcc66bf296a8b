//! How does the command talk to a server?
//!
//! One method per route of the management API; what the server refuses becomes a [`Failure`]
//! with a hint.

mod accounts;
pub(crate) mod api;
mod connect;
mod identity;
mod invocation;
mod refusal;
pub(crate) mod tail;

use reqwest::{Method, RequestBuilder, Response, Url};
use sandglass_server::{
    AuditPage, ContextKeyInfo, CreatedContextKey, CreatedToken, DeployRequest, Deployed,
    LambdaInfo, LogLine, LogPage, LogsFound, Performance, Permissions, Redeployed, SecretInfo,
    SecretValue, TokenInfo, UserId, WhitelistEntry,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::exit::{Explain as _, Failure};
use api::Invoked;
pub(crate) use connect::TokenSource;
use refusal::refused;
use tail::Tail;

/// A server and the account to work in.
pub(crate) struct Client {
    http: reqwest::Client,
    account_url: Url,
    token: String,
    token_source: TokenSource,
}

impl Client {
    /// Where the token came from, for command lines that show how to use it.
    pub(crate) fn token_source(&self) -> &TokenSource {
        &self.token_source
    }

    /// The token itself.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The server's URL, without a path.
    pub(crate) fn server_url(&self) -> String {
        self.account_url.origin().ascii_serialization()
    }

    /// The URL that invokes a lambda.
    pub(crate) fn invoke_url(&self, lambda: &str) -> Url {
        let mut url = self.url(&["lambdas", lambda, "invoke"]);
        url.query_pairs_mut().append_pair("v", "1");
        url
    }

    /// The same for a program outside: it gets the bare result, and the logs are kept.
    pub(crate) fn external_url(&self, lambda: &str, system: &str) -> Url {
        let mut url = self.invoke_url(lambda);
        url.query_pairs_mut().append_pair("externalSystem", system);
        url
    }

    pub(crate) async fn deploy(&self, lambda: &DeployRequest) -> Result<Deployed, Failure> {
        self.json(self.request(Method::POST, &["deploy"]), lambda)
            .await
    }

    pub(crate) async fn lambdas(&self) -> Result<Vec<LambdaInfo>, Failure> {
        read(self.send(self.request(Method::GET, &["lambdas"])).await?).await
    }

    /// One lambda by its name or UUID.
    pub(crate) async fn lambda(&self, name: &str) -> Result<LambdaInfo, Failure> {
        let mut lambdas = self.lambdas().await?;
        match lambdas
            .iter()
            .position(|lambda| lambda.name == name || lambda.uuid == name)
        {
            Some(position) => Ok(lambdas.swap_remove(position)),
            None => Err(no_lambda(name, &lambdas)),
        }
    }

    pub(crate) async fn undeploy(&self, name: &str) -> Result<(), Failure> {
        self.send(self.request(Method::DELETE, &["deployments", name]))
            .await
            .map(drop)
    }

    pub(crate) async fn delete_lambda(&self, name: &str) -> Result<(), Failure> {
        self.send(self.request(Method::DELETE, &["lambdas", name]))
            .await
            .map(drop)
    }

    /// Invokes a lambda as a manual test: its own error message and its logs come back.
    pub(crate) async fn invoke(&self, lambda: &str, body: String) -> Result<Invoked, Failure> {
        let request = self
            .http
            .post(self.invoke_url(lambda))
            .bearer_auth(&self.token);
        let response = with_json(request, body)
            .send()
            .await
            .map_err(|e| self.unreachable(e))?;
        let status = response.status();
        let text = response
            .text()
            .await
            .doing("the server's answer broke off")?;
        if status.is_success() {
            return parse(text.as_bytes()).map(Invoked::Returned);
        }
        match api::lambda_failure(&text) {
            Some(failed) => Ok(Invoked::Failed(failed)),
            None => Err(refused(status, &text, &self.token_source)),
        }
    }

    /// The latest entries, oldest first.
    pub(crate) async fn logs(
        &self,
        lambda: &str,
        query: &LogQuery,
    ) -> Result<Vec<LogLine>, Failure> {
        if !query.is_search() {
            let mut url = self.url(&["lambdas", lambda, "logs"]);
            query.add_to(&mut url);
            let page: LogPage = self.get(url).await?;
            return Ok(page.entries);
        }
        let mut url = self.url(&["logs"]);
        url.query_pairs_mut().append_pair("lambda", lambda);
        query.add_to(&mut url);
        self.search(url, query.limit).await
    }

    /// What a search finds, oldest first. It is answered page by page, some of which may be empty.
    async fn search(&self, url: Url, limit: Option<u32>) -> Result<Vec<LogLine>, Failure> {
        let mut found: LogsFound = self.get(url.clone()).await?;
        let mut entries = found.entries;
        let wanted = limit.map_or(entries.len().max(1), |limit| limit as usize);
        while let Some(cursor) = found.cursor.filter(|_| entries.len() < wanted) {
            let mut next = url.clone();
            next.query_pairs_mut()
                .append_pair("cursor", &cursor.to_string());
            found = self.get(next).await?;
            entries.append(&mut found.entries);
        }
        entries.truncate(wanted);
        entries.reverse();
        Ok(entries)
    }

    /// Watches entries as they are written, from now on or after one.
    pub(crate) async fn tail(
        &self,
        lambda: &str,
        query: &LogQuery,
        after: Option<i64>,
    ) -> Result<Tail, Failure> {
        let mut url = self.url(&["logs", "tail"]);
        url.query_pairs_mut().append_pair("lambda", lambda);
        query.add_to(&mut url);
        let mut request = self
            .http
            .get(url)
            .timeout(tail::NO_TIMEOUT)
            .bearer_auth(&self.token);
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        Ok(Tail::new(self.send(request).await?))
    }

    /// How fast a lambda was since a time in milliseconds, in steps of so many seconds.
    pub(crate) async fn performance(
        &self,
        lambda: &str,
        start: u64,
        step: u64,
    ) -> Result<Performance, Failure> {
        let mut url = self.url(&["reports", "performance", lambda]);
        url.query_pairs_mut()
            .append_pair("startTimestamp", &start.to_string())
            .append_pair("bucketSize", &step.to_string());
        self.get(url).await
    }

    pub(crate) async fn set_environment(
        &self,
        lambda: &str,
        key: &str,
        value: &str,
    ) -> Result<Redeployed, Failure> {
        let request = self.request(Method::PUT, &["lambdas", lambda, "environment", key]);
        self.json(request, &serde_json::json!({ "value": value }))
            .await
    }

    pub(crate) async fn delete_environment(
        &self,
        lambda: &str,
        key: &str,
    ) -> Result<Redeployed, Failure> {
        let request = self.request(Method::DELETE, &["lambdas", lambda, "environment", key]);
        read(self.send(request).await?).await
    }

    pub(crate) async fn secrets(&self) -> Result<Vec<SecretInfo>, Failure> {
        read(self.send(self.request(Method::GET, &["secrets"])).await?).await
    }

    /// The value of a secret, which the server notes in its audit log.
    pub(crate) async fn secret(&self, key: &str) -> Result<SecretValue, Failure> {
        read(
            self.send(self.request(Method::GET, &["secrets", key]))
                .await?,
        )
        .await
    }

    /// Stores a secret; the value is JSON text.
    pub(crate) async fn set_secret(&self, key: &str, json: &str) -> Result<(), Failure> {
        let request = self.request(Method::PUT, &["secrets", key]);
        self.send(with_json(request, format!(r#"{{"value":{json}}}"#)))
            .await
            .map(drop)
    }

    pub(crate) async fn delete_secret(&self, key: &str) -> Result<(), Failure> {
        self.send(self.request(Method::DELETE, &["secrets", key]))
            .await
            .map(drop)
    }

    pub(crate) async fn rules(&self) -> Result<Vec<WhitelistEntry>, Failure> {
        read(self.send(self.request(Method::GET, &["whitelist"])).await?).await
    }

    pub(crate) async fn add_rule(&self, rule: &str) -> Result<(), Failure> {
        self.send(self.request(Method::PUT, &["whitelist", rule]))
            .await
            .map(drop)
    }

    pub(crate) async fn delete_rule(&self, rule: &str) -> Result<(), Failure> {
        self.send(self.request(Method::DELETE, &["whitelist", rule]))
            .await
            .map(drop)
    }

    pub(crate) async fn tokens(&self) -> Result<Vec<TokenInfo>, Failure> {
        read(self.send(self.request(Method::GET, &["tokens"])).await?).await
    }

    pub(crate) async fn create_token(
        &self,
        name: &str,
        permissions: Permissions,
        user: Option<&UserId>,
    ) -> Result<CreatedToken, Failure> {
        let request = self.request(Method::POST, &["tokens"]);
        let body = serde_json::json!({
            "name": name, "permissions": permissions, "user": user,
        });
        self.json(request, &body).await
    }

    pub(crate) async fn delete_token(&self, id: &str) -> Result<(), Failure> {
        self.send(self.request(Method::DELETE, &["tokens", id]))
            .await
            .map(drop)
    }

    pub(crate) async fn context_keys(&self) -> Result<Vec<ContextKeyInfo>, Failure> {
        let request = self.request(Method::GET, &["context-keys"]);
        read(self.send(request).await?).await
    }

    pub(crate) async fn create_context_key(
        &self,
        name: &str,
    ) -> Result<CreatedContextKey, Failure> {
        let request = self.request(Method::POST, &["context-keys"]);
        self.json(request, &serde_json::json!({ "name": name }))
            .await
    }

    pub(crate) async fn delete_context_key(&self, id: &str) -> Result<(), Failure> {
        self.send(self.request(Method::DELETE, &["context-keys", id]))
            .await
            .map(drop)
    }

    pub(crate) async fn audit(&self, filters: &AuditFilters) -> Result<AuditPage, Failure> {
        let mut url = self.url(&["audit"]);
        let limit = Some(filters.limit.to_string());
        let pairs = [
            ("actor", &filters.actor),
            ("action", &filters.action),
            ("target", &filters.target),
            ("limit", &limit),
        ];
        for (name, value) in pairs {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        let request = self.http.get(url).bearer_auth(&self.token);
        read(self.send(request).await?).await
    }

    /// Hands the whole audit log on as it comes: JSON lines.
    pub(crate) async fn audit_export(&self, mut part: impl FnMut(&[u8])) -> Result<(), Failure> {
        let request = self.request(Method::GET, &["audit", "export"]);
        let mut export = self.send(request).await?;
        while let Some(bytes) = export.chunk().await.doing("the export broke off")? {
            part(&bytes);
        }
        Ok(())
    }

    /// Percent-encodes each segment, so that no name reaches another route.
    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.account_url.clone();
        url.path_segments_mut()
            .expect("an http URL has a path")
            .extend(path);
        url
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.http
            .request(method, self.url(path))
            .bearer_auth(&self.token)
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, Failure> {
        let request = self.http.get(url).bearer_auth(&self.token);
        read(self.send(request).await?).await
    }

    async fn json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let body = serde_json::to_string(body).expect("our own types have string keys");
        read(self.send(with_json(request, body)).await?).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request
            .send()
            .await
            .map_err(|error| self.unreachable(error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let text = response.text().await.unwrap_or_default();
        Err(refused(status, &text, &self.token_source))
    }

    fn unreachable(&self, error: reqwest::Error) -> Failure {
        let server = self.server_url();
        let hint = match connect::tls_hint(&error) {
            Some(hint) => hint,
            None if error.is_connect() => {
                "is it running? `sandglass up` starts one here; --server names another"
            }
            None => "",
        };
        // The layers between say only that they pass something on.
        let root = anyhow::Error::from(error.without_url())
            .root_cause()
            .to_string();
        Failure::host(root)
            .with_hint(hint)
            .while_doing(format!("cannot reach the server at {server}"))
    }
}

/// Which rows of the audit log.
#[derive(Debug)]
pub(crate) struct AuditFilters {
    pub(crate) actor: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) limit: u32,
}

/// Which entries of a lambda's log.
#[derive(Debug, Default)]
pub(crate) struct LogQuery {
    pub(crate) limit: Option<u32>,
    pub(crate) request_id: Option<String>,
    pub(crate) levels: Vec<String>,
    pub(crate) text: Option<String>,
}

impl LogQuery {
    /// Whether some of the latest entries are not wanted.
    pub(crate) fn is_search(&self) -> bool {
        !self.levels.is_empty() || self.text.is_some()
    }

    fn add_to(&self, url: &mut Url) {
        let single = [
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("requestId", self.request_id.clone()),
            ("text", self.text.clone()),
        ];
        let single = single.into_iter();
        let single = single.filter_map(|(name, value)| Some((name, value?)));
        let levels = self.levels.iter().map(|level| ("level", level.clone()));
        url.query_pairs_mut().extend_pairs(single.chain(levels));
    }
}

fn with_json(request: RequestBuilder, body: String) -> RequestBuilder {
    request
        .header("content-type", "application/json")
        .body(body)
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Failure> {
    parse(
        &response
            .bytes()
            .await
            .doing("the server's answer broke off")?,
    )
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body)
        .doing("the server's answer is not understood")
        .hint("is it a Sandglass server of the same version as this command?")
}

fn no_lambda(name: &str, lambdas: &[LambdaInfo]) -> Failure {
    let names: Vec<&str> = lambdas
        .iter()
        .map(|lambda| lambda.name.as_str())
        .take(12)
        .collect();
    let hint = match names.is_empty() {
        true => "none is deployed yet; `sandglass deploy FILE` deploys one".to_owned(),
        false => format!("there are: {}", names.join(", ")),
    };
    Failure::host(format!("there is no lambda {name}")).with_hint(hint)
}
