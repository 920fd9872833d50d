import { text } from '@alongside/kernel/answer';
import { type ApiDefinition, checkOf, pathSet, platformCors } from '../api.ts';
import { apigee } from '../errors/apigee.ts';

/** The API for tests of the platform: accepts any valid token of an application with the product. */
export const canary: ApiDefinition = {
  modes: [{ name: 'any', granted: () => true, role: null }],
  refusedScopes: [],
  legacyMode: null,
  open: pathSet(),
  keyed: pathSet(),
  paths: pathSet([{ name: '/', pattern: /^(\/.*)?$/ }]),
  requestId: 'ignored',
  swapsIds: false,
  asid: 'ignored',
  takes: [],
  inject: {},
  restrictions: [],
  limits: null,
  operationLimits: [],
  errors: apigee,
  cors: platformCors,
  event: null,
  checks: (health) => ({ healthcheck: checkOf(health, health.address) }),
  backEnd: () => text(200, 'Hello user!'),
};
