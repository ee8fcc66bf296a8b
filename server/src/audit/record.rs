//! What does a row of the audit log say, and what is its hash?

use ring::digest::{SHA256, digest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::SignedEntry;

/// The hash before the first row: 64 zeros.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A row of the audit log. What is not known is an empty text.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuditRecord {
    /// Counts the rows of the whole server from 1, without a gap.
    pub id: u64,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
    /// The account's id; empty for what concerns the whole server.
    pub account: String,
    /// `user`, `service-user`, `app`, `token`, `operator` or `nobody`.
    pub actor_kind: String,
    /// The id of who did it; empty for the operator and for nobody known.
    pub actor_id: String,
    /// What they were called then.
    pub actor_name: String,
    /// What was done, for instance `secret.put`.
    pub action: String,
    /// The kind of thing that it was done to: the action's first word.
    pub target_kind: String,
    /// The thing's id, where it has one.
    pub target_id: String,
    /// The thing's name then.
    pub target_name: String,
    /// More about it: a JSON object.
    #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
    pub details: Box<RawValue>,
    /// The address that the request came from, by the word of a trusted proxy if there is one.
    pub address: String,
    /// The request's `x-request-id`.
    pub request_id: String,
    /// The hash of the row before it: 64 lower-case hexadecimal digits.
    pub previous: String,
    /// The hash of this row.
    pub hash: String,
}

/// What stands for a row of another account: its place in the chain, and nothing of what it says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    pub(crate) id: u64,
    pub(crate) previous: String,
    pub(crate) hash: String,
}

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    /// The last row; 0 when there is none.
    pub(crate) id: u64,
    /// Its hash.
    pub(crate) hash: String,
}

impl Default for Head {
    fn default() -> Self {
        Self {
            id: 0,
            hash: NOTHING.to_owned(),
        }
    }
}

impl AuditRecord {
    /// The row that an entry becomes at the end of a chain.
    pub(crate) fn following(head: Head, at: u64, signed: &SignedEntry) -> Self {
        let SignedEntry {
            entry,
            actor,
            origin,
        } = signed;
        let details = serde_json::value::to_raw_value(&entry.details);
        let mut record = Self {
            id: head.id + 1,
            at,
            account: entry.account.clone(),
            actor_kind: actor.kind.as_str().to_owned(),
            actor_id: actor.id.to_string(),
            actor_name: actor.name.to_string(),
            action: entry.action.as_str().to_owned(),
            target_kind: entry.action.target_kind().to_owned(),
            target_id: entry.target_id.clone(),
            target_name: entry.target_name.clone(),
            details: details.expect("details have string keys"),
            address: origin.address.map(|it| it.to_string()).unwrap_or_default(),
            request_id: origin
                .request
                .as_ref()
                .map(|id| id.as_str().to_owned())
                .unwrap_or_default(),
            previous: head.hash,
            hash: String::new(),
        };
        record.hash = record.computed_hash();
        record
    }

    /// The SHA-256 of the row's canonical text: a JSON array of all fields but the hash in their
    /// order, in the form of RFC 8785.
    pub(crate) fn computed_hash(&self) -> String {
        let fields = (
            self.id,
            self.at,
            &self.account,
            &self.actor_kind,
            &self.actor_id,
            &self.actor_name,
            &self.action,
            &self.target_kind,
            &self.target_id,
            &self.target_name,
            &self.details,
            &self.address,
            &self.request_id,
            &self.previous,
        );
        // serde escapes as RFC 8785 says; the details were written with sorted names.
        let text = serde_json::to_vec(&fields).expect("texts and numbers are valid JSON");
        hex(digest(&SHA256, &text).as_ref())
    }

    /// The row's place in the chain.
    pub(crate) fn link(&self) -> Link {
        Link {
            id: self.id,
            previous: self.previous.clone(),
            hash: self.hash.clone(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{AuditAction, AuditEntry};

    fn record() -> AuditRecord {
        let entry = AuditEntry::new(AuditAction::SecretPut, &"acc".parse().unwrap())
            .target("", "a\"b\u{1}\u{7f}ä\u{2028}")
            .detail("version", 2_u64)
            .detail("created", true)
            .detail("names", vec!["b".to_owned(), "a".to_owned()]);
        AuditRecord::following(Head::default(), 5, &entry.by_operator())
    }

    /// From Python: `hashlib.sha256(json.dumps([...], ensure_ascii=False,
    /// separators=(",", ":")).encode()).hexdigest()`.
    #[test]
    fn the_hash_is_what_another_language_computes() {
        let record = record();
        assert_eq!(
            record.details.get(),
            r#"{"created":true,"names":["b","a"],"version":2}"#
        );
        assert_eq!(record.hash, PYTHON);
    }

    #[test]
    fn each_field_is_part_of_the_hash() {
        let changes: [fn(&mut AuditRecord); 14] = [
            |row| row.id += 1,
            |row| row.at += 1,
            |row| row.account.push('x'),
            |row| row.actor_kind.push('x'),
            |row| row.actor_id.push('x'),
            |row| row.actor_name.push('x'),
            |row| row.action.push('x'),
            |row| row.target_kind.push('x'),
            |row| row.target_id.push('x'),
            |row| row.target_name.push('x'),
            |row| row.details = RawValue::NULL.to_owned(),
            |row| row.address.push('x'),
            |row| row.request_id.push('x'),
            |row| row.previous.push('x'),
        ];
        for change in changes {
            let mut record = record();
            change(&mut record);
            assert_ne!(record.computed_hash(), record.hash, "{record:?}");
        }
    }

    const PYTHON: &str = "a85501cb8415871f0a87449fa122ed9aa043d11226e47bf54a484c775114dfe1";
}
