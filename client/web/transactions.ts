import { createHash } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { ClientError } from '../errors.ts';
import { randomToken } from '../secrets.ts';

/** A sign-in under way, kept by the browser. */
export interface PendingSignIn {
  /** The packed state of `begin`. */
  state: string;
  /** The page to show after the sign-in: a path of the application. */
  returnTo: string;
}

/** Seals pending sign-ins in a cookie, so that abandoned ones cost the server nothing. */
export interface PendingSignIns {
  seal(pending: PendingSignIn): Promise<string>;
  /** Returns undefined for anything that this application did not seal. */
  open(sealed: string | undefined): Promise<PendingSignIn | undefined>;
}

const SHORTEST_SECRET = 32;

/** @param secret the same in every process of the application; by default one of this process */
export function pendingSignIns(secret: string = randomToken()): PendingSignIns {
  if (secret.length < SHORTEST_SECRET)
    throw new ClientError(
      'settings_invalid',
      `The setting secret must have ${SHORTEST_SECRET} characters or more.`,
    );
  const key = createHash('sha256').update(`sign-in under way\n${secret}`, 'utf8').digest();
  return {
    seal: (pending) =>
      new CompactEncrypt(new TextEncoder().encode(JSON.stringify(pending)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(key),
    async open(sealed) {
      if (sealed === undefined) return undefined;
      try {
        const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
        const { plaintext } = await compactDecrypt(sealed, key, options);
        return JSON.parse(new TextDecoder().decode(plaintext));
      } catch {
        return undefined;
      }
    },
  };
}
