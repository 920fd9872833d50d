import type { Credential, Credentials } from '../../model/credentials.ts';
import { passwordHolds } from './hash.ts';

const longest = 254;
// Letters of any script, none that a mail header or a page could stumble over; the domain in ASCII or already in punycode.
const shape = /^[^\s@<>()[\],;:\\"\p{C}]{1,64}@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/u;

/** An e-mail address as accounts are found by it: trimmed, in lower case and composed. Undefined when it is none. */
export function emailOf(text: string | undefined): string | undefined {
  if (text === undefined || text.length > longest) return undefined;
  const email = text.trim().normalize('NFC').toLowerCase();
  return email.length <= longest && shape.test(email) && !/\.\.|-\.|\.-/.test(email.split('@')[1] ?? '')
    ? email
    : undefined;
}

/** What a credential with a password holds. */
export interface Account {
  email: string;
  /** PHC string. */
  hash: string;
}

/** Longest thing that is taken for a name or a password, in characters. */
const longestInput = 1_024;

/** What guesses at an account are counted by: the address as accounts are found by it, or what came in its place. */
export const accountName = (given: string | undefined): string =>
  emailOf(given) ?? (given ?? '').slice(0, longestInput);

/**
 * Finds the account of this name, if the password is its own: the same work whether there is one or not.
 * @param place that the password comes from: passwords of other places do not wait behind it.
 */
export async function claimAccount<Body extends Account>(
  credentials: Credentials,
  kind: string,
  name: string,
  password: string | undefined,
  place: string,
): Promise<Credential<Body> | undefined> {
  const found = (await credentials.find<Body>(kind, name))[0];
  const given = (password ?? '').slice(0, longestInput);
  const holds = await passwordHolds(given, found?.body.hash, place);
  return holds ? found : undefined;
}

/** FOR DEVELOPMENT ONLY, and public to the whole world: the password of every seeded person who has one. */
export const demoPassword = 'alongside-demo-1';

/** Its hash, so that nobody waits for it at a first start. */
export const demoHash =
  '$scrypt$ln=15,r=8,p=3$4pRpQTL03zjDCx01tR1J8w$LqsjgJ9i9tbs5vaniL/OU2vvhpHcfp/TUwPFZaQR+XY';
