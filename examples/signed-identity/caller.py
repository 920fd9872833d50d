import json, os, sys
import jwt

platform = os.environ.get("PLATFORM", "http://localhost:8401")
keys = jwt.PyJWKClient(f"{platform}/oauth2.1/jwks")


def caller_of(header, api):
    """Returns the caller in the header NHSD-Identity-JWT. Raises for every other JWT."""
    key, required = keys.get_signing_key_from_jwt(header), {"require": ["exp", "sub"]}
    if jwt.get_unverified_header(header).get("typ") != "nhsd-identity+jwt":
        raise jwt.InvalidTokenError("another kind of JWT")
    return jwt.decode(header, key.key, ["ES256"], required, issuer=platform, audience=api)


if __name__ == "__main__":
    print(json.dumps(caller_of(*sys.argv[1:])))
