import type { HttpRequest } from '@alongside/kernel/http';
import { equalSecrets } from '@alongside/kernel/secrets';
import { check } from '@alongside/kernel/steps';
import { errors } from './errors.ts';

/** The services that call CIS. Each has its own secret. */
export type Caller = 'cis2' | 'console' | 'authorisation' | 'cardIssuer';

export type ServiceSecrets = Readonly<Record<Caller, string>>;

interface ServiceCall {
  request: HttpRequest;
  cis: { serviceSecrets: ServiceSecrets };
}

/** Returns the step that identifies the calling service by its bearer secret (RFC 6750 section 2.1) and allows only these. */
export const admit = (...allowed: readonly Caller[]) =>
  check('caller', function admit({ request, cis }: ServiceCall): { caller: Caller } {
    const secret = /^Bearer ([\x21-\x7e]{1,256})$/.exec(request.headers.authorization ?? '')?.[1];
    if (secret === undefined) throw errors.serviceUnknown('there is no bearer secret');
    let caller: Caller | undefined;
    // Compares with every secret, in constant time.
    for (const name of Object.keys(cis.serviceSecrets) as Caller[])
      if (equalSecrets(cis.serviceSecrets[name], secret)) caller = name;
    if (!caller) throw errors.serviceUnknown('the secret belongs to no service');
    if (!allowed.includes(caller))
      throw errors.serviceForbidden(`${caller} called; allowed are ${allowed.join(', ')}`);
    return { caller };
  });
