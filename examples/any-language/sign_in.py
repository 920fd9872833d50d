"""Signs a user in and calls an API, with the Python standard library.

    python3 examples/any-language/sign_in.py

Needs Node.js 20.19 or newer for npx, or alongside.exe. API_URL is http://localhost:8401 by default; ALONGSIDE_CLIENT names another program.
"""

import json
import os
import shutil
import subprocess
import urllib.request

api = os.environ.get("API_URL", "http://localhost:8401")
windows = os.name == "nt"
program = os.environ.get("ALONGSIDE_CLIENT") or (shutil.which("alongside.exe") if windows else None)
# npx is a batch file on Windows, which starts by its full name only.
client = [program] if program else ["npx.cmd" if windows else "npx", "--yes", "@alongside/client"]
flags = ["--issuer", f"{api}/oauth2.1", "--client", "demo-native", "--watch", "--end-with-input", "--revoke"]

# The helper prints a line for each renewal, and revokes the tokens when its input ends, also if this program crashes.
helper = subprocess.Popen(
    client + ["token"] + flags, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
)
line = helper.stdout.readline()
if not line:
    raise SystemExit(f"Nobody signed in (code {helper.wait()}).")
tokens = json.loads(line)

request = urllib.request.Request(
    f"{api}/hello-world/hello/user", headers={"Authorization": f"Bearer {tokens['access_token']}"}
)
with urllib.request.urlopen(request) as response:
    print(json.load(response)["message"])

helper.stdin.close()
raise SystemExit(helper.wait())
