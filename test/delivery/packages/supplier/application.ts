import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Clock,
  createCombined,
  createPds,
  createSeparate,
  displayName,
  type FreshTokens,
  keepFresh,
  platformAt,
  publicKeySet,
  sessionState,
} from '@alongside/client';
import type { Alongside } from 'alongside/testing';

// A small web application of a supplier with both patterns. Its clock is a setting, so that tests can move it.

interface Session {
  startedAt: number;
  lastUsedAt: number;
  state?: string;
  user?: string;
  role?: string;
  tokens?: FreshTokens;
}

export interface Application {
  url: string;
  close(): Promise<void>;
}

type Page = (session: Session, url: URL, response: ServerResponse) => Promise<void>;

/** Starts the application on a free port and registers it. */
export async function startApplication(
  alongside: Alongside,
  clock: Clock = alongside.clock,
): Promise<Application> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pages = await pagesOf(alongside, url, clock);
  const sessions = new Map<string, Session>();
  server.on('request', (request, response) => void serve({ sessions, pages, url, clock }, request, response));
  return { url, close: () => closed(server) };
}

async function pagesOf(alongside: Alongside, url: string, clock: Clock): Promise<Record<string, Page>> {
  const { api, cis2Issuer } = alongside.urls;
  const callbacks = { combined: `${url}/callback/combined`, separate: `${url}/callback/separate` };
  const key = {
    kid: randomUUID(),
    privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  };
  const jwks = publicKeySet([{ ...key, alg: 'RS512' }]);
  const { platform, cis2 } = await alongside.application({
    name: `Clinic at ${url}`,
    platform: {
      callbackUrls: [callbacks.combined],
      products: ['personal-demographics-service', 'hello-world'],
      jwks,
    },
    cis2: {
      redirectUris: [callbacks.separate],
      tokenEndpointAuthMethod: 'private_key_jwt',
      signingAlg: 'RS512',
      jwks,
    },
  });
  if (!platform?.clientSecret || !cis2) throw new Error('The application was not registered.');
  const credentials = { clientId: platform.clientId, clientSecret: platform.clientSecret };
  const combined = createCombined({
    ...platformAt(`${api}/oauth2`),
    ...credentials,
    redirectUri: callbacks.combined,
    clock,
  });
  const separate = createSeparate({
    cis2: {
      issuer: cis2Issuer,
      clientId: cis2.clientId,
      redirectUri: callbacks.separate,
      authentication: { method: 'private_key_jwt', key },
      scope: 'openid profile nationalrbacaccess',
    },
    platform: { tokenUrl: `${api}/oauth2/token`, ...credentials, key },
    clock,
  });

  return {
    '/': async (session, _, response) =>
      page(response, session.user ? `Signed in: ${session.user}` : '<a href="/sign-in/combined">Sign in</a>'),

    '/sign-in/combined': async (session, _, response) => {
      const begun = combined.begin();
      session.state = begun.state;
      goTo(response, begun.url);
    },

    '/callback/combined': async (session, url, response) => {
      const tokens = await combined.finish(url, session.state ?? '');
      session.user = (await combined.userinfo(tokens)).name;
      session.tokens = keepFresh(tokens, combined.refresh, { clock });
      goTo(response, '/');
    },

    '/sign-in/separate': async (session, _, response) => {
      const begun = await separate.begin();
      session.state = begun.state;
      goTo(response, begun.url);
    },

    '/callback/separate': async (session, url, response) => {
      const signIn = await separate.finish(url, session.state ?? '');
      session.user = (await separate.userinfo(signIn)).name;
      session.role = signIn.selectedRoleId;
      session.tokens = keepFresh(await separate.exchange(signIn.tokens.idToken ?? ''), separate.refresh, {
        clock,
      });
      goTo(response, '/');
    },

    '/patient': async (session, url, response) => {
      if (!session.tokens) return goTo(response, '/');
      const pds = createPds({
        baseUrl: `${api}/personal-demographics/FHIR/R4`,
        token: session.tokens.freshToken,
        sessionUrid: session.role,
      });
      const { patient } = await pds.patient(url.searchParams.get('number') ?? '');
      page(response, `${displayName(patient)}, born ${patient.birthDate}`);
    },
  };
}

interface Serving {
  sessions: Map<string, Session>;
  pages: Record<string, Page>;
  url: string;
  clock: Clock;
}

async function serve(
  { sessions, pages, url, clock }: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const now = clock.now();
  const id = /(?:^|; )clinic=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? randomUUID();
  const old = sessions.get(id);
  const session = old && sessionState(old, { clock }) === 'live' ? old : { startedAt: now, lastUsedAt: now };
  session.lastUsedAt = now;
  sessions.set(id, session);
  response.setHeader('set-cookie', `clinic=${id}; Path=/; HttpOnly; SameSite=Lax`);
  const at = new URL(request.url ?? '/', url);
  try {
    const show = pages[at.pathname];
    if (show) await show(session, at, response);
    else page(response, 'There is no such page.', 404);
  } catch (error) {
    page(response, `Failed: ${error instanceof Error ? error.message : error}`, 502);
  }
}

function page(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
  response.end(`<!doctype html><title>Clinic</title><main>${text}</main>`);
}

const goTo = (response: ServerResponse, location: string): void =>
  void response.writeHead(302, { location }).end();

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
