import { json } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import { outbound } from '@alongside/kernel/outbound';
import { equalSecrets } from '@alongside/kernel/secrets';
import type { Upstream } from '../../oauth/upstream/upstream.ts';
import { release } from '../../version.ts';
import { errors } from '../errors.ts';
import type { NhsEndpoint } from './server.ts';

interface Check {
  status: 'pass' | 'fail';
  timeout: 'true' | 'false';
  responseCode: number | null;
  outcome: unknown;
  links: { self: string };
}

/** `GET /_ping`. */
export const ping: NhsEndpoint = async () => json(200, release);

/** Checks a provider by fetching its keys, which every sign-in needs. */
async function check({ jwksUrl }: Upstream): Promise<Check> {
  const links = { self: jwksUrl };
  try {
    const { status } = await outbound(jwksUrl, { privateAddresses: true }, { purpose: 'jwks' });
    const healthy = status >= 200 && status < 300;
    return {
      status: healthy ? 'pass' : 'fail',
      timeout: 'false',
      responseCode: status,
      outcome: healthy ? 'OK' : `It answered ${status}.`,
      links,
    };
  } catch (error) {
    return { status: 'fail', timeout: 'true', responseCode: null, outcome: reasonOf(error), links };
  }
}

/** `pass` if all pass, `fail` if none does, otherwise `warn` (identity-service-api, HealthCheck.SetResponse). */
function overall(checks: readonly Check[]): 'pass' | 'warn' | 'fail' {
  const passed = checks.filter(({ status }) => status === 'pass').length;
  if (passed === checks.length) return 'pass';
  return passed === 0 ? 'fail' : 'warn';
}

/** `GET /_status`: the health of the service and its providers. */
export const status: NhsEndpoint = async ({
  server: {
    base,
    parts: { statusApiKey },
  },
  request,
}) => {
  const key = request.headers.apikey;
  if (statusApiKey !== undefined && !(typeof key === 'string' && equalSecrets(key, statusApiKey)))
    throw errors.statusKey('the header apikey is missing or wrong');
  const checks = await Promise.all(base.upstreams.map(check));
  return json(200, {
    status: overall(checks),
    ...release,
    checks: Object.fromEntries(base.upstreams.map(({ id }, index) => [id, checks[index]])),
  });
};
