import { AsyncLocalStorage } from 'node:async_hooks';
import { type Answer, StreamAnswer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Refusal } from '@alongside/kernel/errors';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import { OpenResponses } from '@alongside/kernel/open-responses';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import type { AuditLog } from '../../../storage/audit.ts';
import { errors } from '../errors.ts';
import { type Administrator, actorOf } from './administrators.ts';
import { type Access, type Role, rolesOf } from './roles.ts';
import type { AdministratorSessions } from './sessions.ts';

/** The sender of an admitted request. */
export interface Caller {
  /** Name in audit records. */
  readonly actor: string;
  /** Null for a command on this machine. */
  readonly administrator: Administrator | null;
  /** That of a command is `administrator`. */
  readonly role: Role;
  /** Milliseconds since the passkey was used; 0 for a command on this machine, which needs none. */
  readonly passkeyAge: number;
  /** The call of the API that is served. */
  readonly request?: HttpRequest;
}

const callers = new AsyncLocalStorage<Caller>();

/** Returns the sender of the current request; undefined in development. */
export const currentCaller = (): Caller | undefined => callers.getStore();

/** Returns the actor of the current request, for its audit records. */
export const currentActor = (): string | undefined => currentCaller()?.actor;

/** Returns the organisations to which the current caller is limited; undefined without a limit. */
export function currentOrganisations(): readonly string[] | undefined {
  const caller = currentCaller();
  return caller?.role === 'registration-authority' ? (caller.administrator?.organisations ?? []) : undefined;
}

/** Runs work for a caller; in development for no one. */
export const asCaller = <T>(caller: Caller | undefined, work: () => Promise<T>): Promise<T> =>
  caller ? callers.run(caller, work) : work();

/** Returns whether a caller has a role that an operation admits. */
export const hasRole = (caller: Caller | undefined, { roles }: Access): boolean =>
  caller === undefined || rolesOf(roles).includes(caller.role);

/** Maximum age of the last use of a passkey, in milliseconds. */
const recent = 300_000;

/** Returns whether a change of roles or keys is allowed without using the passkey again. */
export const hasRecentPasskey = ({ passkeyAge }: Caller): boolean => passkeyAge <= recent;

const roleForbidden = (role: Role, { roles }: Access): Refusal =>
  errors.roleForbidden(`it admits ${rolesOf(roles).join(', ')}, not ${role}`, {
    role,
    roles: rolesOf(roles).join(' '),
  });

/** Throws unless a caller may use an operation. */
export function checkAccess(caller: Caller, access: Access): void {
  if (!hasRole(caller, access)) throw roleForbidden(caller.role, access);
  if (access.recentPasskey && !hasRecentPasskey(caller))
    throw errors.passkeyNeeded(
      `the passkey was used ${Math.round(caller.passkeyAge / 1_000)} s before the request`,
      {
        confirm: '/confirm',
      },
    );
}

/** Restricts an endpoint to those who may call it. */
export type Admit = (endpoint: Endpoint, access: Access) => Endpoint;

/** Development admits all: `checkPeerUser` keeps other local users out. */
export const admitAll: Admit = (endpoint) => endpoint;

const bearer = /^Bearer ([\w-]{1,200})$/;

/** A stream of an administrator. */
interface OpenStream {
  readonly request: HttpRequest;
  readonly access: Access;
}

/** Admits administrators with a session, and commands on this machine. */
export class Admission {
  readonly #clock: Clock;
  readonly #sessions: AdministratorSessions;
  readonly #audit: AuditLog;
  readonly #operatorHash: string | undefined;
  readonly #signInAddress: string;
  readonly #open: OpenResponses<OpenStream>;

  /** @param operatorHash SHA-256 of the access token in the state file of this process */
  constructor(
    clock: Clock,
    sessions: AdministratorSessions,
    audit: AuditLog,
    operatorHash: string | undefined,
    signInAddress: string,
    log: Log,
  ) {
    this.#open = new OpenResponses((open) => this.#endedAmong(open), log);
    this.#clock = clock;
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
        return { actor: 'local operator', administrator: null, role: 'administrator', passkeyAge: 0 };
      throw errors.operatorUnknown('the Authorization header holds no access token of this process');
    }
    const session = await this.#sessions.find(request);
    if (!session) return undefined;
    const { administrator, passkeyAt } = session;
    return {
      actor: actorOf(administrator),
      administrator,
      role: administrator.role,
      passkeyAge: this.#clock.now() - passkeyAt,
    };
  }

  /** Refuses anonymous requests and other roles. Audit records of the endpoint name the caller. */
  admit: Admit = (endpoint, access) => async (request) => {
    const caller = await this.callerOf(request);
    if (!caller) throw errors.signInMissing('no session', { sign_in: this.#signInAddress });
    const allowed: Endpoint = async (request) => {
      checkAccess(caller, access);
      return endpoint(request);
    };
    const answer = await asCaller({ ...caller, request }, () => this.#recorded(request, allowed));
    return answer instanceof StreamAnswer && caller.administrator
      ? this.#open.hold(answer, { request, access })
      : answer;
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

  /** Returns the streams whose session has ended, or whose administrator has another role that the operation does not admit. */
  async #endedAmong(open: readonly OpenStream[]): Promise<ReadonlyMap<OpenStream, Refusal>> {
    const valid = await this.#sessions.stillValid(open.map(({ request }) => request));
    const ended = new Map<OpenStream, Refusal>();
    for (const stream of open) {
      const administrator = valid.get(stream.request);
      if (!administrator)
        ended.set(stream, errors.signInMissing('the session has ended', { sign_in: this.#signInAddress }));
      else if (!rolesOf(stream.access.roles).includes(administrator.role))
        ended.set(stream, roleForbidden(administrator.role, stream.access));
    }
    return ended;
  }
}
