//! What can be done that the audit log speaks of?

/// Defines the actions: each with its name in the log, and with what completes "the database failed
/// while it was to …".
macro_rules! actions {
    ($($variant:ident = $name:literal, $doing:literal;)*) => {
        /// Something that is done to a thing. The first word of its name is the kind of thing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum AuditAction {
            $($variant,)*
        }

        impl AuditAction {
            /// All of them.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in the log.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What is being done, for messages.
            pub(crate) const fn doing(self) -> &'static str {
                match self {
                    $(Self::$variant => $doing,)*
                }
            }
        }
    };
}

actions! {
    AccountCreate = "account.create", "make the account";
    AccountDisable = "account.disable", "disable the account";
    AccountEnable = "account.enable", "enable the account";
    AppChange = "app.change", "change an app";
    AppInstall = "app.install", "install an app";
    AppRemove = "app.remove", "remove an app";
    AppRotateSecret = "app.rotate-secret", "rotate an app's secret";
    AppToken = "app.token", "note who gets an App JWT";
    AuditGap = "audit.gap", "write the audit log";
    AuditPrune = "audit.prune", "prune the audit log";
    ContextKeyCreate = "context-key.create", "add a developer key";
    ContextKeyDelete = "context-key.delete", "delete a developer key";
    LambdaCreate = "lambda.create", "make a lambda";
    LambdaDelete = "lambda.delete", "delete a lambda";
    LambdaDeploy = "lambda.deploy", "deploy a lambda";
    LambdaDeployFailed = "lambda.deploy-failed", "note that a deployment failed";
    LambdaDescribe = "lambda.describe", "describe a lambda";
    LambdaLive = "lambda.live", "make a lambda live";
    LambdaRollBack = "lambda.roll-back", "roll a lambda back";
    LambdaRunDraft = "lambda.run-draft", "note who runs a draft";
    LambdaSave = "lambda.save", "save a lambda";
    LambdaUndeploy = "lambda.undeploy", "mark a lambda undeployed";
    QueueDelete = "queue.delete", "delete an invocation";
    QueueRedrive = "queue.redrive", "try an invocation again";
    ScheduleAdd = "schedule.add", "add a schedule";
    ScheduleChange = "schedule.change", "change a schedule";
    ScheduleDelete = "schedule.delete", "delete a schedule";
    SecretDelete = "secret.delete", "delete a secret";
    SecretPut = "secret.put", "write a secret";
    SecretRead = "secret.read", "note who reads a secret";
    SessionEnd = "session.end", "end sessions";
    SessionLogOut = "session.log-out", "end a session";
    SigningKeyAdd = "signing-key.add", "add a signing key";
    SigningKeyDelete = "signing-key.delete", "delete a signing key";
    TokenCreate = "token.create", "add a token";
    TokenDelete = "token.delete", "delete a token";
    TokenGrant = "token.grant", "open a session";
    TokenNarrow = "token.narrow", "make a token that only invokes";
    TokenRefresh = "token.refresh", "exchange a refresh token";
    TokenReuse = "token.reuse", "end a session";
    TokenRevoke = "token.revoke", "revoke a token";
    UserChange = "user.change", "change a user";
    UserCreate = "user.create", "add a user";
    UserDelete = "user.delete", "delete a user";
    UserSetPassword = "user.set-password", "set a password";
    UserSignIn = "user.sign-in", "open a session";
    UserSignInFailed = "user.sign-in-failed", "note who did not sign in";
    UserSignInHeldOff = "user.sign-in-held-off", "note who did not sign in";
    WhitelistAdd = "whitelist.add", "extend the whitelist";
    WhitelistRemove = "whitelist.remove", "shorten the whitelist";
}

/// The kinds of things that are about access: only the audit log tells of them, not the activity
/// that every developer sees.
pub(crate) const ACCESS: [&str; 8] = [
    "account",
    "app",
    "audit",
    "context-key",
    "session",
    "signing-key",
    "token",
    "user",
];

impl AuditAction {
    /// The kind of thing that it is done to.
    pub(crate) fn target_kind(self) -> &'static str {
        let name = self.as_str();
        name.split_once('.').map_or(name, |(kind, _)| kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/audit.md");

    #[test]
    fn every_action_is_on_the_page_and_has_a_name_of_its_own() {
        let mut names = std::collections::HashSet::new();
        for action in AuditAction::ALL {
            let name = action.as_str();
            assert!(names.insert(name), "{name}");
            assert!(PAGE.contains(&format!("| `{name}` |")), "{name}");
            assert_eq!(
                name,
                format!(
                    "{}.{}",
                    action.target_kind(),
                    &name[action.target_kind().len() + 1..]
                )
            );
        }
    }

    #[test]
    fn the_page_says_which_kinds_are_left_out_of_the_activity() {
        for kind in ACCESS {
            assert!(PAGE.contains(&format!("`{kind}`")), "{kind}");
        }
    }
}
