import { json } from '@alongside/kernel/answer';
import { type Endpoint, everyMethod, type Method, type Route } from '@alongside/kernel/http';
import { methodNotAllowed } from '@alongside/kernel/respond';
import { Cors } from '../../oauth/cors.ts';
import { withNonce } from '../../oauth/server/dpop-nonce-header.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import { createAuthorize, createAuthorizeByPost } from './authorize.ts';
import { createCallback } from './callback.ts';
import { errors } from './errors.ts';
import { createIntrospect, introspectionAlgorithms } from './introspect.ts';
import { createLogout } from './logout.ts';
import { metadataOf, metadataPath } from './metadata.ts';
import { createPar } from './par.ts';
import { createRevoke } from './revoke.ts';
import { createServer, settingsOf } from './server.ts';
import { createToken } from './token.ts';

/** What is read by GET, and so by HEAD (RFC 9110 section 9.1). */
const readable = (endpoint: Endpoint): Partial<Record<Method, Endpoint>> => ({
  GET: endpoint,
  HEAD: endpoint,
});

/** The ways into one path; every other method is told which there are. */
function routesAt(path: string, endpoints: Partial<Record<Method, Endpoint>>): Route[] {
  const methods = Object.keys(endpoints) as Method[];
  const others = everyMethod.filter((method) => !methods.includes(method));
  return [
    ...methods.map((method): Route => ({ methods: [method], path, endpoint: endpoints[method] as Endpoint })),
    {
      methods: others,
      path,
      endpoint: async () => methodNotAllowed(methods.join(', ')),
    },
  ];
}

/** The routes of one base path of the standard profile. */
export function createStandardRoutes(base: Base, bases: readonly Base[], parts: Parts): Route[] {
  const server = createServer(base, bases, parts);
  const guard = (endpoint: Endpoint): Endpoint => parts.diagnosis.guard(endpoint, errors.unexpected);
  const metadata = metadataOf(settingsOf(base, parts));
  /** Where proofs come, the answer names the nonce of the next one (RFC 9449 section 8.2). */
  const proven =
    (endpoint: Endpoint): Endpoint =>
    async (request) =>
      withNonce(server, request, await endpoint(request));
  /** The answer to a failed HTTP Basic has its challenge (RFC 6749 section 5.2). */
  const challenged =
    (endpoint: Endpoint): Endpoint =>
    async (request) => {
      const answer = await endpoint(request);
      const isBasic = answer.status === 401 && request.headers.authorization !== undefined;
      return isBasic ? answer.with({ 'www-authenticate': 'Basic realm="token"' }) : answer;
    };
  /** What clients call: they authenticate there. */
  const client = (endpoint: Endpoint): Endpoint => challenged(guard(endpoint));
  const cached = { 'cache-control': 'public, max-age=300' };
  /** What the metadata says that we sign by stands in the set before the first signature: verifiers keep what they read. */
  const keySet = guard(async () => {
    await Promise.all(introspectionAlgorithms.map((algorithm) => parts.keys.ensure(algorithm)));
    return json(200, await parts.keys.jwks(), cached);
  });
  const notFound = guard(async ({ method }) => {
    throw errors.notFound(`nothing answers ${method} here`);
  });
  const early = parts.diagnosis.early(errors, errors.unexpected);
  const cors = new Cors({ applications: parts.applications, half: 'platform' });
  const at = (path: string, endpoints: Partial<Record<Method, Endpoint>>): Route[] =>
    routesAt(path, endpoints).map((route) => ({ ...route, early }));
  /** Routes that the pages of public clients may call as well. */
  const browser = (path: string, endpoints: Partial<Record<Method, Endpoint>>): Route[] => [
    { methods: ['OPTIONS'], path, endpoint: cors.preflight(Object.keys(endpoints) as Method[]) },
    ...at(path, endpoints)
      .map((route) => ({ ...route, methods: route.methods.filter((method) => method !== 'OPTIONS') }))
      .map((route) => cors.route(route)),
  ];
  return [
    ...browser(
      metadataPath(base),
      readable(async () => json(200, metadata, cached)),
    ),
    ...browser(`${base.path}/jwks`, readable(keySet)),
    ...at(`${base.path}/authorize`, {
      GET: guard(createAuthorize(server, base, parts)),
      POST: guard(createAuthorizeByPost(server)),
    }),
    ...at(`${base.path}/callback`, { GET: guard(createCallback(base, parts)) }),
    ...browser(`${base.path}/token`, { POST: proven(client(createToken(server, base, parts))) }),
    ...browser(`${base.path}/par`, { POST: proven(client(createPar(server, base, parts))) }),
    ...at(`${base.path}/introspect`, { POST: client(createIntrospect(server, base, parts)) }),
    ...at(`${base.path}/backchannel_logout`, { POST: guard(createLogout(server, base, bases, parts)) }),
    ...browser(`${base.path}/revoke`, { POST: client(createRevoke(server, base, parts)) }),
    { methods: everyMethod, path: `${base.path}/*`, endpoint: notFound, early },
  ];
}
