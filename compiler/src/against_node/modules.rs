//! Which of the engine's own modules does a lambda find in Node.js?

/// The name and the source of one.
type Module = (&'static str, &'static str);

/// Modules by their files without `.js`: those that a lambda may ask for, and the library's own.
macro_rules! modules {
    ([$($asked:literal),* $(,)?] $($own:literal),* $(,)?) => {
        &[
            $(($asked, include_str!(concat!("../../engine/js/modules/", $asked, ".js"))),)*
            $((
                concat!("sandglass:", $own),
                include_str!(concat!("../../engine/js/modules/", $own, ".js")),
            ),)*
        ]
    };
}

/// The toolbelts of both generations, as the engine has them.
pub(super) const TOOLBELTS: &[Module] = modules! {
    ["core-functions-toolbelt", "lp-faas-toolbelt"]
    "toolbelt/auth",
    "toolbelt/body",
    "toolbelt/call_site",
    "toolbelt/constants",
    "toolbelt/context_service",
    "toolbelt/conversation_util",
    "toolbelt/cookies",
    "toolbelt/domain_api",
    "toolbelt/error_codes",
    "toolbelt/errors",
    "toolbelt/gdpr_util",
    "toolbelt/headers",
    "toolbelt/http_client",
    "toolbelt/lp_client",
    "toolbelt/mtls_client",
    "toolbelt/multipart",
    "toolbelt/oauth1",
    "toolbelt/orchestrator_client",
    "toolbelt/query",
    "toolbelt/request",
    "toolbelt/response",
    "toolbelt/sde_util",
    "toolbelt/secret_client",
    "toolbelt/settle",
    "toolbelt/sf_client",
    "toolbelt/uri",
    "toolbelt/v2/access_token",
    "toolbelt/v2/answer",
    "toolbelt/v2/context_service",
    "toolbelt/v2/conversation_util",
    "toolbelt/v2/csds_client",
    "toolbelt/v2/error",
    "toolbelt/v2/gdpr_util",
    "toolbelt/v2/lp_client",
    "toolbelt/v2/lp_mtls_client",
    "toolbelt/v2/sde_util",
    "toolbelt/v2/secret_client",
};

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
