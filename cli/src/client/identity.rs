//! How does the command manage users and apps?

use reqwest::Method;
use sandglass_server::{
    AppChange, AppInfo, InstalledAppSecret, NewApp, NewUser, SessionInfo, UserChange, UserInfo,
};

use super::{Client, read};
use crate::exit::Failure;

impl Client {
    pub(crate) async fn users(&self) -> Result<Vec<UserInfo>, Failure> {
        read(self.send(self.request(Method::GET, &["users"])).await?).await
    }

    /// One user by login name or id.
    pub(crate) async fn user(&self, name: &str) -> Result<UserInfo, Failure> {
        let users = self.users().await?;
        let same = |user: &UserInfo| {
            user.id.as_str() == name || user.login_name.to_lowercase() == name.to_lowercase()
        };
        let found = users.into_iter().find(same);
        found.ok_or_else(|| {
            Failure::host(format!("there is no user {name}"))
                .with_hint("`sandglass user list` lists them")
        })
    }

    pub(crate) async fn create_user(&self, new: &NewUser) -> Result<UserInfo, Failure> {
        self.json(self.request(Method::POST, &["users"]), new).await
    }

    pub(crate) async fn change_user(
        &self,
        id: &str,
        change: &UserChange,
    ) -> Result<UserInfo, Failure> {
        let request = self.request(Method::PATCH, &["users", id]);
        self.json(request, change).await
    }

    pub(crate) async fn delete_user(&self, id: &str) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, &["users", id]);
        self.send(request).await.map(drop)
    }

    pub(crate) async fn set_password(&self, id: &str, password: &str) -> Result<(), Failure> {
        let request = self.request(Method::PUT, &["users", id, "password"]);
        let body = serde_json::json!({ "password": password }).to_string();
        self.send(super::with_json(request, body)).await.map(drop)
    }

    pub(crate) async fn sessions(&self, id: &str) -> Result<Vec<SessionInfo>, Failure> {
        let request = self.request(Method::GET, &["users", id, "sessions"]);
        read(self.send(request).await?).await
    }

    pub(crate) async fn end_sessions(&self, id: &str) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, &["users", id, "sessions"]);
        self.send(request).await.map(drop)
    }

    pub(crate) async fn apps(&self) -> Result<Vec<AppInfo>, Failure> {
        read(self.send(self.request(Method::GET, &["apps"])).await?).await
    }

    pub(crate) async fn install_app(&self, new: &NewApp) -> Result<InstalledAppSecret, Failure> {
        self.json(self.request(Method::POST, &["apps"]), new).await
    }

    pub(crate) async fn change_app(
        &self,
        id: &str,
        change: &AppChange,
    ) -> Result<AppInfo, Failure> {
        let request = self.request(Method::PATCH, &["apps", id]);
        self.json(request, change).await
    }

    pub(crate) async fn rotate_app(&self, id: &str) -> Result<InstalledAppSecret, Failure> {
        let request = self.request(Method::POST, &["apps", id, "secret"]);
        read(self.send(request).await?).await
    }

    pub(crate) async fn remove_app(&self, id: &str) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, &["apps", id]);
        self.send(request).await.map(drop)
    }
}
