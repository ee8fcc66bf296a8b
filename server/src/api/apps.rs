//! How are apps installed over HTTP?

use http::StatusCode;
use sandglass_runtime::ByteSize;

use super::ask::bad_input;
use super::{Ask, Endpoint};
use crate::admin::{AppChange, AppInfo, InstalledAppSecret, NewApp, SigningKeyInfo};
use crate::auth::{Action, AppId};
use crate::reply::{self, Reply, no_content, ok};
use crate::status::Problem;

const BODY_MAX: ByteSize = ByteSize::kib(64);

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/apps",
        Action::Apps,
        "List the installed apps, without their secrets",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().apps(ask.account())?)) }),
    )
    .answers::<Vec<AppInfo>>(200),
    Endpoint::post(
        "/api/account/{account}/apps",
        Action::Apps,
        "Install an app; its secret is shown this once",
        |ask| Box::pin(install(ask)),
    )
    .takes::<NewApp>()
    .answers::<InstalledAppSecret>(201),
    Endpoint::patch(
        "/api/account/{account}/apps/{id}",
        Action::Apps,
        "Change what an app is called or where browsers may be sent back to; its secret stays",
        |ask| Box::pin(change(ask)),
    )
    .takes::<AppChange>()
    .answers::<AppInfo>(200),
    Endpoint::post(
        "/api/account/{account}/apps/{id}/secret",
        Action::Apps,
        "Give an app another secret; the one before opens nothing any more",
        |ask| Box::pin(rotate(ask)),
    )
    .answers::<InstalledAppSecret>(200),
    Endpoint::delete(
        "/api/account/{account}/apps/{id}",
        Action::Apps,
        "Remove an app; its tokens open nothing any more",
        |ask| Box::pin(remove(ask)),
    )
    .answers_nothing(204),
    Endpoint::get(
        "/api/account/{account}/signing-keys",
        Action::Apps,
        "List the keys that sign the tokens of the account's apps",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().signing_keys(ask.account())?)) }),
    )
    .answers::<Vec<SigningKeyInfo>>(200),
    Endpoint::post(
        "/api/account/{account}/signing-keys",
        Action::Apps,
        "Make another key that signs from now on; the one before is taken for a day more",
        |ask| Box::pin(rotate_key(ask)),
    )
    .answers::<SigningKeyInfo>(201),
    Endpoint::delete(
        "/api/account/{account}/signing-keys/{kid}",
        Action::Apps,
        "Delete a key; what it signed opens nothing any more",
        |ask| Box::pin(delete_key(ask)),
    )
    .answers_nothing(204),
];

fn id(ask: &Ask<'_>) -> Result<AppId, Problem> {
    ask.path("id").parse().map_err(bad_input)
}

async fn install(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let new: NewApp = ask.json(BODY_MAX).await?;
    let installed = ask.admin().install_app(ask.account(), new).await?;
    Ok(reply::json(StatusCode::CREATED, &installed))
}

async fn change(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let id = id(&ask)?;
    let change: AppChange = ask.json(BODY_MAX).await?;
    let changed = ask.admin().change_app(ask.account(), &id, change);
    Ok(ok(&changed.await?))
}

async fn rotate(ask: Ask<'_>) -> Result<Reply, Problem> {
    let id = id(&ask)?;
    let rotated = ask.admin().rotate_app_secret(ask.account(), &id);
    Ok(ok(&rotated.await?))
}

async fn remove(ask: Ask<'_>) -> Result<Reply, Problem> {
    ask.admin().remove_app(ask.account(), &id(&ask)?).await?;
    Ok(no_content())
}

async fn rotate_key(ask: Ask<'_>) -> Result<Reply, Problem> {
    let made = ask.admin().rotate_signing_key(ask.account()).await?;
    Ok(reply::json(StatusCode::CREATED, &made))
}

async fn delete_key(ask: Ask<'_>) -> Result<Reply, Problem> {
    let deleted = ask
        .admin()
        .delete_signing_key(ask.account(), ask.path("kid"));
    deleted.await?;
    Ok(no_content())
}
