//! Would a lambda get through to a URL, and if not, why?
//!
//! The same code says so as decides on a lambda's request: the whitelist of the account, then the
//! addresses of the host. No request is sent. What the whitelist does not allow is not resolved either,
//! as for a lambda: who may not ask for a name learns nothing of it.

use std::net::IpAddr;

use sandglass_runtime::{AccountId, AddressVerdict, AllowedHosts, HttpError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError};
use sandglass_runtime::allowed_hosts::HostRule;

/// What would become of a request to a URL.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WhitelistVerdict {
    /// Whether it would be sent.
    pub allowed: bool,
    /// `http` or `https`.
    pub scheme: String,
    /// The host as it was understood.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The rule that allows it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The rule that would allow it, if none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_rule: Option<String>,
    /// A sentence for people: why, or why not.
    pub reason: String,
    /// What the host resolves to, when a rule allows it.
    pub addresses: Vec<WhitelistAddress>,
    /// Why the host does not resolve, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolve_error: Option<String>,
}

/// An address of a host.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WhitelistAddress {
    /// The address.
    #[schemars(with = "String")]
    pub address: IpAddr,
    /// `public`, or what is there instead, such as `private` or `loopback`.
    pub kind: String,
    /// Whether lambdas may reach it.
    pub allowed: bool,
    /// What is there that they may not reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Admin {
    /// What would become of a lambda's request to a URL.
    ///
    /// # Errors
    /// When there is no such account, or it is no URL that a lambda could ask for.
    pub async fn test_whitelist(
        &self,
        account: &AccountId,
        url: &str,
    ) -> Result<WhitelistVerdict, ChangeError> {
        let account = self.known(account)?;
        let rules = account.whitelist.keys();
        let allowed: AllowedHosts = rules
            .filter_map(|rule| rule.parse::<HostRule>().ok())
            .collect();
        let verdict = allowed.verdict(url);
        let verdict = verdict.map_err(|error| ChangeError::Invalid(error.to_string()))?;
        let mut answer = WhitelistVerdict {
            allowed: false,
            scheme: verdict.url.scheme().to_owned(),
            host: verdict.url.host_str().unwrap_or_default().to_owned(),
            port: verdict.url.port_or_known_default().unwrap_or_default(),
            rule: None,
            missing_rule: None,
            reason: String::new(),
            addresses: Vec::new(),
            resolve_error: None,
        };
        match verdict.rule {
            Err(missing) => {
                answer.reason = format!(
                    "{} is not on the whitelist: the rule `{missing}` would allow it.",
                    answer.host
                );
                answer.missing_rule = Some(missing.to_string());
            }
            Ok(rule) => {
                answer.rule = Some(rule.to_string());
                let found = self.parts().egress.look(&verdict.url).await;
                answer.settle(found);
            }
        }
        Ok(answer)
    }
}

impl WhitelistVerdict {
    /// What a rule allows depends on the addresses: one that is refused refuses them all.
    fn settle(&mut self, found: Result<Vec<AddressVerdict>, HttpError>) {
        let rule = self.rule.as_deref().unwrap_or_default();
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                self.reason = format!("The rule `{rule}` allows it, but {error}.");
                self.resolve_error = Some(error.to_string());
                return;
            }
        };
        let refused = found
            .iter()
            .find_map(|found| found.refused.map(|what| (found.address, what)));
        self.allowed = refused.is_none();
        self.reason = match refused {
            None => format!("The rule `{rule}` allows it."),
            Some((address, what)) => format!(
                "The rule `{rule}` allows it, but it resolves to {address}, which lambdas may not \
                 reach: {what}."
            ),
        };
        let addresses = found.into_iter().map(|found| WhitelistAddress {
            address: found.address,
            kind: found.kind.to_owned(),
            allowed: found.refused.is_none(),
            reason: found.refused.map(str::to_owned),
        });
        self.addresses = addresses.collect();
    }
}
