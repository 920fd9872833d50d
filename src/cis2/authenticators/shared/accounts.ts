import type { Person } from '../../../cis/protocol.ts';
import type { Credential, Credentials } from '../../model/credentials.ts';
import { passwordHolds } from './hash.ts';
import { accountText } from './text.ts';

const maxEmailLength = 254;
// Letters of any script, without characters that mail headers or pages escape. The domain is in ASCII or punycode.
const emailShape = /^[^\s@<>()[\],;:\\"\p{C}]{1,64}@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/u;

/** Normalises an e-mail address for the look-up of accounts: trimmed, lower case, NFC. Returns undefined for other text. */
export function emailOf(text: string | undefined): string | undefined {
  if (text === undefined || text.length > maxEmailLength) return undefined;
  const email = text.trim().normalize('NFC').toLowerCase();
  return email.length <= maxEmailLength &&
    emailShape.test(email) &&
    !/\.\.|-\.|\.-/.test(email.split('@')[1] ?? '')
    ? email
    : undefined;
}

/** The stored part of a credential with a password. */
export interface Account {
  email: string;
  /** PHC string. */
  hash: string;
}

/** Characters of a name or a password that are read. */
const maxInputLength = 1_024;

/** Returns the name under which guesses at an account are counted: its address, or other input. */
export const accountName = (input: string | undefined): string =>
  emailOf(input) ?? (input ?? '').slice(0, maxInputLength);

/**
 * Finds the account if the password is right. Takes as long for an unknown account.
 * @param place origin of the password. Passwords from other places do not queue behind it.
 */
export async function claimAccount<Body extends Account>(
  credentials: Credentials,
  kind: string,
  name: string,
  password: string | undefined,
  place: string,
): Promise<Credential<Body> | undefined> {
  const [found] = await credentials.find<Body>(kind, name);
  const holds = await passwordHolds((password ?? '').slice(0, maxInputLength), found?.body.hash, place);
  return holds ? found : undefined;
}

/** Returns the user's sign-in address and the credentials with it, or the reason why the user cannot sign in with one. */
export async function accountOf<Body extends Account>(
  credentials: Credentials,
  kind: string,
  person: Person,
): Promise<{ email: string; own: Credential<Body>[] } | { refused: string }> {
  // Only the directory names the address, because a typed one is not verified.
  const email = emailOf(person.email);
  if (email === undefined) return { refused: accountText.noEmail };
  const found = await credentials.find<Body>(kind, email);
  if (found.some(({ uid }) => uid !== person.uid)) return { refused: accountText.taken };
  return { email, own: await credentials.of<Body>(person.uid, kind) };
}

/** FOR DEVELOPMENT ONLY: the public password of every seeded account. */
export const demoPassword = 'alongside-demo-1';

/** Its hash, so that the first start need not compute it. */
export const demoHash =
  '$scrypt$ln=15,r=8,p=3$4pRpQTL03zjDCx01tR1J8w$LqsjgJ9i9tbs5vaniL/OU2vvhpHcfp/TUwPFZaQR+XY';
