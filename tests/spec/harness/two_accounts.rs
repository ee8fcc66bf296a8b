//! How does a test have two accounts on one server?

use reqwest::Method;
use tempfile::TempDir;

use super::server::{ACCOUNT, Call, TestServer, config, open};
use super::temporary;

/// The account beside the one that every server is made with.
pub(crate) const OTHER: &str = "20000002";

/// A server with two accounts, and a token of an administrator of each.
pub(crate) struct TwoAccounts {
    /// Its token is one of the first account.
    pub(crate) server: TestServer,
    pub(crate) other_token: String,
    _directory: TempDir,
}

/// Starts one.
pub(crate) fn two_accounts() -> TwoAccounts {
    let directory = temporary::directory();
    let first = open(config(directory.path())).expect("the server starts");
    let token = first.admin_token.clone();
    first.stop();
    // Whoever deletes the file gets a new token, here for the account that is made next.
    std::fs::remove_file(directory.path().join("admin.token")).expect("it was made");
    let mut second = config(directory.path());
    second.account = OTHER.parse().expect("it is an account id");
    let mut server = open(second).expect("the server starts");
    let other_token = std::mem::replace(&mut server.admin_token, token);
    TwoAccounts {
        server,
        other_token,
        _directory: directory,
    }
}

impl TwoAccounts {
    /// A call to a path of the other account, as its administrator.
    pub(crate) fn call_other(&self, method: Method, path: &str) -> Call {
        let url = format!("{}/api/account/{OTHER}{path}", self.server.url);
        Call::new(method, url).bearer(&self.other_token)
    }

    /// Stops the server, has something done to its database, and starts it again.
    pub(crate) fn with_rows(mut self, sql: &str) -> Self {
        let data_dir = self.server.data_dir.clone();
        let token = self.server.admin_token.clone();
        self.server.stop();
        let database = rusqlite::Connection::open(data_dir.join("sandglass.db"));
        let database = database.expect("it is a database");
        database
            .execute_batch(sql)
            .expect("the rows can be changed");
        drop(database);
        let mut again = config(&data_dir);
        again.account = ACCOUNT.parse().expect("it is an account id");
        self.server = open(again).expect("the server starts");
        self.server.admin_token = token;
        self
    }
}
