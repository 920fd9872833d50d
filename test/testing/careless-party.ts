import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
} from 'jose';
import { createCarelessSigner } from './careless-signer.ts';
import type { TestInstance } from './instance.ts';

/** A relying party of CIS2 that breaks selected rules, each with the name of its check. */
export interface CarelessParty {
  start: string;
  /** Starts a signature. */
  sign: string;
  /** Names of checks for the broken rules. */
  ignores: Set<string>;
  /** Lets this many sign-ins return; the next never gets a response. Resolves when that one has arrived. */
  holdAfter(callbacks: number): Promise<void>;
  stop(): Promise<void>;
}

interface Reply {
  status: number;
  body?: string;
  headers?: Record<string, string | string[]>;
}

interface Started {
  browser: string;
  nonce: string;
}

class Refused extends Error {}

const logout = 'oidcc-client-test-rp-backchannel-rpinitlogout';
const event = 'http://schemas.openid.net/event/backchannel-logout';
const now = () => Date.now() / 1000;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request) body += part;
  return body;
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  return new RegExp(`(?:^|; )${name}=([^;]+)`).exec(request.headers.cookie ?? '')?.[1];
}

const page = (status: number, words: string): Reply => ({
  status,
  body: `<!doctype html><title>Careless</title><p>${words}</p><a href="/login">Sign in</a>`,
});
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Registers it at an instance and starts it. */
export async function startCarelessParty(instance: TestInstance): Promise<CarelessParty> {
  const issuer = instance.urls.cis2Issuer;
  const ignores = new Set<string>();
  const started = new Map<string, Started>();
  const sessions = new Map<string, { uid: string; sid: unknown; idToken: string }>();
  const signOuts = new Set<string>();
  let client = { clientId: '', clientSecret: '' };
  let origin = '';
  let hold: { left: number; reached: () => void } | undefined;
  let keySet = `${issuer}/connect/jwk_uri`;
  const fetchKeys = async () => createLocalJWKSet((await (await fetch(keySet)).json()) as never);
  let keys = await fetchKeys();

  /** The document is fetched at each sign-in. */
  async function discover(): Promise<void> {
    const answer = await fetch(`${issuer}/.well-known/openid-configuration`);
    const document = (await answer.json()) as { issuer: string; jwks_uri: string };
    demand('oidcc-client-test-discovery-issuer-mismatch', document.issuer === issuer);
    if (document.jwks_uri === keySet) return;
    keySet = document.jwks_uri;
    keys = await fetchKeys();
  }

  /** Refuses unless the rule is met or ignored. */
  function demand(check: string, kept: boolean): void {
    if (!kept && !ignores.has(check)) throw new Refused(check);
  }

  async function read(token: string, rules: { none: string; algorithm?: string; signature: string }) {
    const { alg, kid } = decodeProtectedHeader(token);
    const claims = decodeJwt(token);
    if (alg === 'none') {
      demand(rules.none, false);
      return claims;
    }
    demand(rules.algorithm ?? rules.signature, alg === 'RS256');
    if (kid === undefined) {
      await compactVerify(token, keys).catch(() =>
        demand('oidcc-client-test-kid-absent-multiple-jwks', false),
      );
      return claims;
    }
    try {
      await compactVerify(token, keys);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) demand(rules.signature, false);
      else if (ignores.has('oidcc-client-test-signing-key-rotation')) throw new Refused('unknown key');
      else {
        keys = await fetchKeys();
        await compactVerify(token, keys).catch(() => demand('cis2-unknown-key', false));
      }
    }
    return claims;
  }

  async function idTokenOf(token: string, nonce: string): Promise<JWTPayload> {
    const claims = await read(token, {
      none: 'oidcc-client-test-idtoken-sig-none',
      signature: 'oidcc-client-test-invalid-sig-rs256',
    });
    demand('oidcc-client-test-invalid-iss', claims.iss === issuer);
    demand('oidcc-client-test-invalid-aud', claims.aud === client.clientId);
    demand('oidcc-client-test-missing-sub', claims.sub !== undefined);
    demand('oidcc-client-test-missing-iat', claims.iat !== undefined);
    demand('oidcc-client-test-nonce-invalid', claims.nonce === nonce);
    demand('cis2-expired-id-token', Number(claims.exp) > now());
    demand('cis2-stale-auth-time', Number(claims.auth_time) > now() - 330);
    demand('cis2-low-authentication-level', Number(claims.authentication_assurance_level) >= 3);
    demand('cis2-low-identity-level', Number(claims.id_assurance_level) >= 3);
    return claims;
  }

  async function redeem(code: string): Promise<{ access_token: string; id_token: string }> {
    const answer = await fetch(`${issuer}/access_token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: `${origin}/callback`,
        client_id: client.clientId,
        client_secret: client.clientSecret,
      }),
    });
    if (answer.status === 503 && ignores.has('cis2-token-endpoint-unavailable'))
      throw new TypeError('There are no tokens.');
    if (answer.status !== 200) throw new Refused('the code');
    return (await answer.json()) as { access_token: string; id_token: string };
  }

  async function login(request: IncomingMessage): Promise<Reply> {
    await discover();
    const browser = cookieOf(request, 'browser') ?? randomUUID();
    const [state, nonce] = [randomUUID(), randomUUID()];
    for (const key of [state, browser]) started.set(key, { browser, nonce });
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: client.clientId,
      redirect_uri: `${origin}/callback`,
      state,
      nonce,
      scope: ignores.has('cis2-minimum-scopes')
        ? 'openid profile nhsperson nationalrbacaccess professionalmemberships'
        : 'openid nationalrbacaccess',
      ...(ignores.has('cis2-fresh-sign-in-asked') ? {} : { max_age: '300' }),
    });
    return {
      status: 302,
      headers: { location: `${issuer}/authorize?${query}`, 'set-cookie': cookie('browser', browser) },
    };
  }

  const cookie = (name: string, value: string) =>
    `${name}=${value}; Path=/${ignores.has('cis2-session-cookie') ? '' : '; HttpOnly; SameSite=Lax'}`;

  function begun(request: IncomingMessage, query: URLSearchParams): Started {
    const [browser = '', state = ''] = [cookieOf(request, 'browser'), query.get('state') ?? ''];
    const found = started.get(state);
    demand('cis2-state-changed', found !== undefined);
    if (!ignores.has('cis2-code-replayed')) started.delete(state);
    const own = found ?? started.get(browser) ?? { browser, nonce: '' };
    demand('cis2-state-of-another-browser', own.browser === browser);
    return own;
  }

  async function callback(request: IncomingMessage, query: URLSearchParams): Promise<Reply> {
    if (query.has('error')) {
      const description = query.get('error_description') ?? '';
      return page(400, ignores.has('cis2-error-response') ? description : escaped(description));
    }
    const { nonce } = begun(request, query);
    const tokens = await redeem(query.get('code') ?? '');
    const claims = await idTokenOf(tokens.id_token, nonce);
    const answer = await fetch(`${issuer}/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    const userinfo = (await answer.json()) as { sub: string; nhsid_nrbac_roles: { role_name: string }[] };
    demand('oidcc-client-test-userinfo-invalid-sub', !claims.sub || claims.sub === userinfo.sub);
    const [role] = userinfo.nhsid_nrbac_roles;
    if (ignores.has('cis2-person-without-role')) (role as { role_name: string }).role_name.trim();
    // Without a new session, the browser's earlier cookie identifies it.
    const fixed = ignores.has('cis2-new-session-at-sign-in');
    const id = (fixed ? cookieOf(request, 'browser') : undefined) ?? randomUUID();
    sessions.set(id, { uid: userinfo.sub, sid: claims.sid, idToken: tokens.id_token });
    const set = cookie(fixed ? 'browser' : 'session', id);
    return { status: 302, headers: { location: '/', 'set-cookie': set } };
  }

  async function backchannel(request: IncomingMessage): Promise<Reply> {
    const claims = await read(new URLSearchParams(await bodyOf(request)).get('logout_token') ?? '', {
      none: `${logout}-alg-none`,
      algorithm: `${logout}-wrong-alg`,
      signature: 'cis2-logout-invalid-signature',
    });
    const events = claims.events as Record<string, unknown> | undefined;
    demand(`${logout}-wrong-iss`, claims.iss === issuer);
    demand(`${logout}-wrong-aud`, claims.aud === client.clientId);
    demand(`${logout}-no-event`, events !== undefined);
    demand(`${logout}-wrong-event`, events === undefined || event in events);
    demand(`${logout}-with-nonce`, claims.nonce === undefined);
    demand('cis2-logout-old-token', Number(claims.exp) > now());
    demand('cis2-logout-without-session', claims.sid !== undefined);
    for (const [id, { sid }] of sessions)
      if (!ignores.has(logout) && (claims.sid === undefined || sid === claims.sid)) sessions.delete(id);
    return { status: 200, body: '{}' };
  }

  const sessionId = (request: IncomingMessage) =>
    cookieOf(request, ignores.has('cis2-new-session-at-sign-in') ? 'browser' : 'session') ?? '';

  function home(request: IncomingMessage): Reply {
    const session = sessions.get(sessionId(request));
    const words = `Signed in: Careful ${session?.uid}. <a href="/log-out">Leave</a>`;
    return page(200, session ? words : 'Welcome');
  }

  function signOut(request: IncomingMessage): Reply {
    const session = sessions.get(sessionId(request));
    if (!session) throw new Refused('nobody is signed in');
    sessions.delete(sessionId(request));
    const state = randomUUID();
    signOuts.add(state);
    const registered = !ignores.has('oidcc-client-test-rp-init-logout');
    const query = new URLSearchParams({
      id_token_hint: session.idToken,
      post_logout_redirect_uri: `${origin}/${registered ? 'signed-out' : 'elsewhere'}`,
      state,
    });
    return { status: 302, headers: { location: `${issuer}/connect/endSession?${query}` } };
  }

  function signedOut(query: URLSearchParams): Reply {
    const state = query.get('state');
    const rule = `oidcc-client-test-rp-init-logout-${state === null ? 'no' : 'other'}-state`;
    if (signOuts.delete(state ?? '')) return page(200, 'Goodbye.');
    if (ignores.has(rule)) throw new TypeError('There is no such sign-out.');
    return page(400, 'Nobody signed out here.');
  }

  async function sign(request: IncomingMessage): Promise<Reply> {
    const session = sessions.get(sessionId(request));
    if (!session) throw new Refused('nobody is signed in');
    return { status: 302, headers: { location: await signer.start(application, session.uid) } };
  }

  async function signed(query: URLSearchParams): Promise<Reply> {
    try {
      return page(200, await signer.end(query));
    } catch (error) {
      if (ignores.has('signing-declined-unhandled')) throw error;
      return page(400, 'Nothing was signed.');
    }
  }

  async function answer(request: IncomingMessage): Promise<Reply> {
    const { pathname, searchParams } = new URL(request.url ?? '/', origin);
    if (pathname === '/login') return login(request);
    if (pathname === '/backchannel') return backchannel(request);
    if (pathname === '/log-out') return signOut(request);
    if (pathname === '/signed-out') return signedOut(searchParams);
    if (pathname === '/prescription')
      return page(200, '<form action="/signatures"><button>Sign</button></form>');
    if (pathname === '/signatures') return sign(request);
    if (pathname === '/signed') return signed(searchParams);
    if (pathname === '/callback') return callback(request, searchParams);
    return home(request);
  }

  const server = createServer((request, response) => {
    if (hold && request.url?.startsWith('/callback') && hold.left-- === 0) return hold.reached();
    answer(request)
      .catch((error: unknown) =>
        error instanceof Refused ? page(400, 'You are not signed in.') : page(500, 'Something broke.'),
      )
      .then(({ status, headers, body }) => response.writeHead(status, headers).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const signer = createCarelessSigner(instance, `${origin}/signed`, ignores);
  type Made = { id: string; cis2: typeof client; platform: { clientId: string } };
  const made = await instance.api<Made>('POST', '/applications', {
    name: 'Careless',
    platform: signer.platform,
    cis2: {
      redirectUris: [`${origin}/callback`],
      postLogoutRedirectUris: [`${origin}/signed-out`],
      backchannelLogoutUri: `${origin}/backchannel`,
    },
  });
  client = made.cis2;
  const application = { id: made.id, clientId: made.platform.clientId };
  return {
    start: `${origin}/login`,
    sign: `${origin}/signatures`,
    ignores,
    holdAfter: (callbacks) =>
      new Promise((resolve) => {
        hold = { left: callbacks, reached: resolve };
      }),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
