import { type Answer, json } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import { sha256 } from '@alongside/kernel/secrets';
import type { SingleUse } from '../../../storage/single-use.ts';
import { tabletErrors } from './errors.ts';
import type { HolderChecks } from './holder.ts';
import { checkType, type Holder, keyThatSigned, kidOf, tabletTypes, tokenIn } from './signed.ts';

/** A tablet that shall be somebody's: the code that it scans, and its key once it has. */
export interface Joining {
  jwk: JsonWebKey | null;
  label: string;
  holder: Holder | null;
}

const kind = 'cis2-tablet-join';
const takenKind = 'cis2-tablet-joined';
/** Milliseconds, as long as an enrolment's page is looked at. */
export const joiningLifetime = 600_000;

/** Makes the code that a tablet scans to be set up. */
export async function newJoining(singleUse: SingleUse): Promise<string> {
  const code = randomToken(24);
  await singleUse.keep(kind, code, { jwk: null, label: '', holder: null } satisfies Joining, joiningLifetime);
  return code;
}

export const joiningOf = (singleUse: SingleUse, code: string): Promise<Joining | undefined> =>
  singleUse.peek<Joining>(kind, code);

/** Six digits that tablet and desk both show: they say that it is the same key. */
export const comparedNumber = (jwk: JsonWebKey): string => {
  const value = Buffer.from(sha256(`compare:${kidOf(jwk)}`), 'base64url').readUInt32BE(0);
  return String(value % 1_000_000).padStart(6, '0');
};

/** `POST /tablet/join`: a tablet that scanned the code shows its key; the first one alone. */
export const createTabletJoin = (singleUse: SingleUse, holders: HolderChecks, issuer: string) =>
  async function join(request: HttpRequest): Promise<Answer> {
    const { jwt, label } = tokenIn(request.headers['content-type'], request.body);
    const { code, holder: given } = checkType(jwt, tabletTypes.key, issuer);
    const jwk = await keyThatSigned(jwt);
    if (!jwk) throw tabletErrors.tabletMalformed('the token is not signed with a P-256 key of its header');
    if (typeof code !== 'string' || code.length > 64 || !(await joiningOf(singleUse, code)))
      throw tabletErrors.tabletCodeUnknown('no enrolment waits for it');
    const holder = await holders.registered(given, code);
    if (!(await singleUse.claim(takenKind, code, joiningLifetime)))
      throw tabletErrors.tabletCodeUnknown('another tablet came first');
    await singleUse.replace(kind, code, { jwk, label, holder } satisfies Joining);
    return json(200, { number: comparedNumber(jwk) });
  };
