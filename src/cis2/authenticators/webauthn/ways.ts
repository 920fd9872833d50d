import type { Enrolment } from '../../enrolment/enrolment.ts';
import type { Credentials } from '../../model/credentials.ts';
import type { Authenticator } from '../../sign-in/authenticator.ts';
import type { Ceremony } from './ceremony.ts';
import { webAuthnEnrolment } from './enrolment.ts';
import type { WebAuthnKind } from './kind.ts';
import { passkey } from './passkey.ts';
import { type WebAuthnSettings, webAuthnPolicy } from './policy.ts';
import { webAuthnParty } from './relying-party.ts';
import { securityKey } from './security-key.ts';
import { webAuthn } from './sign-in.ts';
import type { WebAuthnParts } from './sign-in-page.ts';
import { windowsHello } from './windows-hello.ts';

/** Every way to sign in by WebAuthn, in the order of the pages. */
const kinds: readonly WebAuthnKind[] = [securityKey, windowsHello, passkey];

interface Given extends Omit<WebAuthnParts, 'ceremony'> {
  issuer: string;
  webAuthn?: WebAuthnSettings;
  singleUse: Ceremony['singleUse'];
  limitRows: Ceremony['limitRows'];
  credentials: Credentials;
}

/** The ways to sign in by WebAuthn and to be given one; none where the issuer is an address without a name. */
export function webAuthnWays(given: Given): {
  authenticators: Authenticator[];
  enrolments: Enrolment[];
  ceremony: Ceremony | undefined;
} {
  const policy = webAuthnPolicy(given.webAuthn ?? {}, given.development);
  const party = webAuthnParty(given.issuer);
  if (!party) return { authenticators: [], enrolments: [], ceremony: undefined };
  const { singleUse, limitRows, credentials, development } = given;
  const ceremony: Ceremony = { party, policy, singleUse, limitRows, credentials, kinds, development };
  const parts = { ...given, ceremony };
  return {
    authenticators: kinds.map((kind) => webAuthn(kind, parts)),
    enrolments: kinds.map((kind) => webAuthnEnrolment(kind, parts)),
    ceremony,
  };
}
