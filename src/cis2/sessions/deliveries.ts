import type { Recorder } from '@alongside/kernel/events';
import { uuid } from '@alongside/kernel/ids';
import { endOf } from '@alongside/kernel/journeys';
import type { TokenSigner } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import { z } from 'zod';
import { endCauses } from '../../cis/protocol.ts';
import type { Applications, Cis2Registration } from '../../oauth/applications.ts';
import { logDelivery, logoutRetries, postLogoutToken } from '../../oauth/openid/logout-token.ts';
import type { Urls } from '../../service.ts';
import type { Statement } from '../../storage/database.ts';
import {
  type Attempt,
  type Message,
  Outbox,
  type OutboxDependencies,
  type Outcome,
} from '../../storage/outbox.ts';
import { findRelyingParty, partyOf } from '../model/relying-party.ts';
import type { Sessions } from './sessions.ts';

/** A relying party to notify of the end of a session, and its address. */
export interface LogoutTarget {
  clientId: string;
  address: string;
  trusted: boolean;
}

interface LogoutTargetDependencies {
  platformLogout?: string;
  platformClientId?: string;
  applications: Applications;
  sessions: Sessions;
  log: Log;
}

/** The API platform is notified of every session: it may have exchanged an ID token of another client for tokens. */
async function platformTarget(parts: LogoutTargetDependencies): Promise<LogoutTarget[]> {
  const { platformLogout: address, platformClientId: clientId, applications, log } = parts;
  if (address === undefined || clientId === undefined) return [];
  // Found by its id: any client could register the address, and would then be the audience.
  if (await applications.byCis2Client(clientId)) return [{ clientId, address, trusted: true }];
  log.warn({ client: clientId }, 'the API platform is no relying party, and is not told of ended sessions');
  return [];
}

/** Returns the relying parties of a session with a logout address, and the platform. */
async function logoutTargets(parts: LogoutTargetDependencies, sid: string): Promise<LogoutTarget[]> {
  const targets = await platformTarget(parts);
  for (const clientId of await parts.sessions.clients(sid)) {
    const address = (await findRelyingParty(parts.applications, clientId))?.registration.backchannelLogoutUri;
    if (address && !targets.some((target) => target.clientId === clientId))
      targets.push({ clientId, address, trusted: false });
  }
  return targets;
}

const endedShape = z.object({
  sid: z.string(),
  uid: z.string(),
  cisSessionId: z.string().nullable(),
  cause: z.enum(endCauses),
});
/** An ended session of which relying parties must be notified. */
export type EndedSession = z.infer<typeof endedShape>;

const logoutShape = endedShape.extend({
  clientId: z.string(),
  address: z.string(),
  /** The address belongs to the operator, so it may be private. */
  trusted: z.boolean(),
});
type Logout = z.infer<typeof logoutShape>;

/** A notification to one relying party, and its state. */
type Delivery = Message<Logout>;

export interface DeliveryDependencies extends OutboxDependencies {
  development: boolean;
  platformLogout?: string;
  platformClientId?: string;
  keys: TokenSigner;
  /** Signs tokens for other relying parties than the API platform; `keys` by default. */
  logoutSigner?: TokenSigner | undefined;
  applications: Applications;
  sessions: Sessions;
  recorder: Recorder;
  urls: Urls;
}

const second = 1_000;
const { waits, hold } = logoutRetries;

/** Back-channel logout. An ended session is queued with its end; then one notification is queued for each relying party. */
export class Deliveries {
  readonly #dependencies: DeliveryDependencies;
  readonly #ended: Outbox<EndedSession>;
  readonly #logouts: Outbox<Logout>;

  constructor(dependencies: DeliveryDependencies) {
    this.#dependencies = dependencies;
    this.#ended = new Outbox(
      dependencies,
      { name: 'cis2.session-ended', shape: endedShape, waits, hold, keptFor: 7_200 * second },
      (attempt) => this.#expand(attempt),
    );
    this.#logouts = new Outbox(
      dependencies,
      { name: 'cis2.logout', shape: logoutShape, ...logoutRetries },
      (attempt) => this.#post(attempt),
    );
  }

  /** Returns the statement that queues the notifications, for the batch that ends the session. */
  promiseStatement(ended: EndedSession): Statement {
    return this.#ended.enqueueStatement(ended.sid, ended, ended.sid);
  }

  /** Starts to send all queued notifications, without waiting. */
  begin(): void {
    const { background, log } = this.#dependencies;
    background.run(log, 'back-channel logout is put off', async () => {
      while (await this.run());
    });
  }

  /** Sends due notifications. Resolves when each was tried. Returns whether more are due. */
  async run(): Promise<boolean> {
    const moreEnded = await this.#ended.run();
    return (await this.#logouts.run()) || moreEnded;
  }

  /** Removes old notifications. Returns whether more remain. */
  async sweep(): Promise<boolean> {
    const moreEnded = await this.#ended.sweep();
    return (await this.#logouts.sweep()) || moreEnded;
  }

  /** Returns the log since a time in milliseconds, newest first. */
  since(time: number, limit: number): Promise<Delivery[]> {
    return this.#logouts.list(time, limit);
  }

  /**
   * Sends a notification again at once, or waits for the attempt under way, and returns it afterwards; undefined for an unknown id.
   */
  sendAgain(id: string): Promise<Delivery | undefined> {
    return this.#logouts.sendAgain(id);
  }

  /** Queues one notification for each relying party. */
  async #expand({ body: ended }: Attempt<EndedSession>): Promise<Outcome> {
    const targets = await logoutTargets(this.#dependencies, ended.sid);
    const others = targets.map((target) => {
      const id = uuid();
      return this.#logouts.enqueueStatement(id, { ...ended, ...target }, id);
    });
    return { delivered: true, result: '', others };
  }

  async #post(attempt: Attempt<Logout>): Promise<Outcome> {
    const { applications, sessions, recorder, urls } = this.#dependencies;
    const { sid, clientId } = attempt.body;
    const party = await findRelyingParty(applications, clientId);
    // Relying parties know the issuer of the sign-in; a process of another realm may send this.
    const issuer = await sessions.issuerOf(sid);
    const outcome = party
      ? await postLogoutToken(
          { ...this.#dependencies, keys: this.#keysFor(attempt.body), issuer, signal: attempt.ending },
          { ...attempt.body, ...formFor(party.registration, attempt.body) },
        )
      : { delivered: true, result: 'the client is gone' };
    logDelivery(this.#dependencies.log, attempt, outcome);
    if (party)
      recorder.record({
        keys: [endOf(sid)],
        from: 'cis2',
        to: partyOf(party.registration, urls),
        name: 'cis2.backchannel-logout',
        outcome: outcome.delivered ? 'ok' : 'failed',
        detail: {
          client: party.application.name,
          application: party.application.id,
          attempt: attempt.attempt,
          result: outcome.result,
        },
      });
    return outcome;
  }

  #keysFor({ trusted }: Logout): TokenSigner {
    const { keys, logoutSigner } = this.#dependencies;
    return (trusted ? undefined : logoutSigner) ?? keys;
  }
}

/** Relying parties of the published service require RS256 and the type JWT; the platform accepts both types. */
function formFor({ profile, idTokenSigningAlg }: Cis2Registration, { trusted }: Logout) {
  const nhs = profile === 'nhs';
  return {
    algorithm: nhs ? ('RS256' as const) : idTokenSigningAlg,
    typ: nhs && !trusted ? ('JWT' as const) : ('logout+jwt' as const),
  };
}
