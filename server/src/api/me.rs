//! Who is asking?

use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::Serialize;

use super::endpoint::Scheme;
use super::{Ask, Endpoint};
use crate::auth::{ActorKind, Permissions, Principal, UserId, authenticate};
use crate::reply::{Reply, not_stored, ok};
use crate::status::Problem;

/// Who sent the request, and what they may do right now.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Me {
    /// Of the user in whose name the caller acts, if there is one.
    user_id: Option<UserId>,
    /// Of the same user.
    login_name: Option<String>,
    /// For people: of the user, or what the token or the app was named.
    name: String,
    #[schemars(with = "String")]
    account: AccountId,
    permissions: Permissions,
    kind: Kind,
    /// There and true while nothing of a user with a password was changed since somebody else made it,
    /// the password included.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    password_is_initial: bool,
}

/// What kind of somebody it is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Kind {
    /// A person, or an app in the name of one.
    User,
    /// A machine, by a token that was made for it.
    ServiceUser,
    /// A token that acts for nobody in particular.
    Token,
    /// An app in its own name.
    App,
}

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::public_get(
    "/api/account/{account}/me",
    "Who the bearer of this token is, and what they may do",
    |ask| Box::pin(async move { me(&ask) }),
)
.opened_by(&[Scheme::Bearer])
.answers::<Me>(200)];

fn me(ask: &Ask<'_>) -> Result<Reply, Problem> {
    let principal = authenticate(ask.parts, &ask.app.registry.load())?;
    principal.in_account(ask.path("account"))?;
    Ok(not_stored(ok(&Me::of(&principal))))
}

impl Me {
    fn of(principal: &Principal) -> Self {
        let user = principal.user();
        let actor = principal.actor();
        Self {
            user_id: user.map(|user| user.id.clone()),
            login_name: user.map(|user| user.login_name.clone()),
            name: user.map_or_else(|| actor.name.to_string(), |user| user.display_name.clone()),
            account: principal.account().clone(),
            permissions: principal.permissions(),
            kind: match actor.kind {
                ActorKind::User | ActorKind::Operator => Kind::User,
                ActorKind::ServiceUser => Kind::ServiceUser,
                // Nobody gets here without a token.
                ActorKind::Token | ActorKind::Nobody => Kind::Token,
                ActorKind::App => Kind::App,
            },
            password_is_initial: user
                .is_some_and(|user| !user.is_service() && user.changed_at == user.created_at),
        }
    }
}
