import type { Check } from './check.ts';
import { codeReplayed } from './checks/code-replayed.ts';
import { discoveryIssuerMismatch } from './checks/discovery-issuer-mismatch.ts';
import { discoveryJwksUri } from './checks/discovery-jwks-uri.ts';
import { errorResponse } from './checks/error-response.ts';
import { expired } from './checks/expired.ts';
import { freshSignInAsked } from './checks/fresh-sign-in-asked.ts';
import { idTokenSigNone } from './checks/idtoken-sig-none.ts';
import { initLogout } from './checks/init-logout.ts';
import { initLogoutNoState } from './checks/init-logout-no-state.ts';
import { initLogoutOtherState } from './checks/init-logout-other-state.ts';
import { invalidAud } from './checks/invalid-aud.ts';
import { invalidIss } from './checks/invalid-iss.ts';
import { invalidSig } from './checks/invalid-sig.ts';
import { keyRotationBeforeSigning } from './checks/key-rotation-before-signing.ts';
import { kidAbsentMultiple } from './checks/kid-absent-multiple.ts';
import { kidAbsentSingle } from './checks/kid-absent-single.ts';
import { logoutAlgNone } from './checks/logout-alg-none.ts';
import { logoutInvalidSig } from './checks/logout-invalid-sig.ts';
import { logoutNoEvent } from './checks/logout-no-event.ts';
import { logoutOld } from './checks/logout-old.ts';
import { logoutWithNonce } from './checks/logout-with-nonce.ts';
import { logoutWithoutSession } from './checks/logout-without-session.ts';
import { logoutWrongAlg } from './checks/logout-wrong-alg.ts';
import { logoutWrongAud } from './checks/logout-wrong-aud.ts';
import { logoutWrongEvent } from './checks/logout-wrong-event.ts';
import { logoutWrongIss } from './checks/logout-wrong-iss.ts';
import { lowAuthenticationLevel } from './checks/low-authentication-level.ts';
import { lowIdentityLevel } from './checks/low-identity-level.ts';
import { minimumScopes } from './checks/minimum-scopes.ts';
import { missingIat } from './checks/missing-iat.ts';
import { missingSub } from './checks/missing-sub.ts';
import { newSession } from './checks/new-session.ts';
import { noRole } from './checks/no-role.ts';
import { nonceInvalid } from './checks/nonce-invalid.ts';
import { sessionCookie } from './checks/session-cookie.ts';
import { sessionEnded } from './checks/session-ended.ts';
import { signIn } from './checks/sign-in.ts';
import { signingKeyRotation } from './checks/signing-key-rotation.ts';
import { staleAuthTime } from './checks/stale-auth-time.ts';
import { stateChanged } from './checks/state-changed.ts';
import { stateOfAnotherBrowser } from './checks/state-of-another-browser.ts';
import { tokenUnavailable } from './checks/token-unavailable.ts';
import { unknownKey } from './checks/unknown-key.ts';
import { userinfoInvalidSub } from './checks/userinfo-invalid-sub.ts';

/** The sign-in with which all others are compared. */
export const basis = signIn;

/** All checks in order of execution. Those that invalidate cached keys or the discovery document are last. */
export const checks: readonly Check[] = [
  signIn,
  keyRotationBeforeSigning,
  signingKeyRotation,
  kidAbsentMultiple,
  freshSignInAsked,
  minimumScopes,
  stateChanged,
  stateOfAnotherBrowser,
  errorResponse,
  codeReplayed,
  invalidIss,
  invalidAud,
  missingSub,
  missingIat,
  idTokenSigNone,
  invalidSig,
  nonceInvalid,
  expired,
  staleAuthTime,
  lowAuthenticationLevel,
  lowIdentityLevel,
  userinfoInvalidSub,
  noRole,
  tokenUnavailable,
  newSession,
  sessionCookie,
  sessionEnded,
  logoutAlgNone,
  logoutNoEvent,
  logoutWithNonce,
  logoutWrongAlg,
  logoutWrongAud,
  logoutWrongEvent,
  logoutWrongIss,
  logoutInvalidSig,
  logoutOld,
  logoutWithoutSession,
  initLogout,
  initLogoutOtherState,
  initLogoutNoState,
  kidAbsentSingle,
  unknownKey,
  discoveryIssuerMismatch,
  discoveryJwksUri,
];

const names = checks.map(({ name }) => name);
if (new Set(names).size !== names.length) throw new Error('Two checks have the same name.');
