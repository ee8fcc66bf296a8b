//! Which of the engine's own modules does a lambda find in Node.js?

/// The name and the source of one.
type Module = (&'static str, &'static str);

macro_rules! shared {
    ($name:literal, $file:literal) => {
        (
            $name,
            include_str!(concat!("../../engine/js/modules/", $file)),
        )
    };
}

/// The toolbelts of both generations, as the engine has them.
pub(super) const TOOLBELTS: &[Module] = &[
    shared!("core-functions-toolbelt", "core-functions-toolbelt.js"),
    shared!("lp-faas-toolbelt", "lp-faas-toolbelt.js"),
    shared!("sandglass:toolbelt/auth", "toolbelt/auth.js"),
    shared!("sandglass:toolbelt/body", "toolbelt/body.js"),
    shared!("sandglass:toolbelt/call_site", "toolbelt/call_site.js"),
    shared!("sandglass:toolbelt/constants", "toolbelt/constants.js"),
    shared!(
        "sandglass:toolbelt/context_service",
        "toolbelt/context_service.js"
    ),
    shared!(
        "sandglass:toolbelt/conversation_util",
        "toolbelt/conversation_util.js"
    ),
    shared!("sandglass:toolbelt/cookies", "toolbelt/cookies.js"),
    shared!("sandglass:toolbelt/domain_api", "toolbelt/domain_api.js"),
    shared!("sandglass:toolbelt/error_codes", "toolbelt/error_codes.js"),
    shared!("sandglass:toolbelt/errors", "toolbelt/errors.js"),
    shared!("sandglass:toolbelt/gdpr_util", "toolbelt/gdpr_util.js"),
    shared!("sandglass:toolbelt/headers", "toolbelt/headers.js"),
    shared!("sandglass:toolbelt/http_client", "toolbelt/http_client.js"),
    shared!("sandglass:toolbelt/lp_client", "toolbelt/lp_client.js"),
    shared!("sandglass:toolbelt/mtls_client", "toolbelt/mtls_client.js"),
    shared!("sandglass:toolbelt/multipart", "toolbelt/multipart.js"),
    shared!("sandglass:toolbelt/oauth1", "toolbelt/oauth1.js"),
    shared!(
        "sandglass:toolbelt/orchestrator_client",
        "toolbelt/orchestrator_client.js"
    ),
    shared!("sandglass:toolbelt/query", "toolbelt/query.js"),
    shared!("sandglass:toolbelt/request", "toolbelt/request.js"),
    shared!("sandglass:toolbelt/response", "toolbelt/response.js"),
    shared!("sandglass:toolbelt/sde_util", "toolbelt/sde_util.js"),
    shared!(
        "sandglass:toolbelt/secret_client",
        "toolbelt/secret_client.js"
    ),
    shared!("sandglass:toolbelt/settle", "toolbelt/settle.js"),
    shared!("sandglass:toolbelt/sf_client", "toolbelt/sf_client.js"),
    shared!("sandglass:toolbelt/uri", "toolbelt/uri.js"),
    shared!(
        "sandglass:toolbelt/v2/access_token",
        "toolbelt/v2/access_token.js"
    ),
    shared!("sandglass:toolbelt/v2/answer", "toolbelt/v2/answer.js"),
    shared!(
        "sandglass:toolbelt/v2/context_service",
        "toolbelt/v2/context_service.js"
    ),
    shared!(
        "sandglass:toolbelt/v2/conversation_util",
        "toolbelt/v2/conversation_util.js"
    ),
    shared!(
        "sandglass:toolbelt/v2/csds_client",
        "toolbelt/v2/csds_client.js"
    ),
    shared!("sandglass:toolbelt/v2/error", "toolbelt/v2/error.js"),
    shared!(
        "sandglass:toolbelt/v2/gdpr_util",
        "toolbelt/v2/gdpr_util.js"
    ),
    shared!(
        "sandglass:toolbelt/v2/lp_client",
        "toolbelt/v2/lp_client.js"
    ),
    shared!(
        "sandglass:toolbelt/v2/lp_mtls_client",
        "toolbelt/v2/lp_mtls_client.js"
    ),
    shared!("sandglass:toolbelt/v2/sde_util", "toolbelt/v2/sde_util.js"),
    shared!(
        "sandglass:toolbelt/v2/secret_client",
        "toolbelt/v2/secret_client.js"
    ),
];

/// The engine's console, and its rules of what is which failure.
pub(super) const PRELUDE: &str = include_str!("../../engine/js/prelude.js");

/// How a lambda settles.
pub(super) const PROTOCOL: &str = include_str!("../../engine/js/protocol.js");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_module_of_the_toolbelts_is_forgotten() {
        let modules = concat!(env!("CARGO_MANIFEST_DIR"), "/engine/js/modules/");
        for folder in ["toolbelt", "toolbelt/v2"] {
            for entry in std::fs::read_dir(format!("{modules}{folder}")).unwrap() {
                let file = entry.unwrap().file_name().into_string().unwrap();
                if let Some(stem) = file.strip_suffix(".js") {
                    let name = format!("sandglass:{folder}/{stem}");
                    assert!(TOOLBELTS.iter().any(|(known, _)| *known == name), "{name}");
                }
            }
        }
    }
}
