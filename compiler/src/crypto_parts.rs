//! Which parts of `crypto` does a source name?
//!
//! They are loaded when the lambda is built, so that no invocation has to. A word that is in a comment only
//! costs room in the image, and a part that no word here names is loaded when it is touched.

/// A part of the engine's library, and the words that name what is in it.
const PARTS: [(&str, &[&str]); 9] = [
    (
        "node/internal/crypto/cipher",
        &[
            "createCipheriv",
            "createDecipheriv",
            "publicEncrypt",
            "privateDecrypt",
        ],
    ),
    (
        "node/internal/crypto/diffiehellman",
        &["createECDH", "diffieHellman", "DiffieHellman"],
    ),
    ("node/internal/crypto/hkdf", &["hkdf", "HKDF"]),
    ("node/internal/crypto/keygen", &["generateKey"]),
    ("node/internal/crypto/pbkdf2", &["pbkdf2", "PBKDF2"]),
    ("node/internal/crypto/scrypt", &["scrypt"]),
    (
        "node/internal/crypto/sig",
        &["createSign", "createVerify", "crypto.sign", "crypto.verify"],
    ),
    (
        "crypto/key_encodings",
        &[
            "createSign",
            "createVerify",
            "createPrivateKey",
            "createPublicKey",
            "crypto.sign",
            "crypto.verify",
        ],
    ),
    ("crypto/web_classes", &["subtle"]),
];

/// The library's names of the parts that a source names, if it names `crypto` at all.
pub(crate) fn named(code: &str) -> impl Iterator<Item = String> {
    let asks = code.contains("crypto");
    let parts = PARTS
        .iter()
        .filter(move |(_, words)| asks && words.iter().any(|word| code.contains(word)));
    parts.map(|(part, _)| format!("sandglass:{part}"))
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_source_has_the_parts_that_it_names() {
        let parts = |code| named(code).collect::<Vec<_>>();
        assert_eq!(
            parts("require('crypto').scryptSync('a', 'b', 8)"),
            ["sandglass:node/internal/crypto/scrypt"]
        );
        assert_eq!(
            parts("crypto.subtle.digest"),
            ["sandglass:crypto/web_classes"]
        );
        assert!(parts("require('crypto').createHash('md5')").is_empty());
        assert!(parts("subtle and scrypt").is_empty());
    }
}
