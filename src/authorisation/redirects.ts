import type { PlatformRegistration } from '../oauth/applications.ts';
import { redirectFits } from '../oauth/registered-addresses.ts';
import type { Base } from './base.ts';

/** Whether an address is a callback URL of this client. A free loopback port is for native applications of the standard profile (RFC 8252 section 7.3). */
export function isCallback(base: Base, registration: PlatformRegistration, uri: string): boolean {
  const registered = base.hardening.severalCallbacks
    ? registration.callbackUrls
    : registration.callbackUrls.slice(0, 1);
  return redirectFits(registered, base.profile !== 'nhs' && registration.applicationType === 'native', uri);
}
