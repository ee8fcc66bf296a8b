"""Do the flows of OAuth 2 work by authlib, which checks what it is told?

Reads the server's metadata, prints where its user has to go, reads where that led, and prints what
came of it.
"""

import loopback  # isort: skip

import json
import sys
import warnings

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.deprecate import AuthlibDeprecationWarning
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata

# Its own implementation of JOSE is the one that apps with authlib have, although it will go.
warnings.simplefilter("ignore", AuthlibDeprecationWarning)
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import BadSignatureError

ISSUER = "https://va.sentinel.liveperson.net/sentinel/api/account/"
TOLD = json.loads(sys.argv[1])


def read(url):
    answer = requests.get(url, timeout=30)
    answer.raise_for_status()
    return answer.json()


def discover(issuer):
    """The metadata, which authlib holds against both of its documents' rules."""
    found = read(get_well_known_url(issuer, external=True))
    AuthorizationServerMetadata(found).validate()
    OpenIDProviderMetadata(found).validate()
    assert found["issuer"] == issuer, found
    openid = read(f"{issuer}/.well-known/openid-configuration")
    assert openid == found, openid
    return found


def error_of(call, *args, **kwargs):
    """The name of the error that a call ends in."""
    try:
        call(*args, **kwargs)
    except AuthlibBaseError as error:
        return error.error
    return None


def in_the_name_of_a_user(metadata, keys, app):
    """The authorization code grant with PKCE, and what may be done with its tokens."""
    session = OAuth2Session(
        app["id"],
        app["secret"] or None,
        token_endpoint_auth_method="client_secret_basic" if app["secret"] else "none",
        scope="openid faas.lambda.invoke",
        redirect_uri=TOLD["redirect"],
        code_challenge_method="S256",
    )
    verifier, nonce = generate_token(48), generate_token()
    url, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    print(url, flush=True)
    back = sys.stdin.readline().strip()
    exchange = {"authorization_response": back, "code_verifier": verifier}
    forged = error_of(
        session.fetch_token, metadata["token_endpoint"], authorization_response=back, state="another"
    )
    first = session.fetch_token(metadata["token_endpoint"], state=state, **exchange)
    claims = JsonWebToken(["RS256"]).decode(
        first["id_token"],
        keys,
        claims_cls=CodeIDToken,
        claims_options={
            "iss": {"essential": True, "value": metadata["issuer"]},
            "aud": {"essential": True, "value": app["id"]},
        },
        claims_params={"nonce": nonce, "client_id": app["id"]},
    )
    claims.validate()
    second = session.refresh_token(metadata["token_endpoint"], first["refresh_token"])
    report = {
        "subject": claims["sub"],
        "expiresIn": first["expires_in"],
        "first": first["access_token"],
        "second": second["access_token"],
        "forged": forged,
    }
    if app["secret"]:
        report["active"] = [look_up(session, metadata, second)]
    session.revoke_token(metadata["revocation_endpoint"], second["refresh_token"]).raise_for_status()
    if app["secret"]:
        report["active"].append(look_up(session, metadata, second))
    report["ended"] = error_of(
        session.refresh_token, metadata["token_endpoint"], second["refresh_token"]
    )
    report["twice"] = error_of(
        session.fetch_token, metadata["token_endpoint"], state=state, **exchange
    )
    return report


def look_up(session, metadata, token):
    found = session.introspect_token(metadata["introspection_endpoint"], token["access_token"])
    found.raise_for_status()
    return found.json()["active"]


def in_its_own_name(metadata, keys, app):
    """The client credentials grant, whose App JWT anybody can check with the public keys."""
    report = {}
    for method in ("client_secret_basic", "client_secret_post"):
        session = OAuth2Session(app["id"], app["secret"], token_endpoint_auth_method=method)
        token = session.fetch_token(
            metadata["sentinel_app_token_endpoint"], grant_type="client_credentials"
        )
        claims = JsonWebToken(["RS256"]).decode(
            token["access_token"],
            keys,
            claims_options={
                "iss": {"essential": True, "value": metadata["sentinel_token_issuer"]},
                "exp": {"essential": True},
            },
        )
        claims.validate()
        report[method] = {"token": token["access_token"], "claims": dict(claims)}
    head, body, signature = token["access_token"].split(".")
    bent = ".".join([head, body, ("A" if signature[0] != "A" else "B") + signature[1:]])
    try:
        JsonWebToken(["RS256"]).decode(bent, keys)
        report["bent"] = "taken"
    except BadSignatureError:
        report["bent"] = "refused"
    wrong = OAuth2Session(app["id"], "wrong", token_endpoint_auth_method="client_secret_basic")
    report["wrong"] = error_of(
        wrong.fetch_token,
        metadata["sentinel_app_token_endpoint"],
        grant_type="client_credentials",
    )
    return report


def main():
    metadata = discover(ISSUER + TOLD["account"])
    keys = JsonWebKey.import_key_set(read(metadata["jwks_uri"]))
    user = in_the_name_of_a_user(metadata, keys, TOLD["app"])
    machine = in_its_own_name(metadata, keys, TOLD["machine"])
    print(json.dumps({"issuer": metadata["issuer"], "user": user, "machine": machine}), flush=True)


main()
