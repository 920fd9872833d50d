import type { HttpRequest } from '@alongside/kernel/http';
import { equalSecrets } from '@alongside/kernel/secrets';
import { errors } from './errors.ts';

const bearer = /^Bearer ([\x21-\x7e]{1,256})$/i;

/** Requires the secret of the console (RFC 6750 section 2.1). */
export const requireConsole = (secret: string) =>
  async function requireConsole({ request }: { request: HttpRequest }): Promise<void> {
    const presented = bearer.exec(request.headers.authorization ?? '')?.[1];
    if (presented === undefined) throw errors.serviceUnknown('the Authorization header has no secret');
    if (!equalSecrets(presented, secret))
      throw errors.serviceUnknown('the secret is not that of the console');
  };
