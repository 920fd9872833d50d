import type { Answer } from '@alongside/kernel/answer';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import type { Applications } from '../../oauth/applications.ts';
import type { Products } from '../../oauth/products.ts';
import { faults } from './faults.ts';

interface Parts {
  applications: Applications;
  products: Products;
}

/** The API that a product must hold. */
const api = 'mock-jwks';

async function checkApiKey({ applications, products }: Parts, request: HttpRequest): Promise<void> {
  const { apikey } = request.headers;
  if (typeof apikey !== 'string' || apikey === '') throw faults.apiKeyMissing('there is no header apikey');
  const application = await applications.byPlatformClient(apikey);
  if (application?.status !== 'approved' || !application.platform)
    throw faults.apiKeyInvalid('no approved application has this key');
  if (await applications.isOfInactive(application))
    throw faults.apiKeyInvalid(`the developer of ${application.name} is inactive`);
  const held = await products.of(application.platform);
  if (!held.some(({ apis }) => apis.includes(api)))
    throw faults.apiKeyWithoutProduct(`no product of ${application.name} holds ${api}`);
}

/** Answers whoever shows the API key of an application with a product that holds `mock-jwks`. */
export const withApiKey =
  (parts: Parts, answer: () => Answer): Endpoint =>
  async (request) => {
    await checkApiKey(parts, request);
    return answer();
  };
