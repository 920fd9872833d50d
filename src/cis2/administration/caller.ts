import type { HttpRequest } from '@alongside/kernel/http';
import { equalSecrets } from '@alongside/kernel/secrets';
import { check } from '@alongside/kernel/steps';
import { administrationErrors } from './errors.ts';

const bearer = /^Bearer ([\x21-\x7e]{1,256})$/i;

/** Accepts only calls with the secret that the console shares (RFC 6750 section 2.1). */
export const requireConsole = check(
  'console',
  async function requireConsole({
    request,
    provider,
  }: {
    request: HttpRequest;
    provider: { consoleSecret: string };
  }): Promise<void> {
    const presented = bearer.exec(request.headers.authorization ?? '')?.[1];
    if (presented === undefined)
      throw administrationErrors.consoleUnknown('the Authorization header holds no secret');
    if (!equalSecrets(presented, provider.consoleSecret))
      throw administrationErrors.consoleUnknown('the secret is not the one of the console');
  },
);
