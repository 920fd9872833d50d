import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import type { Statement } from '../storage/database.ts';
import type { SingleUse } from '../storage/single-use.ts';
import { Parameters } from './parameters.ts';

interface Pushed {
  issuer: string;
  clientId: string;
  entries: [string, string][];
  /** Milliseconds: until when a sign-in may begin with it. */
  beginsBefore: number;
}

/** What every `request_uri` of ours begins with (RFC 9126 section 2.2). */
export const requestUriPrefix = 'urn:ietf:params:oauth:request_uri:';
/** Seconds in which a sign-in may begin, as often as the browser loads it again. */
export const pushedLifetime = 60;
/** Milliseconds for which it can be spent: until the last sign-in that began with it has run out. */
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

  /** @param kind under which the service keeps them. */
  constructor(kind: string, issuer: string, parts: { singleUse: SingleUse; clock: Clock }) {
    this.#kind = kind;
    this.#issuer = issuer;
    this.#singleUse = parts.singleUse;
    this.#clock = parts.clock;
  }

  /** Keeps a checked request; answers its `request_uri`, of 256 bits. */
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

  /** The parameters that this client pushed, while they are unspent and not run out. */
  async find(requestUri: string, clientId: string): Promise<Parameters | undefined> {
    const pushed = await this.#singleUse.peek<Pushed>(this.#kind, requestUri);
    const valid =
      pushed?.issuer === this.#issuer &&
      pushed.clientId === clientId &&
      pushed.beginsBefore > this.#clock.now();
    return valid ? parametersOf(pushed.entries) : undefined;
  }

  /** Whether a code was given out for it. */
  async isSpent(requestUri: string): Promise<boolean> {
    return (await this.#singleUse.peek(this.#kind, requestUri)) === undefined;
  }

  /** The condition of the batch that gives a code out: one code for each pushed request. */
  spendStatement(requestUri: string): Statement {
    return this.#singleUse.spendStatement(this.#kind, requestUri);
  }
}
