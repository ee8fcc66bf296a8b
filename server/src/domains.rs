//! Where are the services of an account?
//!
//! The domain API (CSDS, spec section 2): every client of the platform asks it first. It answers from
//! the configuration, and for the services that this server itself is, with the server's own address.
//! The answer is the same for every account, so that it tells nobody which ones there are.

use std::collections::BTreeMap;

use http::StatusCode;
use http::request::Parts;
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::reply::{self, Reply};
use crate::route::parameter;
use crate::status::Problem;

/// What this server itself is: the gateway that invokes lambdas, the API that manages them, the
/// Context Session Store, the login of users, and the authorization server of apps.
const OWN: [&str; 5] = ["agentVep", "faasGW", "faasUI", "mavenContext", "sentinel"];

/// The version of the domain API.
const VERSION: &str = "1.0";

/// Where each service is, by its name.
pub(crate) struct Domains(BTreeMap<String, String>);

/// Where all services are.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AllDomains<'a> {
    #[serde(rename = "baseURIs")]
    base_uris: Vec<Domain<'a>>,
}

/// Where a service is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ServiceDomain")]
pub(crate) struct Domain<'a> {
    service: &'a str,
    account: &'a str,
    #[serde(rename = "baseURI")]
    base_uri: &'a str,
}

impl Domains {
    /// What the configuration says, over what is at `base_uri` by itself: this server. Where it speaks
    /// plain HTTP only, that begins with `http://`.
    pub(crate) fn new(configured: &BTreeMap<String, String>, base_uri: &str) -> Self {
        let own = OWN.map(|service| (service.to_owned(), base_uri.to_owned()));
        let mut domains = BTreeMap::from(own);
        domains.extend(configured.clone());
        Self(domains)
    }

    /// All of them, as a login tells them.
    pub(crate) fn all(&self, account: &AccountId) -> serde_json::Value {
        let account = account.as_str();
        let base_uris = self.0.iter().map(|(service, base_uri)| Domain {
            service,
            account,
            base_uri,
        });
        let base_uris = base_uris.collect();
        serde_json::to_value(AllDomains { base_uris }).expect("texts are valid JSON")
    }

    /// Answers for one service, or for all of them.
    pub(crate) fn answer(
        &self,
        parts: &Parts,
        account: &str,
        service: Option<&str>,
    ) -> Result<Reply, Problem> {
        let account = account.parse::<AccountId>();
        let account = account.map_err(|error| Problem::BadInput(error.to_string()))?;
        if parameter(parts.uri.query(), "version")?.is_some_and(|version| version != VERSION) {
            return Err(Problem::BadInput(format!("the version must be {VERSION}")));
        }
        let account = account.as_str();
        let domain = |(service, base_uri)| Domain {
            service,
            account,
            base_uri,
        };
        let mut all = self
            .0
            .iter()
            .map(|(name, uri)| (name.as_str(), uri.as_str()));
        match service {
            None => {
                let base_uris = all.map(domain).collect();
                Ok(reply::json(StatusCode::OK, &AllDomains { base_uris }))
            }
            Some(service) => match all.find(|(name, _)| *name == service) {
                Some(found) => Ok(reply::json(StatusCode::OK, &domain(found))),
                None => Err(no_such(service)),
            },
        }
    }
}

/// The platform answers 400 (spec section 2), and its clients say so in these words.
fn no_such(service: &str) -> Problem {
    Problem::BadInput(format!("Service \"{service}\" could not be found"))
}
