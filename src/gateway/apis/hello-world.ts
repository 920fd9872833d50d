import { json } from '@alongside/kernel/answer';
import { type Api, anyOf, type Call, platformCors } from '../api.ts';
import { faults } from '../faults.ts';
import { checkOf } from './health.ts';
import { applicationScope, userScope } from './scopes.ts';

const name = 'hello-world';

const greetings: Readonly<Record<string, string>> = {
  '/hello/world': 'Hello World!',
  '/hello/application': 'Hello Application!',
  '/hello/user': 'Hello User!',
};

const only = (mode: string, path: string) => ({
  modes: [mode],
  forbids: (call: Call) => call.path !== path,
  refuse: (call: Call) => faults.noProductMatch(`a token of mode ${call.mode.name} is for ${path}`),
});

/** The API to try one's first call on: an open path, one for applications, one for people. */
export const helloWorld: Api = {
  name,
  basePath: '/hello-world',
  modes: [
    { name: 'application-restricted', granted: anyOf(applicationScope(name)), role: null },
    {
      name: 'user-restricted',
      granted: anyOf(
        userScope('user-nhs-id', 'aal3', name),
        userScope('user-nhs-cis2', 'aal3', name),
        userScope('user-nhs-cis2', 'aal2', name),
      ),
      role: null,
    },
  ],
  refusedScopes: [],
  legacyMode: 'application-restricted',
  open: [{ name: '/hello/world', pattern: /^\/hello\/world$/ }],
  paths: [
    { name: '/hello/application', pattern: /^\/hello\/application$/ },
    { name: '/hello/user', pattern: /^\/hello\/user$/ },
  ],
  requestId: 'ignored',
  swapsIds: false,
  asid: 'ignored',
  takes: [],
  inject: {},
  restrictions: [
    only('application-restricted', '/hello/application'),
    only('user-restricted', '/hello/user'),
  ],
  limits: null,
  operationLimits: [],
  errors: 'apigee',
  cors: platformCors,
  event: null,
  checks: (health) => ({ healthcheck: checkOf(health, `${health.address}/hello/world`) }),
  async backEnd({ method, path }) {
    const message = greetings[path];
    if (method !== 'GET' || message === undefined)
      return json(405, { message: 'Method Not Allowed' }, { allow: 'GET' });
    return json(200, { message });
  },
};
