//! By what do people speak of users, apps and sessions?

use super::id::id;

id! {
    /// The id of a user. It opens nothing.
    UserId
}

id! {
    /// The client id of an installed app (RFC 6749, section 2.2). It opens nothing.
    AppId
}

id! {
    /// The id of a session: of a login, or of an app's authorization. It opens nothing.
    SessionId
}
