import { AsyncLocalStorage } from 'node:async_hooks';
import { type Answer, StreamAnswer } from '@alongside/kernel/answer';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import type { AuditLog } from '../../storage/audit.ts';
import { errors } from '../errors.ts';
import { type Administrator, actorOf } from './administrators.ts';
import type { AdministratorSessions } from './sessions.ts';

/** The sender of an admitted request. */
export interface Caller {
  /** Name in audit records. */
  actor: string;
  /** Null for a command on this machine. */
  administrator: Administrator | null;
}

const actors = new AsyncLocalStorage<string>();

/** Returns the actor of the current request, for its audit records. */
export const currentActor = (): string | undefined => actors.getStore();

/** Restricts an endpoint to those who may call it. */
export type Admit = (endpoint: Endpoint) => Endpoint;

/** Development admits all: `checkPeerUser` keeps other local users out. */
export const admitAll: Admit = (endpoint) => endpoint;

const bearer = /^Bearer ([\w-]{1,200})$/;

/** Admits administrators with a session, and commands on this machine. */
export class Admission {
  readonly #sessions: AdministratorSessions;
  readonly #audit: AuditLog;
  readonly #operatorHash: string | undefined;
  readonly #signInAddress: string;

  /** @param operatorHash SHA-256 of the access token in the state file of this process */
  constructor(
    sessions: AdministratorSessions,
    audit: AuditLog,
    operatorHash: string | undefined,
    signInAddress: string,
  ) {
    this.#sessions = sessions;
    this.#audit = audit;
    this.#operatorHash = operatorHash;
    this.#signInAddress = signInAddress;
  }

  /** Returns the sender of a request; undefined for anonymous ones. Throws for an unknown access token. */
  async callerOf(request: HttpRequest): Promise<Caller | undefined> {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const token = bearer.exec(authorization)?.[1];
      const hash = this.#operatorHash;
      if (token !== undefined && hash !== undefined && equalSecrets(sha256(token), hash))
        return { actor: 'local operator', administrator: null };
      throw errors.operatorUnknown('the Authorization header holds no access token of this process');
    }
    const administrator = await this.#sessions.find(request);
    return administrator && { actor: actorOf(administrator), administrator };
  }

  /** Refuses anonymous requests. Audit records of the endpoint name the caller. */
  admit: Admit = (endpoint) => async (request) => {
    const caller = await this.callerOf(request);
    if (!caller) throw errors.signInMissing('no session', { sign_in: this.#signInAddress });
    const answer = await actors.run(caller.actor, () => this.#recorded(request, endpoint));
    return answer instanceof StreamAnswer ? this.#whileSignedIn(answer, request) : answer;
  };

  /**
   * Records each call that may change something, in addition to the records of its parts. The record is written first, because CIS2
   * and the agent change without knowing the administrator.
   */
  async #recorded(request: HttpRequest, endpoint: Endpoint): Promise<Answer> {
    if (request.method === 'GET') return endpoint(request);
    const record = (outcome: 'ok' | 'refused') =>
      this.#audit.recordAlone({
        actor: '',
        action: 'console.call',
        target: `${request.method} ${request.path}`.slice(0, 300),
        outcome,
      });
    await record('ok');
    try {
      const answer = await endpoint(request);
      if (answer.status >= 400) await record('refused');
      return answer;
    } catch (error) {
      await record('refused');
      throw error;
    }
  }

  /** Ends a stream at its next part after the session ends. */
  #whileSignedIn(answer: StreamAnswer, request: HttpRequest): StreamAnswer {
    const isSignedIn = async () => (await this.callerOf(request)) !== undefined;
    return new StreamAnswer(answer.status, answer.headers, async function* whileSignedIn(gone) {
      for await (const part of answer.chunks(gone)) {
        if (!(await isSignedIn())) return;
        yield part;
      }
    });
  }
}
