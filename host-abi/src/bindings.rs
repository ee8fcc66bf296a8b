//! The bindings that wasmtime generates from the WIT world `sandglass:toolbelt/lambda`.
//!
//! Functions that the WIT calls `async` become host functions with an
//! [`Accessor`](wasmtime::component::Accessor): several of one lambda can be in flight at once.

#![allow(missing_docs, reason = "generated; the documentation is in the WIT")]

wasmtime::component::bindgen!({
    path: "../toolbelt-wit",
    world: "lambda",
    imports: {
        default: trappable,
        "sandglass:toolbelt/ciphers": async | trappable,
        "sandglass:toolbelt/crypto": async | trappable,
        "sandglass:toolbelt/curves": async | trappable,
        "sandglass:toolbelt/key-derivation": async | trappable,
        "sandglass:toolbelt/numbers": async | trappable,
        "sandglass:toolbelt/domains": async | trappable,
        "sandglass:toolbelt/encodings": async | trappable,
        "sandglass:toolbelt/languages": async | trappable,
        "sandglass:toolbelt/library": async | trappable,
        "sandglass:toolbelt/time-zones": async | trappable,
    },
    exports: { default: async },
});
