import { isIP } from 'node:net';

/** Us, as authenticators know us (WebAuthn section 4, "relying party identifier"). */
export interface WebAuthnParty {
  /** Host of the issuer. */
  id: string;
  /** Origin of the issuer: the only one whose responses are taken. */
  origin: string;
}

/** Undefined when the issuer has no name but an address: browsers make no credential for one (WebAuthn section 5.1.3). */
export function webAuthnParty(issuer: string): WebAuthnParty | undefined {
  const { hostname, origin } = new URL(issuer);
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? { id: hostname, origin } : undefined;
}
