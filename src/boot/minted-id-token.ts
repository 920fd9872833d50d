import { seconds } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { halfHash } from '@alongside/kernel/secrets';
import type { Person } from '../cis/protocol.ts';
import { type IdTokenSettings, signIdToken } from '../cis2/openid/claims/claims.ts';
import type { Applications } from '../oauth/applications.ts';
import { bestSignIn } from '../oauth/sign-in-levels.ts';

/** Returns how ID tokens of CIS2 for this client are signed for sign-ins that did not happen. */
export const createIdTokenSource =
  (settings: IdTokenSettings, applications: Applications, clientId: string) =>
  async (person: Person, sid: string): Promise<string | undefined> => {
    const registration = (await applications.usableAtCis2(clientId))?.cis2;
    if (!registration) return undefined;
    const { acr, amr, authentication_assurance_level: level } = bestSignIn(person.authenticators);
    const [role, ...others] = person.roles;
    const facts = {
      uid: person.uid,
      sid,
      authTime: seconds(settings.clock),
      acr,
      methods: amr,
      level: Number(level),
      idAssuranceLevel: person.idAssuranceLevel,
      roleId: others.length === 0 ? (role?.roleId ?? null) : null,
      claims: { idToken: [], userinfo: [] },
    };
    const hashes = () => ({ c_hash: halfHash(randomToken()), s_hash: halfHash(randomToken()) });
    const request = { scope: [], accessToken: randomToken(), nonce: randomToken(), hashes, more: {} };
    return signIdToken(settings, registration, { facts, ...request });
  };
