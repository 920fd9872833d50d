import type { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { NetworkLimit } from '../oauth/network-limit.ts';
import type { RemoteKeys } from '../oauth/remote-keys.ts';
import type { SingleUse } from '../storage/single-use.ts';
import type { Clients } from './clients.ts';
import { errors } from './errors.ts';
import type { LogoutMessages } from './logout-messages.ts';
import type { People } from './people/people.ts';
import type { RealmKeySet } from './realm-keys.ts';
import { type Realm, realmOf } from './realms.ts';
import type { MockSessions } from './sessions.ts';

/** The stores and services that the endpoints of all realms share. */
export interface Mock {
  clock: Clock;
  clients: Clients;
  people: readonly People[];
  sessions: MockSessions;
  singleUse: SingleUse;
  clientKeys: RemoteKeys;
  /** Counts failed client authentications by network. */
  failures: NetworkLimit;
  keys: SigningKeys;
  keySet: RealmKeySet;
  messages: LogoutMessages;
  recorder: Recorder;
}

/** A request to an endpoint of a realm. */
export interface RealmContext {
  request: HttpRequest;
  realm: Realm;
  mock: Mock;
}

export interface RealmSteps {
  run(context: RealmContext): Promise<Answer>;
}

/** Returns an endpoint that runs the steps for the realm of its path. */
export const atRealm =
  (list: RealmSteps, mock: Mock, cis2: string): Endpoint<{ realm: string }> =>
  async (request) => {
    const { realm: name } = request.params;
    const realm = realmOf(name, cis2);
    if (!realm) throw errors.realmUnknown(`there is no realm ${name.slice(0, 80)}`);
    return list.run({ request, realm, mock });
  };
