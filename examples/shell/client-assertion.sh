# Sourced by the other two: a client assertion (RFC 7523) with openssl alone.
#
# Settings, from the environment:
#   API_URL   origin of the API platform; else ALONGSIDE_API_URL, as `alongside status --env` prints it
#   API_KEY   client id of the application
#   KEY_FILE  private key as PEM; KEY_ID the kid of the registered public key

API_URL=${API_URL:-${ALONGSIDE_API_URL:-}}
: "${API_URL:?}" "${API_KEY:?}" "${KEY_FILE:?}" "${KEY_ID:?}"

base64url() {
  openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# Who we are, for the token endpoint, once, for five minutes; signed by RS512.
client_assertion() {
  local header claims
  header=$(printf '{"alg":"RS512","typ":"JWT","kid":"%s"}' "$KEY_ID" | base64url)
  claims=$(printf '{"iss":"%s","sub":"%s","aud":"%s/oauth2/token","jti":"%s","exp":%d}' \
    "$API_KEY" "$API_KEY" "$API_URL" "$(openssl rand -hex 16)" "$(($(date +%s) + 300))" | base64url)
  printf '%s.%s.%s' "$header" "$claims" \
    "$(printf '%s.%s' "$header" "$claims" | openssl dgst -sha512 -sign "$KEY_FILE" -binary | base64url)"
}

# Asks the token endpoint; prints the access token, or the published refusal and ends.
access_token() {
  local answer
  answer=$(curl --silent --show-error --max-time 30 "$API_URL/oauth2/token" \
    --data-urlencode 'client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer' \
    --data-urlencode "client_assertion=$(client_assertion)" "$@")
  case $answer in
    *'"access_token":"'*) printf '%s' "$answer" | sed 's/.*"access_token":"\([^"]*\)".*/\1/' ;;
    *)
      printf '%s\n' "$answer" >&2
      return 1
      ;;
  esac
}

# Calls an API with a token, and prints what it answers.
call_api() {
  curl --silent --show-error --max-time 30 --fail-with-body "$API_URL$1" --header "Authorization: Bearer $2"
  echo
}
