import { type Answer, StreamAnswer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Refusal } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { OpenResponses } from '@alongside/kernel/open-responses';
import { liveAuthorizations, type OpenToken, revocationTables } from '../oauth/open-authorizations.ts';
import type { TokenRecord } from '../oauth/token-records.ts';
import type { Tokens } from '../oauth/tokens.ts';
import type { Database } from '../storage/database.ts';
import type { Derived } from '../storage/seldom-rows.ts';
import type { RegisteredApplication } from './access.ts';
import { errors } from './errors/catalogue.ts';
import type { People } from './people.ts';

/** The caller of a response that is being sent. */
interface OpenCall {
  readonly application: string;
  readonly token?: OpenToken & { readonly record: TokenRecord };
  /** The role that the user acts in; empty without one that the directory knows. */
  readonly role: string;
  /** Until when its authorization lasts, as last read. */
  lastsUntil?: number;
}

interface Sources {
  database: Database;
  clock: Clock;
  log: Log;
  tokens: Tokens;
  registered: Derived<RegisteredApplication | undefined>;
  directory: People | undefined;
}

/** What a call was admitted with. */
interface Admitted {
  application: string;
  /** The access token; undefined for a call with an API key. */
  presented?: string;
  record?: TokenRecord | undefined;
  role?: string | undefined;
}

/** Milliseconds after which all authorizations are read again, also without a notification of a change. */
const readAgainAfter = 5_000;

/**
 * Streaming responses of APIs. Each ends within a second after its token or authorization is revoked, its session ends, the user's
 * account or role is withdrawn, or its application is revoked, in every process.
 */
export class OpenCalls {
  readonly #sources: Sources;
  readonly #responses: OpenResponses<OpenCall>;
  #stamp: number | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(sources: Sources) {
    this.#sources = sources;
    this.#responses = new OpenResponses((open) => this.#endedAmong(open), sources.log);
  }

  /** Returns the response, which ends with what its call was admitted with if it is a stream. */
  hold(answer: Answer, { application, presented, record, role = '' }: Admitted): Answer {
    if (!(answer instanceof StreamAnswer)) return answer;
    const { tokens } = this.#sources;
    const token =
      presented !== undefined && record ? { place: tokens.placeOf(presented), record } : undefined;
    return this.#responses.hold(answer, { application, role, ...(token && { token }) });
  }

  async #endedAmong(open: readonly OpenCall[]): Promise<ReadonlyMap<OpenCall, Refusal>> {
    const ended = new Map<OpenCall, Refusal>();
    await this.#readAuthorizations(open);
    const now = this.#sources.clock.now();
    for (const call of open) {
      const reason = this.#tokenEnd(call, now) ?? (await this.#callerEnd(call));
      if (reason) ended.set(call, reason);
    }
    return ended;
  }

  /** Reads again what may have changed: nothing, until a row of the tables is changed or an end is reached. */
  async #readAuthorizations(open: readonly OpenCall[]): Promise<void> {
    const { database, clock } = this.#sources;
    const stamp = database.stampOf(revocationTables, 'found');
    const isCurrent =
      stamp !== undefined && stamp === this.#stamp && performance.now() - this.#readAt < readAgainAfter;
    const now = clock.now();
    const calls = open.filter(
      ({ token, lastsUntil }) => token && !(isCurrent && lastsUntil !== undefined && lastsUntil > now),
    );
    const live = await liveAuthorizations(
      database,
      calls.flatMap(({ token }) => token ?? []),
    );
    for (const call of calls) call.lastsUntil = (call.token && live.get(call.token)) ?? 0;
    this.#stamp = stamp;
    if (!isCurrent) this.#readAt = performance.now();
  }

  #tokenEnd({ token, lastsUntil = 0 }: OpenCall, now: number): Refusal | undefined {
    if (!token || lastsUntil > now) return undefined;
    return lastsUntil === 0
      ? errors.invalidToken('the token was revoked, or its session has ended')
      : errors.expiredToken('the token has expired, and its authorization has no refresh token');
  }

  async #callerEnd({ application, token, role }: OpenCall): Promise<Refusal | undefined> {
    const { registered, directory } = this.#sources;
    if (!(await registered.of(application))?.isUsable)
      return errors.invalidToken('the application was revoked, or its developer is inactive');
    if (!token || token.record.uid === null) return undefined;
    const { uid, attributes } = token.record;
    const person = await directory?.find(attributes['id_token-issuer'], uid);
    if (person?.disabled) return errors.personDisabled('the account was disabled or removed');
    if (person && role !== '' && !person.roleIds.includes(role))
      return errors.roleInvalid('the role was withdrawn', { value: role });
    return undefined;
  }
}
