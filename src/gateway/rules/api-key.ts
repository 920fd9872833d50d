import type { Answer } from '@alongside/kernel/answer';
import type { PlatformRegistration, StoredApplication } from '../../oauth/applications.ts';
import { inGoodStanding } from '../../oauth/developers.ts';
import type { StoredProduct } from '../../oauth/products.ts';
import type { Dependencies } from '../dependencies.ts';
import { errors } from '../errors/catalogue.ts';
import type { HeaderMap } from '../headers.ts';
import type { Arrival } from './arrival.ts';
import { passOn } from './back-end.ts';
import { limitKeys } from './limit-keys.ts';
import { limitRate } from './rate-limits.ts';

interface Keyed {
  application: StoredApplication;
  product: StoredProduct;
}

const isPublished = (
  registration: PlatformRegistration | null | undefined,
): registration is PlatformRegistration => registration?.profile === 'nhs';

/**
 * Returns the application of an API key and the product that lets it call. Applications of other profiles must authenticate, so
 * their keys are not accepted.
 */
const ownerOf = ({ applications, developers, products }: Dependencies) =>
  async function ownerOf({ key, api, trace }: Arrival & { key: string }): Promise<Keyed> {
    const application = await applications.byPlatformClient(key);
    const registration = application?.platform;
    if (!application || !isPublished(registration)) throw errors.invalidApiKey('no application has this key');
    trace.keyOf = { application: application.id, clientId: registration.clientId };
    if (!(await inGoodStanding(application, developers)))
      throw errors.invalidApiKey(`${application.name} was revoked, or its developer is inactive`);
    const product = (await products.of(registration)).find(({ apis }) => apis.includes(api.name));
    if (!product)
      throw errors.apiKeyWithoutProduct(`no approved product of ${application.name} contains ${api.name}`);
    return { application, product };
  };

/**
 * Accepts an API key instead of a token (pattern "API key authentication" of the published platform). If there is also a token,
 * the key is ignored.
 */
export const serveKeyedPath = (dependencies: Dependencies) => {
  const findOwner = limitKeys(dependencies, ownerOf(dependencies));
  const limit = limitRate(dependencies);
  return async function serveKeyedPath(call: Arrival & { client: HeaderMap }): Promise<Answer | undefined> {
    const { api, path, client, trace } = call;
    const keyed = api.keyed.find(({ pattern }) => pattern.test(path));
    const key = client.get('apikey') ?? '';
    if (!keyed || key === '' || client.has('authorization')) return undefined;
    trace.operation = keyed.name;
    const owner = await findOwner({ ...call, key });
    await limit({ ...call, ...owner }, false);
    trace.reachedBackEnd = true;
    return passOn(call);
  };
};
