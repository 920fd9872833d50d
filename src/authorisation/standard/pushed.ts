import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { Parameters } from '../../oauth/parameters.ts';
import type { Statement } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { Base } from '../base.ts';

interface Pushed {
  issuer: string;
  clientId: string;
  entries: [string, string][];
  /** Milliseconds: until when a sign-in may begin with it. */
  beginsBefore: number;
}

const kind = 'authorisation-pushed';
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

/** Authorization requests that clients pushed at one base path (RFC 9126). */
export class PushedRequests {
  readonly #base: Base;
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;

  constructor(base: Base, parts: { singleUse: SingleUse; clock: Clock }) {
    this.#base = base;
    this.#singleUse = parts.singleUse;
    this.#clock = parts.clock;
  }

  /** Keeps a checked request; answers its `request_uri`. */
  async keep(clientId: string, parameters: Parameters): Promise<string> {
    const requestUri = requestUriPrefix + randomToken();
    const pushed: Pushed = {
      issuer: this.#base.issuer,
      clientId,
      entries: parameters.entries(),
      beginsBefore: this.#clock.now() + pushedLifetime * 1_000,
    };
    await this.#singleUse.keep(kind, requestUri, pushed, kept);
    return requestUri;
  }

  /** The parameters that this client pushed, while they are unspent and not run out. */
  async find(requestUri: string, clientId: string): Promise<Parameters | undefined> {
    const pushed = await this.#singleUse.peek<Pushed>(kind, requestUri);
    const valid =
      pushed?.issuer === this.#base.issuer &&
      pushed.clientId === clientId &&
      pushed.beginsBefore > this.#clock.now();
    return valid ? parametersOf(pushed.entries) : undefined;
  }

  /** The condition of the batch that gives a code out: one code for each pushed request. */
  spending(requestUri: string): Statement {
    return this.#singleUse.spending(kind, requestUri);
  }
}
