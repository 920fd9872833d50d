import type { Answer } from '@alongside/kernel/answer';
import { refusalOfFailure } from '../../oauth/network-limit.ts';
import { errors } from '../errors/catalogue.ts';
import { type ForwardedCall, passOn } from './back-end.ts';
import { type LimitedCall, limitCall } from './rate-limits.ts';
import type { Arrival } from './request.ts';
import { keyedIdentity } from './signed-identity.ts';

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
 * Returns the application of an API key and its access. Applications of profiles other than nhs must authenticate, so their keys
 * are not accepted.
 */
async function ownerOf(
  { gateway: { applications, registered }, api, trace }: Arrival,
  key: string,
): Promise<Pick<LimitedCall, 'application' | 'access'>> {
  const found = await applications.byPlatformClient(key);
  const owner = found ? await registered.of(found.id) : undefined;
  const registration = owner?.application.platform;
  if (!owner || registration?.profile !== 'nhs' || registration.clientId !== key)
    throw errors.invalidApiKey('no application has this key');
  const { application, isUsable } = owner;
  trace.keyOf = { application: application.id, clientId: key };
  if (!isUsable) throw errors.invalidApiKey(`${application.name} was revoked, or its developer is inactive`);
  const access = owner.access(api);
  if (!access.product)
    throw errors.apiKeyWithoutProduct(`no approved product of ${application.name} contains ${api.name}`);
  return { application, access };
}

/**
 * Accepts an API key instead of a token (pattern "API key authentication" of the published platform). If there is also a token,
 * the key is ignored.
 */
export function serveKeyedPath(call: ForwardedCall): Promise<Answer> | undefined {
  const { api, verb, path, client, trace } = call;
  const key = client.get('apikey') ?? '';
  if (key === '' || client.has('authorization')) return undefined;
  const keyed = api.keyed.find(verb, path);
  if (!keyed) return undefined;
  trace.operation = keyed.name;
  return serveWithKey(call, key);
}

async function serveWithKey(call: ForwardedCall, key: string): Promise<Answer> {
  const { api, trace, gateway } = call;
  const owner = await countingFailures(call, () => ownerOf(call, key));
  await limitCall({ ...call, ...owner }, false);
  api.checkKeyed?.(owner.application, call.client);
  const added = {
    ...api.injectKeyed?.(owner.application, call.request.id),
    ...(await keyedIdentity(call, key)),
  };
  trace.reachedBackEnd = true;
  return gateway.openCalls.hold(await passOn(call, added), { application: owner.application.id });
}
