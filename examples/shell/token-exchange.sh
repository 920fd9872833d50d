#!/usr/bin/env bash
# The separate pattern from the ID token on, in bash, curl and openssl: token-exchange.sh ID_TOKEN
# (or the ID token on standard input, so that it stands in no list of processes). The settings: client-assertion.sh.
set -euo pipefail
. "$(dirname "$0")/client-assertion.sh"

id_token=${1:-$(cat)}
token=$(access_token \
  --data-urlencode 'grant_type=urn:ietf:params:oauth:grant-type:token-exchange' \
  --data-urlencode 'subject_token_type=urn:ietf:params:oauth:token-type:id_token' \
  --data-urlencode "subject_token=$id_token")
call_api /hello-world/hello/user "$token"
