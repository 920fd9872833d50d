import { endOf } from '@alongside/kernel/journeys';
import { sha256 } from '@alongside/kernel/secrets';
import { z } from 'zod';
import type { Developers } from '../oauth/developers.ts';
import { inGoodStanding } from '../oauth/developers.ts';
import { logDelivery, logoutRetries, postLogoutToken } from '../oauth/openid/logout-token.ts';
import type { OpenIdGrant } from '../oauth/tokens.ts';
import type { RegularTask } from '../service.ts';
import type { Statement } from '../storage/database.ts';
import { type Attempt, type Message, Outbox, type Outcome } from '../storage/outbox.ts';
import type { AuthorisationDependencies } from './dependencies.ts';

const shape = z.object({
  issuer: z.string(),
  clientId: z.string(),
  applicationId: z.string(),
  uid: z.string(),
  sid: z.string(),
  address: z.string(),
});
type Logout = z.infer<typeof shape>;

/** A message to one application, and its state. */
export type LogoutDelivery = Message<Logout>;

type Needed = AuthorisationDependencies & { developers: Developers };

const hour = 3_600_000;

/** Back-channel logout of the platform's applications (OpenID Connect Back-Channel Logout 1.0). */
export class Logouts {
  readonly #parts: Needed;
  readonly #outbox: Outbox<Logout>;

  constructor(parts: Needed) {
    this.#parts = parts;
    this.#outbox = new Outbox(parts, { name: 'authorisation.logout', shape, ...logoutRetries }, (attempt) =>
      this.#post(attempt),
    );
  }

  /**
   * Returns the statements that queue a message for each application with ID tokens of an ended session. A repeated end of the
   * session queues nothing again.
   * @param provider issuer of the provider that ended the session
   */
  async promiseStatements(
    sid: string,
    provider: string,
    grants: readonly OpenIdGrant[],
  ): Promise<Statement[]> {
    const found: Statement[] = [];
    for (const { application_id: applicationId, client_id: clientId, issuer, uid } of grants) {
      const application = await this.#parts.applications.get(applicationId);
      const address = application?.platform?.backchannelLogoutUri;
      if (!address || application.platform?.clientId !== clientId) continue;
      const id = sha256([provider, sid, issuer, clientId].join('\n'));
      found.push(
        this.#outbox.enqueueStatement(id, { issuer, clientId, applicationId, uid, sid, address }, id),
      );
    }
    return found;
  }

  /** Starts to send all queued messages, without waiting. */
  begin(): void {
    const { background, log } = this.#parts;
    background.run(log, 'back-channel logout is put off', async () => {
      while (await this.#outbox.run());
    });
  }

  /** Returns the log since a time in milliseconds, newest first. */
  since(time: number, limit: number): Promise<LogoutDelivery[]> {
    return this.#outbox.list(time, limit);
  }

  /** Sends a message again at once and returns it afterwards; undefined for an unknown id. */
  sendAgain(id: string): Promise<LogoutDelivery | undefined> {
    return this.#outbox.sendAgain(id);
  }

  regularWork(): RegularTask[] {
    return [
      { service: 'authorisation', name: 'logout-deliveries', every: 2_000, run: () => this.#outbox.run() },
      { service: 'authorisation', name: 'old-deliveries', every: hour, run: () => this.#outbox.sweep() },
    ];
  }

  async #post(attempt: Attempt<Logout>): Promise<Outcome> {
    const { applications, developers, recorder, development, keys, clock, log } = this.#parts;
    const { applicationId, sid, issuer } = attempt.body;
    const application = await applications.get(applicationId);
    const registration = application?.platform;
    if (!registration || !(await inGoodStanding(application, developers)))
      return { delivered: true, result: 'the client is gone' };
    const algorithm = registration.profile === 'fapi2' ? 'PS256' : 'RS256';
    const outcome = await postLogoutToken(
      { issuer, development, keys, clock, signal: attempt.ending },
      { ...attempt.body, trusted: false, algorithm, typ: 'logout+jwt' },
    );
    logDelivery(log, attempt, outcome);
    recorder.record({
      keys: [endOf(sid)],
      from: 'authorisation',
      to: 'application',
      name: 'authorisation.backchannel-logout',
      outcome: outcome.delivered ? 'ok' : 'failed',
      detail: {
        client: application.name,
        application: applicationId,
        attempt: attempt.attempt,
        result: outcome.result,
      },
    });
    return outcome;
  }
}
