import { type Answer, StreamAnswer } from '@alongside/kernel/answer';
import type { Endpoint, HttpRequest, Route } from '@alongside/kernel/http';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import type { AuditLog } from '../../storage/audit.ts';
import { errors } from '../errors.ts';
import { actingAs } from './actor.ts';
import { type Administrator, actorOf } from './administrators.ts';
import type { AdministratorSessions } from './sessions.ts';

/** Who sent a request. */
export interface Caller {
  /** As audit records name them. */
  actor: string;
  /** Null for a command of this machine. */
  administrator: Administrator | null;
}

interface Parts {
  sessions: AdministratorSessions;
  audit: AuditLog;
  /** SHA-256 of the access token in the state file of this process. */
  operatorHash: string | undefined;
  signInAddress: string;
}

const bearer = /^Bearer ([\w-]{1,200})$/;

/** Lets nobody in but administrators with a session, and the commands of this machine. */
export class Admission {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Who sent a request; undefined for nobody. Throws when it carries an access token that is not ours. */
  async callerOf(request: HttpRequest): Promise<Caller | undefined> {
    const { sessions, operatorHash } = this.#parts;
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const token = bearer.exec(authorization)?.[1];
      if (token !== undefined && operatorHash !== undefined && equalSecrets(sha256(token), operatorHash))
        return { actor: 'local operator', administrator: null };
      throw errors.operatorUnknown('the Authorization header holds no access token of this process');
    }
    const administrator = await sessions.find(request);
    return administrator && { actor: actorOf(administrator), administrator };
  }

  /** The same route for those who may; 401 for everybody else. What it writes is in the audit log under the caller's name. */
  guarded = (route: Route): Route => ({
    ...route,
    endpoint: async (request) => {
      const caller = await this.callerOf(request);
      if (!caller) throw this.#missing();
      const answer = await actingAs(caller.actor, () => this.#noted(request, route.endpoint));
      return answer instanceof StreamAnswer ? this.#watched(answer, request) : answer;
    },
  });

  #missing() {
    const { signInAddress } = this.#parts;
    return errors.signInMissing('no session', { sign_in: signInAddress });
  }

  /**
   * Records every call that may change something, beside the records of the parts that it reaches under their own names. The
   * record is written first: without it nothing is changed, also not at CIS or the agent, which do not know the administrator.
   */
  async #noted(request: HttpRequest, endpoint: Endpoint): Promise<Answer> {
    if (request.method === 'GET') return endpoint(request);
    const note = (outcome: 'ok' | 'refused') =>
      this.#parts.audit.recordAlone({
        actor: '',
        action: 'console.call',
        target: `${request.method} ${request.path}`.slice(0, 300),
        outcome,
      });
    await note('ok');
    try {
      const answer = await endpoint(request);
      if (answer.status >= 400) await note('refused');
      return answer;
    } catch (error) {
      await note('refused');
      throw error;
    }
  }

  /** A stream ends with the session of its reader, at the next piece. */
  #watched(answer: StreamAnswer, request: HttpRequest): StreamAnswer {
    const { callerOf } = this;
    const admission = this;
    return new StreamAnswer(answer.status, answer.headers, async function* watched(gone) {
      for await (const piece of answer.chunks(gone)) {
        if (!(await callerOf.call(admission, request))) return;
        yield piece;
      }
    });
  }
}
