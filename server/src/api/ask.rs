//! What does an endpoint know of the request that it answers?

use std::borrow::Cow;

use bytes::Bytes;
use http::request::Parts;
use hyper::body::Incoming;
use sandglass_runtime::{AccountId, ByteSize, InvocationId};
use serde::de::DeserializeOwned;

use super::PathParameters;
use crate::admin::Admin;
use crate::app::App;
use crate::audit::Origin;
use crate::auth::Grant;
use crate::route::{parameter, parameters};
use crate::status::Problem;
use crate::telemetry::Traced;

/// A request on its way to its endpoint.
pub(crate) struct Ask<'a> {
    pub(crate) app: &'a App,
    pub(crate) parts: &'a Parts,
    path: PathParameters<'a>,
    grant: Option<Grant>,
    /// In the name of the caller.
    admin: Admin,
    request: Option<InvocationId>,
    body: Option<Incoming>,
    /// What it is in a trace, if it is in one.
    pub(crate) traced: Option<&'a Traced>,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(
        app: &'a App,
        parts: &'a Parts,
        path: PathParameters<'a>,
        (grant, origin): (Option<Grant>, Origin),
        body: Incoming,
    ) -> Self {
        let request = origin.request.clone();
        let admin = match &grant {
            Some(grant) => app.admin.by(grant.actor()).asked_from(origin),
            None => app.admin.asked_from(origin),
        };
        Self {
            app,
            parts,
            path,
            grant,
            admin,
            request,
            body: Some(body),
            traced: None,
        }
    }

    /// Says what it is in a trace.
    pub(crate) fn traced(self, traced: Option<&'a Traced>) -> Self {
        Self { traced, ..self }
    }

    /// The leave that the caller has. Only for endpoints that need one.
    pub(crate) fn grant(&self) -> &Grant {
        self.grant
            .as_ref()
            .expect("the endpoint says which leave it needs")
    }

    /// The account that the leave is for.
    pub(crate) fn account(&self) -> &AccountId {
        self.grant().account()
    }

    /// The id of the request.
    pub(crate) fn request(&self) -> InvocationId {
        let request = self.request.clone();
        request.expect("every request has an id")
    }

    /// The management API, in the name of the caller.
    pub(crate) fn admin(&self) -> &Admin {
        &self.admin
    }

    /// A parameter of the path.
    pub(crate) fn path(&self, name: &str) -> &str {
        self.path.get(name)
    }

    /// A parameter of the path that is a number or the like.
    pub(crate) fn path_as<T>(&self, name: &str) -> Result<T, Problem>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let text = self.path(name);
        let parsed = text.parse();
        parsed.map_err(|why| Problem::BadInput(format!("{name} is {text:?}: {why}")))
    }

    /// A parameter of the query; the first one when it repeats, `None` when it is empty.
    pub(crate) fn query(&self, name: &str) -> Result<Option<Cow<'_, str>>, Problem> {
        let found = parameter(self.parts.uri.query(), name)?;
        Ok(found.filter(|text| !text.is_empty()))
    }

    /// A parameter of the query that is a number or the like.
    pub(crate) fn query_as<T>(&self, name: &str) -> Result<Option<T>, Problem>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let parse = |text: Cow<'_, str>| {
            let parsed = text.parse();
            parsed.map_err(|why| Problem::BadInput(format!("{name} is {text:?}: {why}")))
        };
        self.query(name)?.map(parse).transpose()
    }

    /// All values of a parameter of the query that may repeat, but for empty ones.
    pub(crate) fn query_all(&self, name: &str) -> Result<Vec<Cow<'_, str>>, Problem> {
        let values = parameters(self.parts.uri.query(), name);
        let values = values.filter(|value| !matches!(value, Ok(text) if text.is_empty()));
        values.collect()
    }

    /// The whole body, once.
    pub(crate) async fn bytes(&mut self, max: ByteSize) -> Result<Bytes, Problem> {
        match self.body.take() {
            Some(body) => self.app.read(body, max).await,
            None => Ok(Bytes::new()),
        }
    }

    /// The body as a JSON object.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self, max: ByteSize) -> Result<T, Problem> {
        let body = self.bytes(max).await?;
        // serde would take an array for the fields in order.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(bad_input("the body is not a JSON object"));
        }
        serde_json::from_slice(&body).map_err(bad_input)
    }
}

/// A request that breaks a rule.
pub(crate) fn bad_input(error: impl std::fmt::Display) -> Problem {
    Problem::BadInput(error.to_string())
}
