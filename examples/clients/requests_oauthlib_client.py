"""requests-oauthlib (Debian: python3-requests-oauthlib): the combined pattern at /oauth2, and a call of Hello World.

python3 requests_oauthlib_client.py

It prints an address to open in a browser, and reads the address at which the browser ends. Settings: examples/README.md.
"""

import os
import sys

from requests_oauthlib import OAuth2Session

setting = os.environ.__getitem__
api = setting("ALONGSIDE_API_URL")
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # plain HTTP: leave this out in production

platform = OAuth2Session(setting("API_KEY"), redirect_uri=setting("CALLBACK_URL"))
url, state = platform.authorization_url(f"{api}/oauth2/authorize")
print("Open this address in a browser:", url, sep="\n", flush=True)
platform.fetch_token(
    f"{api}/oauth2/token",
    authorization_response=sys.stdin.readline().strip(),
    client_secret=setting("API_SECRET"),
    include_client_id=True,
)
print("Signed in:", platform.get(f"{api}/oauth2/userinfo").json()["sub"])
print(platform.get(f"{api}/hello-world/hello/user").text)
