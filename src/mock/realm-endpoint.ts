import type { Answer } from '@alongside/kernel/answer';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import { errors } from './errors.ts';
import { type Realm, realmOf } from './realms.ts';

/** A request to a realm. */
export interface AtRealm {
  request: HttpRequest;
  realm: Realm;
}

/** An endpoint that stands below each realm. */
export type RealmEndpoint = (known: AtRealm) => Promise<Answer>;

/** Lets an endpoint know the realm of its address, `.../realms/NAME/...`. */
export function atRealm(
  endpoint: RealmEndpoint,
  cis2: string,
  issuers: Readonly<Record<string, string>> | undefined,
): Endpoint {
  return async (request) => {
    const parts = request.path.split('/');
    const name = parts[parts.indexOf('realms') + 1] ?? '';
    const realm = realmOf(name, cis2, issuers);
    if (!realm) throw errors.realmUnknown(`${name.slice(0, 80)} was asked for`);
    return endpoint({ request, realm });
  };
}
