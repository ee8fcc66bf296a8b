//! How does a lambda call another one of its account?
//!
//! In process, through the same door as a request from outside: it waits for a slot, has a sandbox and
//! limits of its own, is counted and kept in the journal. Who is called learns no more than a system.

use std::sync::{Arc, OnceLock, Weak};

use http::HeaderMap;
use http_body_util::BodyExt as _;
use sandglass_runtime::{
    AccountId, BoxFuture, InvocationContext, LambdaAnswer, LambdaCall, LambdaCallError,
    LambdaInvoker,
};

use crate::app::App;

/// The way from the runtime, which is there first, to the server.
#[derive(Clone, Default)]
pub(crate) struct Calls(Arc<OnceLock<Weak<App>>>);

/// Why a call did not even reach a lambda.
#[derive(Debug, thiserror::Error)]
enum Unserved {
    #[error("the server is starting or stopping")]
    NoServer,
    #[error("the calling lambda has no account")]
    NoAccount,
}

impl Calls {
    /// From now on, lambdas can call one another.
    pub(crate) fn serve(&self, app: &Arc<App>) {
        let first = self.0.set(Arc::downgrade(app));
        debug_assert!(first.is_ok(), "one server has one runtime");
    }

    fn app(&self) -> Result<Arc<App>, Unserved> {
        let app = self.0.get().and_then(Weak::upgrade);
        app.ok_or(Unserved::NoServer)
    }
}

impl LambdaInvoker for Calls {
    fn invoke<'a>(
        &'a self,
        context: &'a InvocationContext,
        call: LambdaCall,
    ) -> BoxFuture<'a, Result<LambdaAnswer, LambdaCallError>> {
        Box::pin(async {
            let app = self.app().map_err(failed)?;
            let account = context.account.clone().ok_or(Unserved::NoAccount);
            Ok(answer(app, account.map_err(failed)?, call).await)
        })
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> LambdaCallError {
    LambdaCallError::Failed(Box::new(error))
}

async fn answer(app: Arc<App>, account: AccountId, call: LambdaCall) -> LambdaAnswer {
    let (parts, body) = app.call(account.as_str(), call).await.into_parts();
    let Ok(body) = body.collect().await;
    LambdaAnswer {
        status: parts.status.as_u16(),
        headers: text(&parts.headers),
        body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
    }
}

fn text(headers: &HeaderMap) -> Vec<(String, String)> {
    let pair = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.to_string(), value.into_owned())
    };
    headers.iter().map(pair).collect()
}
