import { Answer, json, text } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import type { Dependencies } from './dependencies.ts';
import { apigee } from './errors/apigee.ts';
import { faults } from './faults.ts';
import { statusKeyOf } from './rules/without-back-end.ts';

const basePath = '/mock-jwks';

/** Longest key set that a path may carry, in characters. */
const longest = 14_000;

/** The key set that a path carries; undefined when it carries none. */
function keySetIn(encoded: string): string | undefined {
  if (encoded.length > longest || !/^[A-Za-z0-9_-]+={0,2}$/.test(encoded)) return undefined;
  const decoded = Buffer.from(encoded, 'base64url').toString('utf8');
  try {
    const set = JSON.parse(decoded) as { keys?: unknown } | null;
    return Array.isArray(set?.keys) ? decoded : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the API key is that of an approved application with the product. */
async function mayAsk({ applications, products }: Dependencies, { headers }: HttpRequest): Promise<boolean> {
  const { apikey } = headers;
  const application = typeof apikey === 'string' ? await applications.byPlatformClient(apikey) : undefined;
  if (application?.status !== 'approved' || !application.platform) return false;
  return (await products.of(application.platform)).some(({ apis }) => apis.includes('mock-jwks'));
}

/** What existing tests of the platform ask its test helper for (NHSDigital/pytest-nhsd-apim). Development only. */
export function mockJwksRoutes(dependencies: Dependencies): Route[] {
  const guarded =
    (answer: () => Promise<Answer>) =>
    async (request: HttpRequest): Promise<Answer> =>
      (await mayAsk(dependencies, request)) ? answer() : apigee.render(faults.unknownStatusKey());
  const absent = () =>
    json(404, { error: 'not_found', error_description: 'There is no key set in this path.' });
  const statusKey = guarded(async () => text(200, await statusKeyOf(dependencies.database)));
  const credentials = guarded(async () => {
    const clients = await dependencies.mockClients?.();
    return clients ? json(200, clients) : absent();
  });
  const keySet = async ({ path }: HttpRequest): Promise<Answer> => {
    const set = keySetIn(path.slice(basePath.length + 1));
    return set === undefined
      ? absent()
      : new Answer(200, { 'content-type': 'application/json' }, Buffer.from(set));
  };
  return [
    { methods: ['GET'], path: `${basePath}/status-endpoint-api-key`, endpoint: statusKey },
    { methods: ['GET'], path: `${basePath}/keycloak-client-credentials`, endpoint: credentials },
    { methods: ['GET', 'HEAD'], path: `${basePath}/:set`, endpoint: keySet },
  ];
}
