//! Is this App JWT one of ours?
//!
//! JSON Web Tokens by RS256 and nothing else: the algorithm is ours to say, not the token's (RFC
//! 8725, section 3.1). Verifying costs tens of microseconds, so what was verified is remembered by
//! the hash of the token until it expires, and a bound keeps the memory small.

use std::collections::HashMap;
use std::sync::PoisonError;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::keys::{KeyError, SigningKey, SigningKeys};
use super::{PLATFORM_ISSUER, SCOPE};
use crate::auth::{AppId, TokenHash};

/// How long an App JWT is good for, in seconds (spec 3.2).
pub(super) const APP_JWT_SECONDS: u64 = 3_600;
/// The longest token that is looked at, in bytes.
const TOKEN_BYTES_MAX: usize = 4_096;
/// Verified tokens that are remembered.
const VERIFIED_MAX: usize = 10_000;
/// A token from the future is refused, unless the clocks of two servers could be so far apart, in
/// seconds.
const LEEWAY: u64 = 60;

/// What was verified, by the hash of the token.
pub(super) type Verified = HashMap<TokenHash, AppClaims>;

/// What an App JWT says of its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AppClaims {
    pub(crate) app: AppId,
    /// The account, which the key that signed is of.
    pub(crate) account: String,
    /// Seconds since the Unix epoch.
    pub(crate) issued_at: u64,
    /// Seconds since the Unix epoch.
    pub(crate) expires_at: u64,
}

/// Why a token is not an App JWT of ours that is good now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JwtError {
    #[error("it is not a JSON Web Token by RS256 of ours")]
    Malformed,
    #[error("its signature does not fit")]
    Signature,
    #[error("its claims are not those of an app's token")]
    Claims,
    #[error("it has expired")]
    Expired,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

#[derive(Deserialize)]
struct ShownHeader {
    alg: String,
    kid: String,
    /// What must be understood (RFC 7515, section 4.1.11); we understand nothing of the kind.
    crit: Option<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: String,
    azp: String,
    scope: String,
    iss: String,
    iat: u64,
    exp: u64,
}

/// A signed token in the compact form of RFC 7515, section 7.1.
pub(super) fn sign(key: &SigningKey, claims: &impl Serialize) -> Result<String, KeyError> {
    let header = Header {
        alg: "RS256",
        typ: "JWT",
        kid: &key.kid,
    };
    let encode = |value: &[u8]| URL_SAFE_NO_PAD.encode(value);
    let header = serde_json::to_vec(&header).expect("text is valid JSON");
    let claims = serde_json::to_vec(claims).expect("claims have string keys");
    let mut token = format!("{}.{}", encode(&header), encode(&claims));
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
    Ok(token)
}

/// An App JWT of the account whose key it is; `now` in seconds since the Unix epoch.
pub(super) fn app_jwt(key: &SigningKey, app: &AppId, now: u64) -> Result<String, KeyError> {
    let claims = Claims {
        aud: key.account.as_str().to_owned(),
        azp: app.as_str().to_owned(),
        scope: SCOPE.to_owned(),
        iss: PLATFORM_ISSUER.to_owned(),
        iat: now,
        exp: now + APP_JWT_SECONDS,
    };
    sign(key, &claims)
}

impl SigningKeys {
    /// What an App JWT says, when it is one of ours and good now; `now_ms` since the Unix epoch.
    pub(crate) fn verify(
        &self,
        token: &[u8],
        hash: &TokenHash,
        now_ms: u64,
    ) -> Result<AppClaims, JwtError> {
        let now = now_ms / 1_000;
        {
            let verified = self.verified.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(claims) = verified.get(hash) {
                return good_at(claims.clone(), now);
            }
        }
        let claims = good_at(self.check(token, now_ms)?, now)?;
        let mut verified = self
            .verified
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= VERIFIED_MAX {
            verified.retain(|_, claims| claims.expires_at > now);
        }
        if verified.len() >= VERIFIED_MAX {
            verified.clear();
        }
        verified.insert(*hash, claims.clone());
        Ok(claims)
    }

    fn check(&self, token: &[u8], now_ms: u64) -> Result<AppClaims, JwtError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(JwtError::Malformed);
        }
        let token = std::str::from_utf8(token).map_err(|_| JwtError::Malformed)?;
        let (message, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(JwtError::Malformed)?;
        let header: ShownHeader = decode(header).ok_or(JwtError::Malformed)?;
        if header.alg != "RS256" || header.crit.is_some() {
            return Err(JwtError::Malformed);
        }
        let key = self.find(&header.kid, now_ms).ok_or(JwtError::Signature)?;
        let signature = URL_SAFE_NO_PAD.decode(signature);
        let signature = signature.map_err(|_| JwtError::Malformed)?;
        if !key.is_signature(message.as_bytes(), &signature) {
            return Err(JwtError::Signature);
        }
        let claims: Claims = decode(claims).ok_or(JwtError::Claims)?;
        // What an account's key has signed is good there and nowhere else.
        let fits = claims.aud == key.account.as_str()
            && claims.iss == PLATFORM_ISSUER
            && claims.scope == SCOPE
            && claims.iat <= now_ms / 1_000 + LEEWAY;
        if !fits {
            return Err(JwtError::Claims);
        }
        Ok(AppClaims {
            app: AppId::from_row(claims.azp),
            account: claims.aud,
            issued_at: claims.iat,
            expires_at: claims.exp,
        })
    }
}

fn good_at(claims: AppClaims, now: u64) -> Result<AppClaims, JwtError> {
    match claims.expires_at > now {
        true => Ok(claims),
        false => Err(JwtError::Expired),
    }
}

fn decode<T: for<'de> Deserialize<'de>>(part: &str) -> Option<T> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::keys::tests::{key, key_of};
    use super::*;

    const NOW: u64 = 1_700_000_000;

    fn keys() -> SigningKeys {
        let keys = SigningKeys::default();
        keys.replace(&"acc".parse().unwrap(), vec![key(0, NOW * 1_000)]);
        keys
    }

    fn verify(keys: &SigningKeys, token: &str, now: u64) -> Result<AppClaims, JwtError> {
        let hash = TokenHash::of(token.as_bytes());
        keys.verify(token.as_bytes(), &hash, now * 1_000)
    }

    #[test]
    fn an_app_jwt_of_ours_is_good_for_an_hour() {
        let (keys, app) = (keys(), AppId::generate());
        let token = app_jwt(&key(0, 1), &app, NOW).unwrap();
        for _ in 0..2 {
            let claims = verify(&keys, &token, NOW + APP_JWT_SECONDS - 1).unwrap();
            assert_eq!((&claims.app, claims.account.as_str()), (&app, "acc"));
        }
        for keys in [&keys, &self::keys()] {
            let late = verify(keys, &token, NOW + APP_JWT_SECONDS);
            assert_eq!(late, Err(JwtError::Expired));
        }
    }

    #[test]
    fn a_token_of_another_key_or_algorithm_is_refused() {
        let (keys, app) = (keys(), AppId::generate());
        let foreign = app_jwt(&key(1, 1), &app, NOW).unwrap();
        assert_eq!(verify(&keys, &foreign, NOW), Err(JwtError::Signature));
        let good = app_jwt(&key(0, 1), &app, NOW).unwrap();
        let (message, signature) = good.rsplit_once('.').unwrap();
        let (_, claims) = message.split_once('.').unwrap();
        let kid = &key(0, 1).kid;
        for header in [
            format!(r#"{{"alg":"none","kid":"{kid}"}}"#),
            format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#),
            format!(r#"{{"alg":"rs256","kid":"{kid}"}}"#),
            format!(r#"{{"alg":"RS256","kid":"{kid}","crit":["exp"]}}"#),
            r#"{"alg":"RS256"}"#.to_owned(),
            r#"{"alg":"RS256","kid":"other"}"#.to_owned(),
            "[]".to_owned(),
        ] {
            let header = URL_SAFE_NO_PAD.encode(&header);
            for signature in [signature, ""] {
                let token = format!("{header}.{claims}.{signature}");
                assert!(verify(&keys, &token, NOW).is_err(), "{token}");
            }
        }
        for (at, _) in good.char_indices().step_by(7) {
            let mut bent = good.clone().into_bytes();
            bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
            let bent = String::from_utf8(bent).unwrap();
            assert!(verify(&keys, &bent, NOW).is_err(), "{at}");
        }
        for text in ["", ".", "..", "a.b.c", &good[1..], &format!("{good}.x")] {
            assert!(verify(&keys, text, NOW).is_err(), "{text}");
        }
        let long = format!("{good}{}", "A".repeat(TOKEN_BYTES_MAX));
        assert_eq!(verify(&keys, &long, NOW), Err(JwtError::Malformed));
    }

    #[test]
    fn what_we_signed_for_another_purpose_is_no_app_jwt() {
        let keys = keys();
        let claims = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        for text in [
            r#"{"aud":"acc","sub":"user","iss":"Sentinel","iat":1,"exp":9999999999}"#,
            r#"{"aud":"acc","azp":"a","scope":"x","iss":"Sentinel","iat":1,"exp":9999999999}"#,
            r#"{"aud":"acc","azp":"a","scope":"faas.lambda.invoke","iss":"Other","iat":1,"exp":9999999999}"#,
            r#"{"aud":"acc","azp":"a","scope":"faas.lambda.invoke","iss":"Sentinel","iat":9999999998,"exp":9999999999}"#,
            r#"{"aud":["acc"],"azp":"a","scope":"faas.lambda.invoke","iss":"Sentinel","iat":1,"exp":9999999999}"#,
        ] {
            let token = sign(&key(0, 1), &claims(text)).unwrap();
            assert_eq!(verify(&keys, &token, NOW), Err(JwtError::Claims), "{text}");
        }
    }

    #[test]
    fn a_key_signs_for_its_own_account_only() {
        let (keys, app) = (keys(), AppId::generate());
        let other = key_of("other", 1, NOW * 1_000);
        keys.replace(&other.account, vec![Arc::clone(&other)]);
        let token = app_jwt(&other, &app, NOW).unwrap();
        assert_eq!(verify(&keys, &token, NOW).unwrap().account, "other");
        let claims = |aud: &str| Claims {
            aud: aud.to_owned(),
            azp: app.as_str().to_owned(),
            scope: SCOPE.to_owned(),
            iss: PLATFORM_ISSUER.to_owned(),
            iat: NOW,
            exp: NOW + APP_JWT_SECONDS,
        };
        for (key, aud, expected) in [
            (&other, "acc", Err(JwtError::Claims)),
            (&key(0, 1), "other", Err(JwtError::Claims)),
            (&key(0, 1), "acc", Ok(())),
        ] {
            let token = sign(key, &claims(aud)).unwrap();
            assert_eq!(verify(&keys, &token, NOW).map(drop), expected, "{aud}");
        }
        // By its own key and under the name of another account's.
        let (message, _) = token.rsplit_once('.').unwrap();
        let (_, said) = message.split_once('.').unwrap();
        let header = Header {
            alg: "RS256",
            typ: "JWT",
            kid: &key(0, 1).kid,
        };
        let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).unwrap());
        let message = format!("{header}.{said}");
        let signature = URL_SAFE_NO_PAD.encode(other.sign(message.as_bytes()).unwrap());
        let forged = format!("{message}.{signature}");
        assert_eq!(verify(&keys, &forged, NOW), Err(JwtError::Signature));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_goes_with_its_key() {
        let (keys, app) = (keys(), AppId::generate());
        let claims = AppClaims {
            app: app.clone(),
            account: "acc".to_owned(),
            issued_at: NOW,
            expires_at: NOW + 10,
        };
        {
            let mut verified = keys.verified.write().unwrap();
            for number in 0..VERIFIED_MAX {
                verified.insert(TokenHash::of(&number.to_ne_bytes()), claims.clone());
            }
        }
        let token = app_jwt(&key(0, 1), &app, NOW).unwrap();
        verify(&keys, &token, NOW).unwrap();
        assert_eq!(keys.verified.read().unwrap().len(), 1);
        keys.replace(&"acc".parse().unwrap(), vec![key(1, NOW * 1_000)]);
        assert_eq!(verify(&keys, &token, NOW), Err(JwtError::Signature));
    }
}
