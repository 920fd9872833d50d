import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { randomToken } from '@alongside/kernel/ids';
import { signInErrors } from '../../sign-in/errors.ts';

interface Waiter {
  enter(): void;
  refuse(error: unknown): void;
}

/**
 * Limits concurrent work and queues the rest. Places take turns, and each place is a queue. When the queues are full, the
 * longest one loses its last entry, so a flood from one place delays only that place.
 */
export class Gate {
  readonly #most: number;
  readonly #longest: number;
  #inside = 0;
  #waiting = 0;
  /** The queues by place, in the order of their turns. */
  readonly #places = new Map<string, Waiter[]>();

  /**
   * @param most concurrent calls.
   * @param longest waiting calls of all places.
   */
  constructor(most: number, longest: number) {
    this.#most = most;
    this.#longest = longest;
  }

  /** Calls `act` in turn. Throws `busy` when too many calls wait. */
  async through<T>(act: () => Promise<T>, place = ''): Promise<T> {
    if (this.#inside >= this.#most) await this.#wait(place);
    else this.#inside += 1;
    try {
      return await act();
    } finally {
      // The next call takes over this slot.
      const next = this.#next();
      if (next) next.enter();
      else this.#inside -= 1;
    }
  }

  #wait(place: string): Promise<void> {
    const queue = this.#places.get(place) ?? [];
    if (this.#waiting >= this.#longest) this.#makeRoom(queue.length);
    this.#waiting += 1;
    this.#places.set(place, queue);
    return new Promise<void>((enter, refuse) => queue.push({ enter, refuse }));
  }

  /** Throws unless the queue of another place would be longer than this one. */
  #makeRoom(own: number): void {
    const busy = signInErrors.busy('too many passwords wait to be checked');
    const [longest] = [...this.#places.values()].sort((one, other) => other.length - one.length);
    if (!longest || longest.length <= own + 1) throw busy;
    longest.pop()?.refuse(busy);
    this.#waiting -= 1;
  }

  #next(): Waiter | undefined {
    for (const [place, queue] of this.#places) {
      const waiter = queue.shift();
      this.#places.delete(place);
      if (queue.length > 0) this.#places.set(place, queue);
      if (!waiter) continue;
      this.#waiting -= 1;
      return waiter;
    }
    return undefined;
  }
}

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** Cost of scrypt (RFC 7914 section 2). `ln` is the binary logarithm of N. */
interface Cost {
  ln: number;
  r: number;
  p: number;
}

/** 32 MiB and three rounds: affordable at each sign-in, expensive for guesses. */
const cost: Cost = { ln: 15, r: 8, p: 3 };
const length = 32;

const format =
  /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{22,86})\$([A-Za-z0-9+/]{43,86})$/;

/** The parts of a stored hash. */
export interface PasswordHash extends Cost {
  salt: Buffer;
  key: Buffer;
}

const encode = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

/** Reads a hash in the PHC string format. Returns undefined for other text and for excessive costs. */
export function readHash(text: string): PasswordHash | undefined {
  const [, ln, r, p, salt, key] = format.exec(text) ?? [];
  if (ln === undefined || salt === undefined || key === undefined) return undefined;
  const found = { ln: Number(ln), r: Number(r), p: Number(p) };
  if (found.ln > 18 || found.r > 16 || found.p > 16) return undefined;
  return { ...found, salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') };
}

/** Leaves threads of the process free for signatures during a flood of guesses. */
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

/** Hashes a password. The result contains its salt and cost. */
export async function hashPassword(password: string): Promise<string> {
  const salt = Buffer.from(randomToken(16), 'base64url');
  const key = await keyOf(password, { ...cost, salt }, length);
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${encode(salt)}$${encode(key)}`;
}

/** Takes the place of a missing account: as much work, and never right. */
const noAccount: PasswordHash = { ...cost, salt: Buffer.alloc(16), key: Buffer.alloc(length) };

/**
 * Returns whether the hash is of this password. Takes as long without a hash.
 * @param place origin of the password, for the queue.
 */
export async function passwordHolds(
  password: string,
  hash: string | undefined,
  place?: string,
): Promise<boolean> {
  const known = hash === undefined ? undefined : readHash(hash);
  const expected = known ?? noAccount;
  const key = await keyOf(password, expected, expected.key.length, place);
  return timingSafeEqual(key, expected.key) && known !== undefined;
}
