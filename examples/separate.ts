import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createPds, createSeparate, displayName, publicKeySet, rolesOf } from '@alongside/client';
import { findInstance, register } from './instance.ts';

// The separate pattern, step by step: signs a person in at CIS2, exchanges the ID token, reads a patient.
// It registers itself at the running Alongside, prints an address to open, and ends after one sign-in:
//   node examples/separate.ts

const port = Number(process.env.PORT ?? 3001);
const redirectUri = `http://localhost:${port}/callback`;
const instance = await findInstance();

// The application's key: the private part stays here, the public part is registered.
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { kid: randomUUID(), privateKey };
const jwks = publicKeySet([{ ...key, alg: 'RS512' }]);

const registered = await register(instance, {
  name: 'Separate example',
  profile: 'nhs',
  platform: { callbackUrls: [redirectUri], products: ['personal-demographics-service'], jwks },
  cis2: {
    redirectUris: [redirectUri],
    tokenEndpointAuthMethod: 'private_key_jwt',
    signingAlg: 'RS512',
    jwks,
  },
});

const separate = createSeparate({
  cis2: {
    issuer: instance.cis2Issuer,
    clientId: registered.cis2.clientId,
    redirectUri,
    authentication: { method: 'private_key_jwt', key },
    scope: 'openid profile nationalrbacaccess',
  },
  platform: { tokenUrl: `${instance.api}/oauth2/token`, ...registered.platform, key },
});

/** Waits for the request that ends the sign-in. */
function oneCallback(): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer((request, response) => {
      const ours = request.url?.startsWith('/callback?') === true;
      response.writeHead(ours ? 200 : 404, { connection: 'close', 'content-type': 'text/plain' });
      response.end(ours ? 'You can go back to the terminal.' : '');
      if (!ours) return;
      server.close();
      resolve(request.url ?? '');
    });
    server.listen(port, 'localhost');
  });
}

const { url, state } = await separate.begin();
console.log(`Open this address in a browser:\n${url}`);
const signIn = await separate.finish(await oneCallback(), state);
const userinfo = await separate.userinfo(signIn);
console.log(`Signed in: ${userinfo.name}, authentication level ${signIn.authenticationLevel}`);

const tokens = await separate.exchange(signIn.tokens.idToken ?? '');
const pds = createPds({
  baseUrl: `${instance.api}/personal-demographics/FHIR/R4`,
  token: async () => tokens.accessToken,
  sessionUrid: signIn.selectedRoleId ?? rolesOf(userinfo)[0]?.person_roleid,
});
const { patient } = await pds.patient('9000000009');
console.log(`${displayName(patient)}, born ${patient.birthDate}, NHS number ${patient.id}`);
