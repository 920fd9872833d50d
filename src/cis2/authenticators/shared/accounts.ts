import type { Credential, Credentials } from '../../model/credentials.ts';
import { emailOf } from './email.ts';
import { passwordHolds } from './hash.ts';

/** What a credential with a password holds. */
export interface Account {
  email: string;
  /** PHC string. */
  hash: string;
}

/** Longest thing that is taken for a name or a password, in characters. */
const longest = 1_024;

/** What guesses at an account are counted by: the address as accounts are found by it, or what came in its place. */
export const accountName = (given: string | undefined): string =>
  emailOf(given) ?? (given ?? '').slice(0, longest);

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
  const given = (password ?? '').slice(0, longest);
  const holds = await passwordHolds(given, found?.body.hash, place);
  return holds ? found : undefined;
}
