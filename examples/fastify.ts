import { generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  createLogoutReceiver,
  createPds,
  createSeparate,
  displayName,
  type FhirError,
  memoryReplayStore,
  publicKeySet,
} from '@alongside/client';
import { createWebSignIn, fastifyPage, fastifySignIn } from '@alongside/client/web';
import Fastify, { type FastifyReply } from 'fastify';
import { findInstance, register } from './instance.ts';
import { homePage } from './pages.ts';

// A web application in the separate pattern, with Fastify: signs in at CIS2, exchanges the ID token, and ends its session when
// CIS2 ends one. It registers itself at the running Alongside:
//   node examples/fastify.ts

const port = Number(process.env.PORT ?? 3002);
const origin = `http://localhost:${port}`;
const redirectUri = `${origin}/callback`;
const { api, cis2Issuer: issuer, ...instance } = await findInstance();

// The application's key: the private part stays here, the public part is registered.
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { kid: randomUUID(), privateKey };
const jwks = publicKeySet([{ ...key, alg: 'RS512' }]);

const registered = await register(
  { api, cis2Issuer: issuer, ...instance },
  {
    name: 'Separate web example',
    profile: 'nhs',
    platform: { callbackUrls: [redirectUri], products: ['personal-demographics-service'], jwks },
    cis2: {
      redirectUris: [redirectUri],
      postLogoutRedirectUris: [`${origin}/signed-out`],
      backchannelLogoutUri: `${origin}/backchannel-logout`,
      tokenEndpointAuthMethod: 'private_key_jwt',
      signingAlg: 'RS512',
      jwks,
    },
  },
);
const { clientId } = registered.cis2;

// #region readme
const authentication = { method: 'private_key_jwt', key } as const;
const scope = 'openid profile nationalrbacaccess';
const separate = createSeparate({
  cis2: { issuer, clientId, redirectUri, authentication, scope },
  platform: { tokenUrl: `${api}/oauth2/token`, ...registered.platform, key },
});
const logout = createLogoutReceiver({ issuer, clientId, replay: memoryReplayStore() });
const web = createWebSignIn({ origin, pattern: separate, logout, name: 'fastify' });
const app = Fastify();
app.addHook('onRequest', fastifySignIn(web));
app.get(
  '/',
  fastifyPage(web, (_request, reply: FastifyReply, { user }) => reply.type('text/html').send(homePage(user))),
);
// #endregion
const baseUrl = `${api}/personal-demographics/FHIR/R4`;
app.addContentTypeParser(
  'application/x-www-form-urlencoded',
  { parseAs: 'string', bodyLimit: 1000 },
  async (_request: unknown, body: string) => Object.fromEntries(new URLSearchParams(body)),
);
app.post<{ Body: { number: string } }>(
  '/patient',
  fastifyPage(web, async (request, reply, { tokens, roleId }) => {
    const pds = createPds({ baseUrl, token: tokens, sessionUrid: roleId });
    const { patient } = await pds.patient(request.body.number);
    return reply.type('text/plain').send(`${displayName(patient)}, ${patient.birthDate}, ${patient.id}`);
  }),
);
app.setErrorHandler<FhirError>(({ status = 400, message }, _request, reply) =>
  reply.code(status).type('text/plain').send(message),
);
await app.listen({ port, host: 'localhost' });
console.log(`Open ${origin}/`);
