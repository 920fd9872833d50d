import type { HttpRequest } from '@alongside/kernel/http';
import { equalSecrets } from '@alongside/kernel/secrets';
import { check } from '@alongside/kernel/steps';
import type { Base } from '../base.ts';
import type { PlatformParts } from '../parts.ts';
import { errors } from './errors.ts';

/** The first context of an endpoint for the console. */
export interface ConsoleCall {
  request: HttpRequest;
  console: { secret: string; bases: readonly Base[]; parts: PlatformParts };
}

const bearer = /^Bearer ([\x21-\x7e]{1,256})$/i;

/** Requires the secret of the console (RFC 6750 section 2.1). */
export const requireConsole = check(
  'console',
  async function requireConsole({ request, console: { secret } }: ConsoleCall): Promise<void> {
    const presented = bearer.exec(request.headers.authorization ?? '')?.[1];
    if (presented === undefined) throw errors.serviceUnknown('the Authorization header has no secret');
    if (!equalSecrets(presented, secret))
      throw errors.serviceUnknown('the secret is not that of the console');
  },
);
