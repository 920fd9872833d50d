import { Answer, json } from '@alongside/kernel/answer';
import { randomToken } from '@alongside/kernel/ids';
import { equalSecrets } from '@alongside/kernel/secrets';
import type { Database } from '../../storage/database.ts';
import { Settings } from '../../storage/settings.ts';
import { release } from '../../version.ts';
import { addressOf } from '../addresses.ts';
import { errors } from '../errors/catalogue.ts';
import { countingFailures } from './api-key.ts';
import { type ForwardedCall, passOn } from './back-end.ts';
import type { WithHeaders } from './request.ts';

const statusKeySetting = 'statusApiKey';

/** Responds to a CORS preflight (an OPTIONS request with both headers) for any origin, as the published proxies do. */
export function answerPreflight({ request, api, client }: WithHeaders): Answer | undefined {
  const origin = client.get('origin');
  if (request.method !== 'OPTIONS' || origin === undefined || !client.has('access-control-request-method'))
    return undefined;
  return new Answer(200, {
    'access-control-allow-origin': origin,
    'access-control-allow-headers': api.cors.headers.join(', '),
    'access-control-max-age': '3628800',
    'access-control-allow-methods': api.cors.methods.join(', '),
  });
}

/** `/_ping`: returns the build. */
export function answerPing({ verb, path }: WithHeaders): Answer | undefined {
  return verb === 'GET' && path === '/_ping' ? json(200, release) : undefined;
}

/** Returns the shared secret of every `/_status` of the platform, created at its first use and the same in every process. */
export async function statusKeyOf(database: Database): Promise<string> {
  const settings = new Settings(database);
  return (await settings.get(statusKeySetting)) ?? (await settings.first(statusKeySetting, randomToken()));
}

async function reportStatus(call: WithHeaders): Promise<Answer> {
  const { api, client, gateway } = call;
  const { database, urls, statusApiKey } = gateway;
  await countingFailures(call, async () => {
    const key = statusApiKey ?? (await statusKeyOf(database));
    if (!equalSecrets(client.get('apikey') ?? '', key))
      throw errors.unknownStatusKey('apikey is missing or not the key of _status');
  });
  const { ok: healthy } = await database.healthy();
  return json(200, {
    status: healthy ? 'pass' : 'fail',
    ...release,
    checks: api.checks({ healthy, address: addressOf(urls, api) }),
  });
}

/** `/_status`: reports with the shared key whether the back end works. Returns 200 in both cases. */
export function answerStatus(call: WithHeaders): Promise<Answer> | undefined {
  return call.verb === 'GET' && call.path === '/_status' ? reportStatus(call) : undefined;
}

/** Sends paths without a token straight to the back end. */
export function serveOpenPath(call: ForwardedCall): Promise<Answer> | undefined {
  const open = call.api.open.find(call.verb, call.path);
  if (!open) return undefined;
  call.trace.operation = open.name;
  return passOn(call);
}
