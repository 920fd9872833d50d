import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { answerPage } from '../../src/cli/check/trial.ts';
import { Browser, type Landing } from '../../src/kit/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const callback = 'http://127.0.0.1/callback';
const insecure = { [oauth.allowInsecureRequests]: true };

describe('/oauth2.1 with oauth4webapi and its defaults', () => {
  let instance: TestInstance;
  let client: oauth.Client;
  before(async () => {
    instance = await startInstance();
    await instance.signInAtDesk('gp');
    const { platform } = await instance.api<{ platform: { clientId: string } }>('POST', '/applications', {
      name: 'Page',
      profile: 'standard',
      platform: { callbackUrls: [callback], products: ['hello-world'], tokenEndpointAuthMethod: 'none' },
    });
    client = { client_id: platform.clientId };
  });
  after(() => instance.stop());

  async function goOn(browser: Browser, first: Landing): Promise<Landing> {
    let landing = first;
    for (let page = 0; page < 6 && landing.kind === 'page'; page++)
      landing = await answerPage(landing, browser, { pin: '123456', refuses: false });
    return landing;
  }

  for (const algorithm of ['oidc', 'oauth2'] as const)
    for (const bound of [false, true])
      test(`signs a public client in from the document of ${algorithm}, ${bound ? 'with DPoP' : 'without DPoP'}`, async () => {
        const issuer = new URL(`${instance.urls.api}/oauth2.1`);
        const found = await oauth.discoveryRequest(issuer, { algorithm, ...insecure });
        const server = await oauth.processDiscoveryResponse(issuer, found);
        const verifier = oauth.generateRandomCodeVerifier();
        const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
        const address = new URL(server.authorization_endpoint ?? '');
        address.search = new URLSearchParams({
          client_id: client.client_id,
          redirect_uri: callback,
          response_type: 'code',
          scope: 'openid profile email address phone offline_access',
          state,
          nonce,
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        }).toString();
        const browser = new Browser([callback]);
        const landing = await goOn(browser, await browser.go(address.href));
        assert.equal(landing.kind, 'callback');
        const { parameters } = landing as Extract<Landing, { kind: 'callback' }>;
        const answer = oauth.validateAuthResponse(server, client, new URLSearchParams(parameters), state);
        const DPoP = bound ? oauth.DPoP(client, await oauth.generateKeyPair('ES256')) : undefined;
        const options = { ...insecure, ...(DPoP ? { DPoP } : {}) };
        const redeemed = await oauth.authorizationCodeGrantRequest(
          server,
          client,
          oauth.None(),
          answer,
          callback,
          verifier,
          options,
        );
        const tokens = await oauth.processAuthorizationCodeResponse(server, client, redeemed, {
          expectedNonce: nonce,
          requireIdToken: true,
        });
        await oauth.validateApplicationLevelSignature(server, redeemed, insecure);
        assert.equal(tokens.token_type, bound ? 'dpop' : 'bearer');
        const subject = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? '';
        const person = await oauth.processUserInfoResponse(
          server,
          client,
          subject,
          await oauth.userInfoRequest(server, client, tokens.access_token, options),
        );
        assert.equal(typeof person.family_name, 'string');
        assert.equal(person.nhsid_nrbac_roles, undefined);
      });
});
