//! Who may do what?
//!
//! The platform has three permissions, and they add up (spec 7.6): an administrator who is nothing
//! else may neither invoke nor edit a lambda. [`Action::needs`] is the one place that says what each
//! of them opens; the test below holds it against the platform's table, cell by cell.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One of the platform's three permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Reads lambdas, and manages the whitelist, secrets, users, tokens and apps.
    Admin,
    /// Manages, deploys and invokes lambdas, and reads the whitelist and the names of secrets.
    Developer,
    /// Invokes lambdas, nothing else.
    Invocation,
}

/// A set of permissions. As text their names with commas between, as JSON a list of them; one name
/// alone is read as well.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permissions(u8);

/// A text that names no permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a permission: there are admin, developer and invocation")]
pub struct UnknownPermission(String);

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    ReadLambdas,
    /// Create, edit and delete.
    ChangeLambdas,
    DeployLambdas,
    Invoke,
    /// Create, edit and delete.
    ChangeWhitelist,
    ReadWhitelist,
    /// Create, edit and delete.
    ChangeSecrets,
    /// Read the value of one.
    ReadSecretsPlain,
    /// Read what there are, without a value.
    ReadSecrets,
    ReadLogs,
    /// Read the figures of the account's lambdas.
    ReadMetrics,
    /// Read the figures of the whole server.
    ReadServerMetrics,
    ReadSchedules,
    ChangeSchedules,
    ReadActivity,
    Users,
    Tokens,
    Apps,
    ContextKeys,
    Audit,
    /// Make, list and disable accounts: the operator's, whom no permission of an account makes.
    Accounts,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Developer, Self::Invocation];

    /// Its name in this API and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Invocation => "invocation",
        }
    }

    /// Its name in the platform's texts.
    pub const fn platform_name(self) -> &'static str {
        match self {
            Self::Admin => "FaaS-Admin",
            Self::Developer => "FaaS-Developer",
            Self::Invocation => "FaaS-Invocation",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Admin => 1,
            Self::Developer => 2,
            Self::Invocation => 4,
        }
    }
}

impl Permissions {
    /// No permission.
    pub const NONE: Self = Self(0);
    /// Every permission.
    pub const ALL: Self = Self::of(&Permission::ALL);

    /// The set of these.
    pub const fn of(permissions: &[Permission]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < permissions.len() {
            bits |= permissions[at].bit();
            at += 1;
        }
        Self(bits)
    }

    /// Whether it is in the set.
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The permissions of both.
    #[must_use]
    pub const fn with(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// The permissions of this that are not in the other.
    #[must_use]
    pub const fn without(self, less: Self) -> Self {
        Self(self.0 & !less.0)
    }

    /// The permissions that are in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is left of these for a token that only invokes: FaaS-Invocation, where these open invoking.
    #[must_use]
    pub(crate) const fn to_invoke(self) -> Self {
        match self.allow(Action::Invoke) {
            true => Self::of(&[Permission::Invocation]),
            false => Self::NONE,
        }
    }

    /// Those that are in the set, in their usual order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        let all = Permission::ALL.into_iter();
        all.filter(move |permission| self.has(*permission))
    }

    pub(crate) const fn allow(self, action: Action) -> bool {
        self.0 & action.needs().0 != 0
    }
}

impl Action {
    /// The permissions of which any one opens this. The first nine are the platform's table; what
    /// it does not have follows its sense.
    pub(crate) const fn needs(self) -> Permissions {
        use Permission::{Admin, Developer, Invocation};
        match self {
            Self::ReadLambdas => Permissions::of(&[Admin, Developer]),
            Self::ChangeLambdas | Self::DeployLambdas => Permissions::of(&[Developer]),
            Self::Invoke => Permissions::of(&[Developer, Invocation]),
            Self::ChangeWhitelist => Permissions::of(&[Admin]),
            Self::ReadWhitelist => Permissions::of(&[Admin, Developer]),
            Self::ChangeSecrets | Self::ReadSecretsPlain => Permissions::of(&[Admin]),
            Self::ReadSecrets => Permissions::of(&[Admin, Developer]),
            Self::ReadLogs | Self::ReadMetrics | Self::ReadActivity => {
                Permissions::of(&[Admin, Developer])
            }
            Self::ReadSchedules => Permissions::ALL,
            Self::ChangeSchedules => Permissions::of(&[Admin, Developer]),
            Self::Accounts => Permissions::NONE,
            Self::ReadServerMetrics
            | Self::Users
            | Self::Tokens
            | Self::Apps
            | Self::ContextKeys
            | Self::Audit => Permissions::of(&[Admin]),
        }
    }
}

impl FromStr for Permission {
    type Err = UnknownPermission;

    /// Reads a name; `invoker` is what `invocation` was called at first.
    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        if text == "invoker" {
            return Ok(Self::Invocation);
        }
        let named = |permission: &Self| {
            permission.as_str() == text || permission.platform_name().eq_ignore_ascii_case(text)
        };
        let found = Self::ALL.into_iter().find(named);
        found.ok_or_else(|| UnknownPermission(text.to_owned()))
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        let add = |set: Self, permission| set.with(Self::of(&[permission]));
        permissions.into_iter().fold(Self::NONE, add)
    }
}

impl FromStr for Permissions {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        let names = text.split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty());
        names.map(Permission::from_str).collect()
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Permission::as_str).collect();
        f.pad(&names.join(","))
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Permission::as_str))
    }
}

impl JsonSchema for Permissions {
    fn schema_name() -> Cow<'static, str> {
        "Permissions".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = Permission::ALL.map(Permission::as_str);
        json_schema!({
            "type": "array",
            "items": { "enum": names },
        })
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Permissions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of permissions, or one of them")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Permissions, E> {
                let one = name.parse::<Permission>().map_err(E::custom)?;
                Ok(Permissions::of(&[one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Permissions, A::Error> {
                let mut set = Permissions::NONE;
                while let Some(name) = names.next_element::<std::borrow::Cow<'de, str>>()? {
                    let one = name
                        .parse::<Permission>()
                        .map_err(serde::de::Error::custom)?;
                    set = set.with(Permissions::of(&[one]));
                }
                Ok(set)
            }
        }

        deserializer.deserialize_any(Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seed's table, as it stands there: A, D and I are the three permissions.
    const TABLE: &str = "
        |                              | A | D | I |
        | lambda read                  | ✓ | ✓ | – |
        | lambda create/edit/delete    | – | ✓ | – |
        | lambda deploy                | – | ✓ | – |
        | lambda invoke                | – | ✓ | ✓ |
        | whitelist create/edit/delete | ✓ | – | – |
        | whitelist read               | ✓ | ✓ | – |
        | secret create/edit/delete    | ✓ | – | – |
        | secret read plain            | ✓ | – | – |
        | secret read crypted          | ✓ | ✓ | – |";

    const ROWS: [(&str, Action); 9] = [
        ("lambda read", Action::ReadLambdas),
        ("lambda create/edit/delete", Action::ChangeLambdas),
        ("lambda deploy", Action::DeployLambdas),
        ("lambda invoke", Action::Invoke),
        ("whitelist create/edit/delete", Action::ChangeWhitelist),
        ("whitelist read", Action::ReadWhitelist),
        ("secret create/edit/delete", Action::ChangeSecrets),
        ("secret read plain", Action::ReadSecretsPlain),
        ("secret read crypted", Action::ReadSecrets),
    ];

    #[test]
    fn each_cell_of_the_platforms_table_holds() {
        let lines: Vec<_> = TABLE.trim().lines().skip(1).collect();
        assert_eq!(lines.len(), ROWS.len());
        for (line, (name, action)) in lines.into_iter().zip(ROWS) {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            assert_eq!(cells[1], name);
            for (cell, permission) in cells[2..5].iter().zip(Permission::ALL) {
                let allowed = Permissions::of(&[permission]).allow(action);
                assert_eq!(allowed, *cell == "✓", "{name}: {permission}");
            }
        }
    }

    #[test]
    fn permissions_add_up_and_none_opens_nothing() {
        for (name, action) in ROWS {
            assert!(Permissions::ALL.allow(action), "{name}");
            assert!(!Permissions::NONE.allow(action), "{name}");
        }
        let both = Permissions::of(&[Permission::Admin, Permission::Invocation]);
        assert!(both.allow(Action::Invoke) && both.allow(Action::Tokens));
        assert!(!both.allow(Action::DeployLambdas));
    }

    #[test]
    fn what_only_invokes_is_good_for_nothing_where_invoking_is_not_allowed() {
        use Permission::{Admin, Developer, Invocation};
        let invocation = Permissions::of(&[Invocation]);
        for invokes in [&[Developer][..], &[Invocation], &[Admin, Developer]] {
            assert_eq!(Permissions::of(invokes).to_invoke(), invocation);
        }
        for other in [&[Admin][..], &[]] {
            assert_eq!(Permissions::of(other).to_invoke(), Permissions::NONE);
        }
    }

    #[test]
    fn a_set_is_read_as_it_is_written() {
        for bits in 0..8 {
            let set = Permissions(bits);
            assert_eq!(set.to_string().parse(), Ok(set));
            let json = serde_json::to_string(&set).unwrap();
            assert_eq!(serde_json::from_str::<Permissions>(&json).unwrap(), set);
        }
        assert_eq!(
            serde_json::to_string(&Permissions::ALL).unwrap(),
            r#"["admin","developer","invocation"]"#
        );
    }

    #[test]
    fn one_name_is_a_set_and_older_names_are_known() {
        let invocation = Permissions::of(&[Permission::Invocation]);
        for json in [
            r#""invocation""#,
            r#""invoker""#,
            r#"["FaaS-Invocation"]"#,
            r#"["invoker","invocation"]"#,
        ] {
            assert_eq!(
                serde_json::from_str::<Permissions>(json).unwrap(),
                invocation
            );
        }
        for json in [r#""root""#, r#"["admin","root"]"#, "1", r#""""#, "{}"] {
            assert!(serde_json::from_str::<Permissions>(json).is_err(), "{json}");
        }
    }
}
