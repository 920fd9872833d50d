import { json } from '@alongside/kernel/answer';
import {
  type ApiDefinition,
  anyOf,
  applicationScope,
  type Call,
  checkOf,
  pathSet,
  platformCors,
  userScope,
} from '../api.ts';
import { apigee } from '../errors/apigee.ts';
import { errors } from '../errors/catalogue.ts';

/** Its name in scopes. */
const name = 'hello-world';

const greetings = new Map([
  ['/hello/world', json(200, { message: 'Hello World!' })],
  ['/hello/application', json(200, { message: 'Hello Application!' })],
  ['/hello/user', json(200, { message: 'Hello User!' })],
]);

const only = (path: string, ...modes: string[]) => ({
  modes,
  forbids: (call: Call) => call.path !== path,
  refuse: (call: Call) => errors.noProductMatch(`a token of mode ${call.mode.name} is for ${path}`),
});

/** The path for applications, with a token or an API key. */
const forApplications = { name: '/hello/application', pattern: /^\/hello\/application$/ };

/** An API for first calls: an open path, one for applications, one for users (NHSDigital/hello-world-api). */
export const helloWorld: ApiDefinition = {
  modes: [
    { name: 'application-restricted', granted: anyOf(applicationScope(name)), role: null },
    {
      // Accepts any level: the API requires only a minimum.
      name: 'patient-access',
      granted: anyOf(...['P0', 'P5', 'P9'].map((level) => userScope('user-nhs-login', level, name))),
      role: null,
    },
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
  open: pathSet([{ name: '/hello/world', pattern: /^\/hello\/world$/ }]),
  keyed: pathSet([forApplications]),
  paths: pathSet([forApplications, { name: '/hello/user', pattern: /^\/hello\/user$/ }]),
  requestId: 'ignored',
  swapsIds: false,
  asid: 'ignored',
  takes: [],
  inject: {},
  restrictions: [
    only('/hello/application', 'application-restricted'),
    only('/hello/user', 'patient-access', 'user-restricted'),
  ],
  limits: null,
  operationLimits: [],
  errors: apigee,
  cors: platformCors,
  event: null,
  checks: (health) => ({ healthcheck: checkOf(health, `${health.address}/hello/world`) }),
  backEnd({ method, path }) {
    const greeting = method === 'GET' ? greetings.get(path) : undefined;
    return greeting ?? json(405, { message: 'Method Not Allowed' }, { allow: 'GET' });
  },
};
