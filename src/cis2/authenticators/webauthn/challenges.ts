import { randomToken } from '@alongside/kernel/ids';
import type { SingleUse } from '../../../storage/single-use.ts';

const kind = 'cis2-webauthn';
/** Milliseconds: five minutes, as long as the browser waits for the person. */
export const challengeLifetime = 300_000;

/** Makes a challenge for one interaction or one enrolment (WebAuthn section 13.4.3). */
export async function newChallenge(singleUse: SingleUse, owner: string): Promise<string> {
  const challenge = randomToken();
  await singleUse.keep(kind, challenge, owner, challengeLifetime);
  return challenge;
}

/** Spends a challenge, whatever comes of it: true for the first answer to it, in time, of the same owner. */
export async function spendChallenge(
  singleUse: SingleUse,
  challenge: string,
  owner: string,
): Promise<boolean> {
  return (await singleUse.spend<string>(kind, challenge)) === owner;
}
