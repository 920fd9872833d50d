import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import type { Statement } from '../storage/database.ts';
import type { SingleUse } from '../storage/single-use.ts';
import { Parameters } from './parameters.ts';

interface Pushed {
  issuer: string;
  clientId: string;
  entries: [string, string][];
  /** Time in milliseconds before which a sign-in must begin. */
  beginsBefore: number;
}

/** Prefix of each `request_uri` (RFC 9126 section 2.2). */
export const requestUriPrefix = 'urn:ietf:params:oauth:request_uri:';
/** Seconds in which a sign-in must begin; the browser may reload it. */
export const pushedLifetime = 60;
/** Milliseconds until it can no longer be spent: longer than any sign-in that it began. */
const kept = 3_700_000;

function parametersOf(entries: readonly [string, string][]): Parameters {
  const values = new Map<string, string[]>();
  for (const [name, value] of entries) values.set(name, [...(values.get(name) ?? []), value]);
  return new Parameters(values);
}

/** Authorization requests that clients pushed to one issuer (RFC 9126). */
export class PushedRequests {
  readonly #kind: string;
  readonly #issuer: string;
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;

  /** @param kind kind of the single-use values of the server */
  constructor(kind: string, issuer: string, parts: { singleUse: SingleUse; clock: Clock }) {
    this.#kind = kind;
    this.#issuer = issuer;
    this.#singleUse = parts.singleUse;
    this.#clock = parts.clock;
  }

  /** Stores a checked request. Returns its `request_uri`, with 256 random bits. */
  async keep(clientId: string, parameters: Parameters): Promise<string> {
    const requestUri = requestUriPrefix + randomToken();
    const pushed: Pushed = {
      issuer: this.#issuer,
      clientId,
      entries: parameters.entries(),
      beginsBefore: this.#clock.now() + pushedLifetime * 1_000,
    };
    await this.#singleUse.keep(this.#kind, requestUri, pushed, kept);
    return requestUri;
  }

  /** Returns the parameters that this client pushed, unless they are spent or expired. */
  async find(requestUri: string, clientId: string): Promise<Parameters | undefined> {
    const pushed = await this.#singleUse.peek<Pushed>(this.#kind, requestUri);
    const valid =
      pushed?.issuer === this.#issuer &&
      pushed.clientId === clientId &&
      pushed.beginsBefore > this.#clock.now();
    return valid ? parametersOf(pushed.entries) : undefined;
  }

  /** Returns whether a code was issued for it. */
  async isSpent(requestUri: string): Promise<boolean> {
    return (await this.#singleUse.peek(this.#kind, requestUri)) === undefined;
  }

  /** Returns the condition of the batch that issues a code: one code for each pushed request. */
  spendStatement(requestUri: string): Statement {
    return this.#singleUse.spendStatement(this.#kind, requestUri);
  }
}
