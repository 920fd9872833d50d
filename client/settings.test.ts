import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createApi } from './api.ts';
import { createApplicationRestricted } from './application-restricted.ts';
import { createCis2 } from './cis2.ts';
import { createCombined } from './combined.ts';
import { platformAt } from './config.ts';
import { createExchange } from './exchange.ts';
import { createFapi2 } from './fapi2.ts';
import { createLogoutReceiver, memoryReplayStore } from './logout.ts';
import { createNative } from './native.ts';
import { createPageSignIn } from './page/index.ts';
import { createPds } from './pds.ts';
import { rsaKey } from './testing/keys.ts';
import { createWebSignIn } from './web/index.ts';

type Settings = Record<string, unknown>;

const origin = 'https://a.example';
const key = rsaKey('k');
const registered = { clientId: 'a', redirectUri: `${origin}/callback` };
const authentication = { method: 'private_key_jwt', key };
const cis2 = { issuer: origin, ...registered, authentication };
const platform = { tokenUrl: origin, clientId: 'a', key };
const combined = { ...platformAt(`${origin}/oauth2`), ...registered, clientSecret: 'b' };
const api = { baseUrl: origin, token: async () => 'a' };

/** Each client with settings of which none may be missing. */
const clients: Record<string, [(settings: never) => unknown, Settings]> = {
  createApi: [createApi, api],
  createPds: [createPds, api],
  createCis2: [createCis2, cis2],
  createCombined: [createCombined, combined],
  createExchange: [createExchange, platform],
  createApplicationRestricted: [createApplicationRestricted, platform],
  createFapi2: [createFapi2, { ...cis2, dpop: { ...key, alg: 'PS256' } }],
  createNative: [createNative, { issuer: origin, clientId: 'a' }],
  createLogoutReceiver: [
    createLogoutReceiver,
    { issuer: origin, clientId: 'a', replay: memoryReplayStore() },
  ],
  createPageSignIn: [createPageSignIn, { issuer: origin, ...registered }],
  createWebSignIn: [createWebSignIn, { origin, pattern: createCombined(combined) }],
};

describe('the settings of a client', () => {
  for (const [name, [create, settings]] of Object.entries(clients))
    test(`of ${name}: a missing or wrong one is reported by its name`, () => {
      create(settings as never);
      for (const setting of Object.keys(settings))
        for (const value of [undefined, null, '', 7])
          assert.throws(
            () => create({ ...settings, [setting]: value } as never),
            ({ code, message }: Error & { code?: string }) =>
              code === 'settings_invalid' && message.includes(setting),
            `${setting}: ${value}`,
          );
    });
});
