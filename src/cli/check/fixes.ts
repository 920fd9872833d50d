/** The fixes for an application that a check failed. */
const idToken = 'Verify the ID token with a maintained OpenID Connect library before you start a session';
const logoutToken =
  'Verify the logout token with a maintained library, answer 400 if that fails, and end no session then';
const unhandled = 'Catch the error of the call, show a page with a way to try again, and log it';

/** By the name of the check. */
export const fixes: Readonly<Record<string, string>> = {
  'oidcc-client-test':
    'Look at the log of the application and at the last journey in the console; "alongside explain" shows why a request was refused.',
  'oidcc-client-test-signing-key-rotation-just-before-signing':
    'Fetch the key set again, at most every few seconds, when a token names a key that you do not have.',
  'oidcc-client-test-signing-key-rotation':
    'Fetch the key set again, at most every few seconds, when a token names a key that you do not have.',
  'oidcc-client-test-kid-absent-multiple-jwks':
    'Without a kid, try each key of the set, and refuse the token if none fits.',
  'oidcc-client-test-kid-absent-single-jwks': 'Without a kid, use the only key of the set that fits.',
  'cis2-fresh-sign-in-asked': 'Send max_age=300 in the authorization request, and check auth_time.',
  'cis2-minimum-scopes': 'Request only the scopes whose claims you use.',
  'cis2-state-changed':
    'Send a random state, keep it in the session of the browser, and compare it before anything else.',
  'cis2-state-of-another-browser':
    'Keep the state in a cookie or session of the browser that began; a store shared by all browsers does not protect.',
  'cis2-error-response': 'Escape what the address contains, and offer a link that begins a new sign-in.',
  'cis2-code-replayed': 'Remove the state from the session before you redeem the code.',
  'oidcc-client-test-invalid-iss': `${idToken}; compare iss with the issuer byte for byte, with its :443.`,
  'oidcc-client-test-invalid-aud': `${idToken}; aud must be your client id alone.`,
  'oidcc-client-test-missing-sub': `${idToken}; require sub.`,
  'oidcc-client-test-missing-iat': `${idToken}; require iat.`,
  'oidcc-client-test-idtoken-sig-none': `${idToken}; accept only the registered algorithm.`,
  'oidcc-client-test-invalid-sig-rs256': `${idToken}; decoding a token does not verify it.`,
  'oidcc-client-test-nonce-invalid': `${idToken}; send a random nonce, and compare it.`,
  'cis2-expired-id-token': `${idToken}; check exp, with a minute of tolerance at most.`,
  'cis2-stale-auth-time': 'Refuse an auth_time that is older than the max_age that you sent.',
  'cis2-low-authentication-level':
    'Require authentication_assurance_level 3, or the level that you asked for.',
  'cis2-low-identity-level': 'Require id_assurance_level 3.',
  'oidcc-client-test-userinfo-invalid-sub':
    'Compare sub of userinfo with sub of the ID token before you use it.',
  'cis2-person-without-role': 'Show a page that tells the user that a role is needed, or work without one.',
  'cis2-token-endpoint-unavailable': `${unhandled}.`,
  'combined-token-endpoint-unavailable': `${unhandled}.`,
  'cis2-new-session-at-sign-in': 'Give the browser a new session id when the user has signed in.',
  'cis2-session-cookie': 'Set HttpOnly, SameSite=Lax and, on HTTPS, Secure on the session cookie.',
  'oidcc-client-test-rp-backchannel-rpinitlogout':
    'Register backchannelLogoutUri; find the session by the sid of its ID token, and end it.',
  'oidcc-client-test-rp-backchannel-rpinitlogout-alg-none': `${logoutToken}.`,
  'oidcc-client-test-rp-backchannel-rpinitlogout-no-event': `${logoutToken}.`,
  'oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce': `${logoutToken}.`,
  'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg': `${logoutToken}.`,
  'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud': `${logoutToken}.`,
  'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event': `${logoutToken}.`,
  'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss': `${logoutToken}.`,
  'cis2-logout-invalid-signature': `${logoutToken}.`,
  'cis2-logout-old-token': `${logoutToken}. Refuse one whose iat is more than five minutes old.`,
  'cis2-logout-without-session': `${logoutToken}.`,
  'oidcc-client-test-rp-init-logout':
    'End your own session, then send the browser to end_session_endpoint with id_token_hint and a registered post_logout_redirect_uri, whose page does not begin a sign-in.',
  'oidcc-client-test-rp-init-logout-other-state':
    'Show the page of a signed-out user, whatever state comes back.',
  'oidcc-client-test-rp-init-logout-no-state':
    'Show the page of a signed-out user, whatever state comes back.',
  'combined-sign-out': 'Delete the session at the server when the user signs out, and forget its tokens.',
  'combined-card-removed':
    'When an API answers 401 and the refresh is refused with invalid_grant, end the session and offer a new sign-in.',
  'signing-request':
    'Compare the request with docs/signing.md; "alongside explain" shows why one was refused. When the browser returns, fetch the signatures with its token.',
  'signing-request-repeated':
    'Give each payload a new random id and each request its own iat, and do not store a signed request.',
  'signing-declined': 'Look at error before anything else, and say that nothing was signed.',
  'signing-unknown-token':
    'Compare the token with the one of the request that the user started, and treat every status but 200 as not signed.',
  'signing-wrong-certificate':
    'Verify each signature over the bytes of its payload with the key of the certificate, before you send the prescription.',
  'cis2-unknown-key': `${idToken}; refuse a key that is not in the set, also after you have fetched it again.`,
  'oidcc-client-test-discovery-issuer-mismatch':
    'Compare issuer of the discovery document with the issuer in your settings.',
  'oidcc-client-test-discovery-jwks-uri-keys':
    'Take the key set from the jwks_uri of the discovery document.',
};
