#!/usr/bin/env bash
# Application-restricted access with a signed JWT, in bash, curl and openssl. The settings: client-assertion.sh.
set -euo pipefail
. "$(dirname "$0")/client-assertion.sh"

token=$(access_token --data-urlencode 'grant_type=client_credentials')
call_api /hello-world/hello/application "$token"
