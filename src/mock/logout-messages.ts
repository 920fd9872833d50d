import { type Clock, seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import { uuid } from '@alongside/kernel/ids';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import { outbound } from '@alongside/kernel/outbound';
import type { Clients, MockClient } from './clients.ts';
import type { Realm } from './realms.ts';

interface Parts {
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

/** Tells relying parties that a session is over (OpenID Connect Back-Channel Logout 1.0), once each and at once. */
export class LogoutMessages {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Tells the client, and always the platform: it may hold tokens that were exchanged for the client's ID token. */
  async send(realm: Realm, client: MockClient | null, ended: EndedSession): Promise<void> {
    const { platform } = this.#parts.clients;
    const told = client && client.backchannelLogoutUri !== platform.backchannelLogoutUri ? [client] : [];
    await Promise.all([platform, ...told].map((party) => this.#tell(realm, party, ended)));
  }

  async #tell(realm: Realm, client: MockClient, ended: EndedSession): Promise<void> {
    if (client.backchannelLogoutUri === '') return;
    const result = await this.#post(realm, client, ended);
    this.#parts.recorder.record({
      keys: [ended.sid],
      from: 'cis2',
      to: client.party,
      name: 'cis2.backchannel-logout',
      outcome: result.delivered ? 'ok' : 'failed',
      detail: { client: client.name, mock: realm.name, result: result.detail },
    });
    if (!result.delivered)
      this.#parts.log.warn(
        { address: client.backchannelLogoutUri, reason: result.detail },
        'back-channel logout of the mock failed',
      );
  }

  async #post(realm: Realm, client: MockClient, ended: EndedSession) {
    try {
      // The mock runs in development only, where relying parties stand on this machine.
      const { status, body } = await outbound(
        client.backchannelLogoutUri,
        { privateAddresses: true },
        {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
          body: `logout_token=${await this.#token(realm, client, ended)}`,
        },
      );
      // The platform's way to say that it holds nothing of the session.
      const unknown = status === 501 && body.includes('SID not found');
      return { delivered: (status >= 200 && status < 300) || unknown, detail: `status ${status}` };
    } catch (error) {
      return { delivered: false, detail: reasonOf(error) };
    }
  }

  #token(realm: Realm, client: MockClient, { sub, sid }: EndedSession): Promise<string> {
    const now = seconds(this.#parts.clock);
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
    // Relying parties of the published service know no other type.
    return this.#parts.keys.sign(claims, {
      algorithm: 'RS256',
      typ: client.profile === 'nhs' ? 'JWT' : 'logout+jwt',
    });
  }
}
