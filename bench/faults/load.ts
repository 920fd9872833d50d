import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { sha256 } from '@alongside/kernel/secrets';
import { Navigator } from '../../test/testing/navigate.ts';
import type { Client } from './installation.ts';
import type { Ledger, Outcome } from './ledger.ts';

/** Kinds of promises of which a broken one is a double spend. */
export const spendings = ['code stays spent', 'code is spent once', 'signature is made once'] as const;
/** In the order of the checks: using a spent code may end its tokens. */
export const promiseKinds = ['token works', 'refresh works', 'revocation holds', ...spendings] as const;

const callback = 'http://localhost:1/callback';
/** Time limit of a response in milliseconds. */
const timeout = 15_000;

interface Reply {
  status: number;
  body: Record<string, unknown>;
}

/** Thrown for a response that ends a sign-in. */
class Ended extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome, detail: string) {
    super(detail);
    this.outcome = outcome;
  }
}

// The agent returns 502 if CIS2 does not respond.
const clean = [429, 502, 503, 504];

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Requests of one application: sign-in, code, token, call, refresh, revocation. */
export class Load {
  readonly #ledger: Ledger;
  readonly #api: string;
  readonly #client: Client;
  /** Addresses of every process that serves the API; each must honour responses of the others. */
  readonly #processes: readonly string[];
  readonly #refusesClients: boolean;
  /** When sign-ins were completed, on the monotonic clock. */
  readonly #completed: number[] = [];
  #isOver = false;

  constructor(
    ledger: Ledger,
    {
      api,
      client,
      processes,
      refusesClients,
    }: { api: string; client: Client; processes: readonly string[]; refusesClients: boolean },
  ) {
    this.#ledger = ledger;
    this.#api = api;
    this.#client = client;
    this.#processes = processes;
    this.#refusesClients = refusesClients;
  }

  /** Runs several sequences at once until `stop`; `rest` is the pause of a lane in milliseconds. */
  async run(lanes: number, rest: number): Promise<void> {
    await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        for (let n = lane; !this.#isOver; n++) {
          const went = await this.journey(n);
          // Pauses after a refusal, like a client.
          const idle = went ? rest : Math.max(rest, 50);
          if (idle > 0) await pause(idle);
        }
      }),
    );
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Returns the longest time in milliseconds without a completed sequence since this moment of the monotonic clock. */
  outageSince(moment: number): number {
    const moments = [moment, ...this.#completed.filter((one) => one > moment), performance.now()];
    return Math.max(...moments.slice(1).map((one, n) => one - (moments[n] ?? one)));
  }

  /** Runs one sequence. Returns false if a step failed. */
  async journey(n: number): Promise<boolean> {
    try {
      const verifier = randomBytes(32).toString('base64url');
      const code = await this.#signIn(verifier);
      const fields = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: callback,
        code_verifier: verifier,
      };
      const first = await this.#redeem(fields);
      this.#ledger.promise('code stays spent', () => this.#isRefused(fields));
      await this.#step('call', () => this.#call(this.#api, String(first.access_token)));
      const kind = n % 3;
      if (kind === 0) this.#promiseToken(String(first.access_token));
      if (kind === 1) await this.#refresh(String(first.refresh_token));
      if (kind === 2) await this.#revoke(String(first.access_token));
      this.#completed.push(performance.now());
      return true;
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      return false;
    }
  }

  async #signIn(code_verifier: string): Promise<string> {
    const query = new URLSearchParams({
      client_id: this.#client.clientId,
      redirect_uri: callback,
      response_type: 'code',
      state: 'state-of-the-load',
      code_challenge: sha256(code_verifier),
      code_challenge_method: 'S256',
    });
    const { address, answer } = await this.#inTime(
      new Navigator().go(`${this.#api}/oauth2.1/authorize?${query}`, callback),
    );
    const { searchParams } = new URL(address);
    const code = address.startsWith(callback) ? searchParams.get('code') : null;
    if (code !== null) {
      this.#ledger.count('ok');
      return code;
    }
    const error = searchParams.get('error');
    const refused = error === 'temporarily_unavailable' || error === 'server_error';
    const title = /<title>([^<]*)/.exec(answer.body)?.[1] ?? answer.body.slice(0, 200);
    return this.#end(
      refused ? 'refused' : this.#outcomeOf(answer.status),
      `sign-in: ${answer.status} ${error ?? title} at ${address.split('?')[0]}`,
    );
  }

  /** Without an answer, or with a refusal, the code may be spent or not. */
  async #redeem(fields: Record<string, string>): Promise<Record<string, unknown>> {
    try {
      return await this.#step('token', () => this.#post('token', fields));
    } catch (error) {
      let spent = 0;
      this.#ledger.promise('code is spent once', async () => {
        for (; spent < 2; spent++) {
          const refused = await this.#isRefused(fields);
          if (refused !== false) return refused;
        }
        return false;
      });
      throw error;
    }
  }

  async #refresh(refresh_token: string): Promise<void> {
    const use = (token: string) => this.#post('token', { grant_type: 'refresh_token', refresh_token: token });
    const { refresh_token: next, access_token } = await this.#step('refresh', () => use(refresh_token));
    this.#promiseToken(String(access_token));
    this.#ledger.promise('refresh works', async () => {
      const { status } = await use(String(next));
      return status >= 500 ? undefined : status === 200;
    });
  }

  async #revoke(token: string): Promise<void> {
    await this.#step('revoke', () => this.#post('revoke', { token }));
    this.#ledger.promise('revocation holds', () => this.#everywhere(token, 401));
  }

  #promiseToken(token: string): void {
    this.#ledger.promise('token works', () => this.#everywhere(token, 200));
  }

  async #everywhere(token: string, wanted: number): Promise<boolean | undefined> {
    const replies = await Promise.all(this.#processes.map((address) => this.#call(address, token)));
    if (replies.some(({ status }) => status >= 500)) return undefined;
    return replies.every(({ status }) => status === wanted);
  }

  async #isRefused(fields: Record<string, string>): Promise<boolean | undefined> {
    const { status } = await this.#post('token', fields);
    return status >= 500 ? undefined : status >= 400;
  }

  async #step(name: string, work: () => Promise<Reply>): Promise<Record<string, unknown>> {
    const { status, body } = await this.#inTime(work());
    const outcome = status < 300 ? 'ok' : this.#outcomeOf(status);
    if (outcome !== 'ok')
      return this.#end(outcome, `${name}: ${status} ${JSON.stringify(body).slice(0, 300)}`);
    this.#ledger.count('ok');
    return body;
  }

  #outcomeOf(status: number): Outcome {
    const refuses = this.#refusesClients && status >= 400 && status < 500;
    return refuses || clean.includes(status) ? 'refused' : 'failed';
  }

  #end(outcome: Outcome, detail: string): never {
    this.#ledger.count(outcome, detail);
    throw new Ended(outcome, detail);
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeout / 1_000} s`)), timeout);
    });
    try {
      return await Promise.race([work, late]);
    } catch (error) {
      return this.#end('cut', (error as Error).message);
    } finally {
      clearTimeout(timer);
    }
  }

  async #post(endpoint: string, fields: Record<string, string>): Promise<Reply> {
    const { clientId, clientSecret } = this.#client;
    const answer = await fetch(`${this.#api}/oauth2.1/${endpoint}`, {
      method: 'POST',
      body: new URLSearchParams({ ...fields, client_id: clientId, client_secret: clientSecret }),
    });
    return { status: answer.status, body: parsed(await answer.text()) };
  }

  async #call(address: string, token: string): Promise<Reply> {
    const answer = await fetch(`${address}/hello-world/hello/user`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: answer.status, body: parsed(await answer.text()) };
  }
}
