import type { HttpRequest } from '@alongside/kernel/http';
import { equalSecrets } from '@alongside/kernel/secrets';
import { administrationErrors } from './errors.ts';

const bearer = /^Bearer ([\x21-\x7e]{1,256})$/i;

/** Lets only the console on, by the secret that the two share (RFC 6750 section 2.1). */
export const requireConsole = (secret: string) =>
  async function requireConsole({ request }: { request: HttpRequest }): Promise<void> {
    const presented = bearer.exec(request.headers.authorization ?? '')?.[1];
    if (presented === undefined)
      throw administrationErrors.consoleUnknown('the Authorization header holds no secret');
    if (!equalSecrets(presented, secret))
      throw administrationErrors.consoleUnknown('the secret is not the one of the console');
  };
