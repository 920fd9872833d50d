import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCis2 } from '@alongside/client';
import { Browser } from '../../../src/kit/browser.ts';
import { startInstance } from '../../testing/instance.ts';
import { callback } from '../relying-party.ts';
import { client } from './provider.ts';

/** A relying party under test. */
export interface Party {
  name: string;
  /** Signs in once, also at userinfo. Resolves with undefined, or the reason why it refused. */
  signIn(): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** The client library with its defaults, of which each sign-in has a new instance without cached keys. */
export async function startLibrary(issuer: string): Promise<Party> {
  const settings = {
    issuer,
    clientId: client.id,
    redirectUri: callback,
    authentication: { method: 'client_secret_basic', clientSecret: client.secret },
  } as const;
  return {
    name: 'client library',
    async signIn() {
      const cis2 = createCis2(settings);
      try {
        const { url, state } = await cis2.begin();
        const { headers } = await fetch(url, { redirect: 'manual' });
        const signedIn = await cis2.finish(new URL(headers.get('location') ?? ''), state);
        await cis2.userinfo(signedIn);
        return undefined;
      } catch (error) {
        const { message, expected, received } = error as Error & { expected?: string; received?: string };
        return [message, expected, received].filter(Boolean).join('; ');
      }
    },
    stop: async () => undefined,
  };
}

/** The API platform, whose care workers sign in at the provider. */
export async function startPlatformParty(issuer: string): Promise<Party> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  const upstreamCis2 = join(folder, 'cis2.json');
  writeFileSync(upstreamCis2, JSON.stringify({ issuer, clientId: client.id, clientSecret: client.secret }));
  const instance = await startInstance({ upstreamCis2 });
  const { platform } = await instance.api<{ platform: { clientId: string } }>('POST', '/applications', {
    name: 'Conformance of the platform as a relying party',
    profile: 'standard',
    platform: { callbackUrls: [callback], products: ['canary-api'], tokenEndpointAuthMethod: 'none' },
  });
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: platform.clientId,
    redirect_uri: callback,
    scope: 'openid',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  return {
    name: 'API platform',
    async signIn() {
      const landing = await new Browser([callback]).go(`${instance.urls.api}/oauth2.1/authorize?${query}`);
      if (landing.kind === 'page') return `a page with status ${landing.status} of ${landing.url}`;
      if (landing.parameters.has('code')) return undefined;
      const { refusals } = await instance.api<{ refusals: { description: string; detail: string }[] }>(
        'GET',
        '/refusals',
      );
      const [{ description, detail } = { description: '', detail: '' }] = refusals;
      return `${landing.parameters.get('error')}: ${description}; ${detail}`;
    },
    async stop() {
      await instance.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
