import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { randomToken } from '@alongside/kernel/ids';
import { Gate } from './gate.ts';

const derive = promisify(scrypt) as (
  password: string,
  salt: Buffer,
  length: number,
  options: ScryptOptions,
) => Promise<Buffer>;

/** How hard a password is to guess from its hash (RFC 7914 section 2): `ln` is the logarithm of N to the base 2. */
interface Cost {
  ln: number;
  r: number;
  p: number;
}

/** 32 MiB and three rounds of it: the memory that a sign-in may take, and the time that it costs who guesses. */
const cost: Cost = { ln: 15, r: 8, p: 3 };
const length = 32;

const format =
  /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{22,86})\$([A-Za-z0-9+/]{43,86})$/;

/** A stored hash, taken apart. */
export interface PasswordHash extends Cost {
  salt: Buffer;
  key: Buffer;
}

const encode = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

/** Reads a hash in the PHC string format; undefined for anything else, and for one that would take more memory than there is. */
export function readHash(text: string): PasswordHash | undefined {
  const [, ln, r, p, salt, key] = format.exec(text) ?? [];
  if (ln === undefined || salt === undefined || key === undefined) return undefined;
  const found = { ln: Number(ln), r: Number(r), p: Number(p) };
  if (found.ln > 18 || found.r > 16 || found.p > 16) return undefined;
  return { ...found, salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') };
}

/** A flood of guesses must not take every thread of the process, on which signatures are checked as well. */
export const passwordGate = new Gate(2, 60);

const keyOf = (
  password: string,
  { ln, r, p, salt }: Cost & { salt: Buffer },
  bytes: number,
  place?: string,
) =>
  passwordGate.through(
    () => derive(password.normalize('NFC'), salt, bytes, { N: 2 ** ln, r, p, maxmem: 256 * 2 ** ln * r }),
    place,
  );

/** Hashes a password; its salt and its cost stand in the result. */
export async function hashPassword(password: string): Promise<string> {
  const salt = Buffer.from(randomToken(16), 'base64url');
  const key = await keyOf(password, { ...cost, salt }, length);
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${encode(salt)}$${encode(key)}`;
}

/** What a password is compared with where there is no account: as much work, and never right. */
const nobody: PasswordHash = { ...cost, salt: Buffer.alloc(16), key: Buffer.alloc(length) };

/** Whether it is the password behind this hash. Without one it takes as long and says no. `place`: where it comes from. */
export async function passwordHolds(
  password: string,
  hash: string | undefined,
  place?: string,
): Promise<boolean> {
  const known = hash === undefined ? undefined : readHash(hash);
  const expected = known ?? nobody;
  const key = await keyOf(password, expected, expected.key.length, place);
  return timingSafeEqual(key, expected.key) && known !== undefined;
}
