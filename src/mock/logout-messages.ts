import { type Clock, seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import { uuid } from '@alongside/kernel/ids';
import { endOf } from '@alongside/kernel/journeys';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import { outbound } from '@alongside/kernel/outbound';
import type { Clients, MockClient } from './clients.ts';
import type { Realm } from './realms.ts';

interface LogoutMessagesDependencies {
  clients: Clients;
  keys: SigningKeys;
  clock: Clock;
  recorder: Recorder;
  log: Log;
}

interface EndedSession {
  sub: string;
  sid: string;
}

const event = 'http://schemas.openid.net/event/backchannel-logout';
/** Seconds. */
const lifetime = 120;

/** Notifies relying parties that a session ended (OpenID Connect Back-Channel Logout 1.0), once each and at once. */
export class LogoutMessages {
  readonly #dependencies: LogoutMessagesDependencies;

  constructor(dependencies: LogoutMessagesDependencies) {
    this.#dependencies = dependencies;
  }

  /** Notifies the client, and always the platform, which may hold tokens that it issued for the client's ID token. */
  async send(realm: Realm, client: MockClient | null, ended: EndedSession): Promise<void> {
    const { platform } = this.#dependencies.clients;
    const others = client && client.backchannelLogoutUri !== platform.backchannelLogoutUri ? [client] : [];
    await Promise.all([platform, ...others].map((party) => this.#notify(realm, party, ended)));
  }

  async #notify(realm: Realm, client: MockClient, ended: EndedSession): Promise<void> {
    if (client.backchannelLogoutUri === '') return;
    const { recorder, log } = this.#dependencies;
    const { isDelivered, detail } = await this.#post(realm, client, ended);
    recorder.record({
      keys: [endOf(ended.sid)],
      from: 'cis2',
      to: client.party,
      name: 'cis2.backchannel-logout',
      outcome: isDelivered ? 'ok' : 'failed',
      detail: { client: client.name, mock: realm.name, result: detail },
    });
    if (!isDelivered)
      log.warn(
        { address: client.backchannelLogoutUri, reason: detail },
        'back-channel logout of the mock failed',
      );
  }

  async #post(realm: Realm, client: MockClient, ended: EndedSession) {
    try {
      // The mock runs only in development, where relying parties may be on this machine.
      const { status, body } = await outbound(
        client.backchannelLogoutUri,
        { privateAddresses: true },
        {
          purpose: 'logout',
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
          body: `logout_token=${await this.#token(realm, client, ended)}`,
        },
      );
      // The platform's response if it has nothing of the session.
      const isUnknown = status === 501 && body.includes('SID not found');
      return { isDelivered: (status >= 200 && status < 300) || isUnknown, detail: `status ${status}` };
    } catch (error) {
      return { isDelivered: false, detail: reasonOf(error) };
    }
  }

  #token(realm: Realm, client: MockClient, { sub, sid }: EndedSession): Promise<string> {
    const { clock, keys } = this.#dependencies;
    const now = seconds(clock);
    const claims = {
      iss: realm.issuer,
      aud: client.clientId,
      sub,
      sid,
      iat: now,
      exp: now + lifetime,
      jti: uuid(),
      events: { [event]: {} },
    };
    // Relying parties of the published service accept no other type.
    return keys.sign(claims, { algorithm: 'RS256', typ: client.profile === 'nhs' ? 'JWT' : 'logout+jwt' });
  }
}
