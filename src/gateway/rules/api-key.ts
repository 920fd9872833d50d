import type { Answer } from '@alongside/kernel/answer';
import { inGoodStanding } from '../../oauth/developers.ts';
import { refusalOfFailure } from '../../oauth/network-limit.ts';
import { errors } from '../errors/catalogue.ts';
import { passOn } from './back-end.ts';
import { type LimitedCall, limitCall } from './rate-limits.ts';
import type { Arrival, WithHeaders } from './request.ts';

/** Runs a check of an API key. Failures count for the sender's network. */
export async function countingFailures<R>(
  { gateway, request }: Arrival,
  checkKey: () => Promise<R>,
): Promise<R> {
  try {
    return await checkKey();
  } catch (thrown) {
    const refuse = (detail: string) => errors.busyApi(detail, { policy: 'quota' });
    throw await refusalOfFailure(gateway.keyFailures, refuse, request, thrown);
  }
}

/**
 * Returns the application of an API key and the product that lets it call. Applications of profiles other than nhs must
 * authenticate, so their keys are not accepted.
 */
async function ownerOf(
  { gateway: { applications, developers, products }, api, trace }: Arrival,
  key: string,
): Promise<Pick<LimitedCall, 'application' | 'product'>> {
  const application = await applications.byPlatformClient(key);
  const registration = application?.platform;
  if (!application || registration?.profile !== 'nhs')
    throw errors.invalidApiKey('no application has this key');
  trace.keyOf = { application: application.id, clientId: registration.clientId };
  if (!(await inGoodStanding(application, developers)))
    throw errors.invalidApiKey(`${application.name} was revoked, or its developer is inactive`);
  const product = (await products.of(registration)).find(({ apis }) => apis.includes(api.name));
  if (!product)
    throw errors.apiKeyWithoutProduct(`no approved product of ${application.name} contains ${api.name}`);
  return { application, product };
}

/**
 * Accepts an API key instead of a token (pattern "API key authentication" of the published platform). If there is also a token,
 * the key is ignored.
 */
export async function serveKeyedPath(call: WithHeaders): Promise<Answer | undefined> {
  const { api, path, client, trace } = call;
  const keyed = api.keyed.find(({ pattern }) => pattern.test(path));
  const key = client.get('apikey') ?? '';
  if (!keyed || key === '' || client.has('authorization')) return undefined;
  trace.operation = keyed.name;
  const owner = await countingFailures(call, () => ownerOf(call, key));
  await limitCall({ ...call, ...owner }, false);
  trace.reachedBackEnd = true;
  return passOn(call);
}
