"""Authlib (Debian: python3-authlib): signs a user in and calls Hello World.

python3 authlib_client.py combined     at /oauth2
python3 authlib_client.py openid       combined at /oauth2.1
python3 authlib_client.py separate     at CIS2, then exchanges the ID token at /oauth2

It prints an address to open in a browser, and reads the address at which the browser ends. Settings: examples/README.md.
"""

import os
import sys
import time

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken

setting = os.environ.__getitem__
api = setting("ALONGSIDE_API_URL")
token_endpoint = f"{api}/oauth2/token"
callback = setting("CALLBACK_URL")


def browse(url):
    print("Open this address in a browser:", url, sep="\n", flush=True)
    return sys.stdin.readline().strip()


def sign_in_combined():
    platform = OAuth2Session(
        setting("API_KEY"),
        setting("API_SECRET"),
        redirect_uri=callback,
        token_endpoint_auth_method="client_secret_post",
    )
    url, state = platform.create_authorization_url(f"{api}/oauth2/authorize")
    tokens = platform.fetch_token(token_endpoint, authorization_response=browse(url), state=state)
    return tokens["access_token"]


def sign_in(issuer, client_id, client_secret):
    """Signs in at CIS2, or at /oauth2.1."""
    client = OAuth2Session(
        client_id,
        client_secret,
        scope="openid profile nationalrbacaccess",
        redirect_uri=callback,
        code_challenge_method="S256",
    )
    metadata = client.get(f"{issuer}/.well-known/openid-configuration", withhold_token=True).json()
    nonce, verifier = generate_token(), generate_token(48)
    url, state = client.create_authorization_url(
        metadata["authorization_endpoint"], nonce=nonce, code_verifier=verifier
    )
    tokens = client.fetch_token(
        metadata["token_endpoint"], authorization_response=browse(url), state=state, code_verifier=verifier
    )
    keys = JsonWebKey.import_key_set(client.get(metadata["jwks_uri"], withhold_token=True).json())
    claims = JsonWebToken(["RS256"]).decode(
        tokens["id_token"],
        keys,
        claims_cls=CodeIDToken,
        claims_options={
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": client_id},
        },
        claims_params={"nonce": nonce, "client_id": client_id},
    )
    claims.validate()
    userinfo = client.get(metadata["userinfo_endpoint"]).json()
    assert userinfo["sub"] == claims["sub"]
    print("Signed in:", userinfo["name"], flush=True)
    return tokens


def exchange(id_token):
    key = JsonWebKey.import_key(open(setting("KEY_FILE"), "rb").read(), {"kty": "RSA", "kid": setting("KEY_ID")})
    platform = OAuth2Session(setting("API_KEY"), key, token_endpoint_auth_method="private_key_jwt")
    platform.register_client_auth_method(
        PrivateKeyJWT(
            token_endpoint,
            alg="RS512",
            headers={"typ": "JWT", "kid": setting("KEY_ID")},
            claims={"exp": int(time.time()) + 300, "jti": generate_token(36)},
        )
    )
    tokens = platform.fetch_token(
        token_endpoint,
        grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token=id_token,
        subject_token_type="urn:ietf:params:oauth:token-type:id_token",
    )
    return tokens["access_token"]


pattern = sys.argv[1]
if pattern == "combined":
    token = sign_in_combined()
elif pattern == "openid":
    token = sign_in(f"{api}/oauth2.1", setting("API_KEY"), setting("API_SECRET"))["access_token"]
else:
    cis2 = sign_in(setting("ALONGSIDE_CIS2_ISSUER_URL"), setting("CIS2_CLIENT_ID"), setting("CIS2_CLIENT_SECRET"))
    token = exchange(cis2["id_token"])
hello = OAuth2Session(token={"access_token": token, "token_type": "Bearer"})
print(hello.get(f"{api}/hello-world/hello/user").text)
