//! How does the command manage accounts?

use reqwest::{Method, RequestBuilder};
use sandglass_host_abi::AccountId;
use sandglass_server::{AccountInfo, CreatedAccount};

use super::{Client, read};
use crate::exit::Failure;

impl Client {
    pub(crate) async fn accounts(&self) -> Result<Vec<AccountInfo>, Failure> {
        read(self.send(self.of_server(Method::GET, None)).await?).await
    }

    pub(crate) async fn create_account(&self, id: &AccountId) -> Result<CreatedAccount, Failure> {
        let request = self.of_server(Method::POST, None);
        self.json(request, &serde_json::json!({ "id": id })).await
    }

    pub(crate) async fn change_account(
        &self,
        id: &AccountId,
        enabled: bool,
    ) -> Result<AccountInfo, Failure> {
        let request = self.of_server(Method::PATCH, Some(id));
        let change = serde_json::json!({ "enabled": enabled });
        self.json(request, &change).await
    }

    /// A request about accounts, which are beside the one that other commands work in.
    fn of_server(&self, method: Method, id: Option<&AccountId>) -> RequestBuilder {
        let mut url = self.account_url.clone();
        {
            let mut path = url.path_segments_mut().expect("an http URL has a path");
            path.pop().pop().push("accounts");
            path.extend(id.map(AccountId::as_str));
        }
        self.http.request(method, url).bearer_auth(&self.token)
    }
}
