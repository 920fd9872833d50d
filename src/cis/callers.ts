import type { HttpRequest } from '@alongside/kernel/http';
import { equalSecrets } from '@alongside/kernel/secrets';
import { errors } from './errors.ts';

/** The services that call CIS, each with its own secret. */
export type Caller = 'cis2' | 'console' | 'authorisation' | 'cardIssuer';

/** Lets only some services go on: a step that adds who it is. */
export type Admit = (...allowed: Caller[]) => (known: { request: HttpRequest }) => { caller: Caller };

/** Knows services by their bearer secret (RFC 6750 section 2.1), each compared in constant time. */
export function createAdmission(secrets: Readonly<Record<Caller, string>>): Admit {
  const names = Object.keys(secrets) as Caller[];
  const callerOf = (presented: string): Caller | undefined => {
    let found: Caller | undefined;
    for (const name of names) if (equalSecrets(secrets[name], presented)) found = name;
    return found;
  };
  return (...allowed) =>
    function admit({ request }) {
      const secret = /^Bearer ([\x21-\x7e]{1,256})$/.exec(request.headers.authorization ?? '')?.[1];
      const caller = secret === undefined ? undefined : callerOf(secret);
      if (!caller)
        throw errors.serviceUnknown(
          secret === undefined ? 'no bearer secret' : 'the secret is of no service',
        );
      if (!allowed.includes(caller))
        throw errors.serviceForbidden(`${caller} is not among ${allowed.join(', ')}`);
      return { caller };
    };
}
