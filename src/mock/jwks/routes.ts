import { Answer, json, text } from '@alongside/kernel/answer';
import type { Endpoint, HttpRequest, Route } from '@alongside/kernel/http';
import { readOnly, route } from '@alongside/kernel/route';
import { equalSecrets } from '@alongside/kernel/secrets';
import { release } from '../../version.ts';
import type { MockDependencies } from '../dependencies.ts';
import { faultError } from '../error-formats.ts';
import { keySetErrors } from '../errors.ts';
import { platformCallback, testClients } from '../settings.ts';

const prefix = '/mock-jwks/';
/** Either alphabet, with or without padding: test code uses both. */
const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
/** Maximum number of characters. */
const longest = 65_536;

/** Decodes the key set in a path to its JSON text; undefined if the path does not contain one. */
export function spelledKeySet(encoded: string): string | undefined {
  if (encoded.length > longest) return undefined;
  try {
    const spelled = decodeURIComponent(encoded);
    if (!base64.test(spelled)) return undefined;
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(spelled, 'base64url'));
    const set: unknown = JSON.parse(text);
    return typeof set === 'object' && set !== null && 'keys' in set && Array.isArray(set.keys)
      ? text
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * `GET /mock-jwks/{base64url of a JWK set}`: responds with the set, so that test code can register keys without a server for
 * them.
 */
const spelledKeySetEndpoint: Endpoint = async ({ path }) => {
  const text = spelledKeySet(path.slice(prefix.length));
  if (text === undefined) throw keySetErrors.keySetMalformed(`a path of ${path.length} characters`);
  return new Answer(
    200,
    {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
    text,
  );
};

/** The API that a product must contain. */
const api = 'mock-jwks';

async function checkApiKey(
  { applications, products }: MockDependencies,
  { headers: { apikey } }: HttpRequest,
): Promise<void> {
  if (typeof apikey !== 'string' || apikey === '') throw keySetErrors.apiKeyMissing('no header apikey');
  const application = await applications.byPlatformClient(apikey);
  if (application?.status !== 'approved' || !application.platform)
    throw keySetErrors.apiKeyInvalid('no approved application has this key');
  if (await applications.isOfInactive(application))
    throw keySetErrors.apiKeyInvalid(`the developer of ${application.name} is inactive`);
  const contained = await products.of(application.platform);
  if (!contained.some(({ apis }) => apis.includes(api)))
    throw keySetErrors.apiKeyWithoutProduct(`no product of ${application.name} contains ${api}`);
}

/** The routes of `/mock-jwks`. Credentials require the API key of an application with a product that contains `mock-jwks`. */
export function keySetRoutes(dependencies: MockDependencies): Route[] {
  const { urls, statusApiKey } = dependencies;
  const withApiKey =
    (answer: Answer): Endpoint =>
    async (request) => {
      await checkApiKey(dependencies, request);
      return answer;
    };
  const named = ({ clientId, clientSecret }: { clientId: string; clientSecret: string }) => ({
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uri: platformCallback(urls),
  });
  const credentials = json(200, { cis2: named(testClients.cis2), 'nhs-login': named(testClients.nhsLogin) });
  // It has no back end that could fail.
  const status: Endpoint = async ({ headers: { apikey } }) => {
    if (typeof apikey !== 'string' || !equalSecrets(apikey, statusApiKey))
      throw keySetErrors.statusKey('the header apikey is missing or wrong');
    return json(200, { status: 'pass', ...release, checks: {} });
  };
  const get = (path: string, endpoint: Endpoint) =>
    route(`/mock-jwks/${path}`, readOnly({ endpoint, errors: faultError }));
  return [
    ...get('_ping', async () => json(200, release)),
    ...get('_status', status),
    ...get('keycloak-client-credentials', withApiKey(credentials)),
    ...get('status-endpoint-api-key', withApiKey(text(200, statusApiKey))),
    ...get('*', spelledKeySetEndpoint),
  ];
}
