#!/usr/bin/env bash
# Signs a user in, renews the tokens, calls an API, and revokes the tokens.
#   bash examples/any-language/sign-in.sh
# Needs Node.js 20.19 or newer for npx, and curl. API_URL is http://localhost:8401 by default; ALONGSIDE_CLIENT
# names another program.
set -euo pipefail

api=${API_URL:-http://localhost:8401}
client=(npx --yes @alongside/client)
[[ -n ${ALONGSIDE_CLIENT-} ]] && client=("$ALONGSIDE_CLIENT")
server=(--issuer "$api/oauth2.1" --client demo-native)

tokens=$("${client[@]}" sign-in "${server[@]}")
tokens=$("${client[@]}" refresh "${server[@]}" <<<"$tokens")
access_token=$(sed 's/.*"access_token":"\([^"]*\)".*/\1/' <<<"$tokens")

# From standard input, because other users see the arguments of a program.
curl --fail --silent --show-error --header @- "$api/hello-world/hello/user" <<<"Authorization: Bearer $access_token"
echo
"${client[@]}" revoke "${server[@]}" <<<"$tokens"
