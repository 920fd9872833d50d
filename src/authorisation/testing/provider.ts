import { createPrivateKey, type KeyObject } from 'node:crypto';
import { json, redirect } from '@alongside/kernel/answer';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { createListener, type HttpRequest } from '@alongside/kernel/http';
import { randomToken, uuid } from '@alongside/kernel/ids';
import { type JsonWebKey, type JwtClaims, type SigningAlgorithm, signJwt } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import { silentLog } from '@alongside/kernel/log';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import { parseParameters, withQuery } from '../../oauth/parameters.ts';

/** The next user. */
export interface Person {
  sub: string;
  sid: string | undefined;
  claims: JwtClaims;
  roles: string[];
}

export const careWorker: Person = {
  sub: '656005750104',
  sid: 'session-of-admin',
  claims: {
    acr: 'AAL3_ANY',
    amr: ['N3_SMARTCARD'],
    authentication_assurance_level: '3',
    id_assurance_level: '3',
  },
  roles: ['555254242103', '555254242104'],
};

/** The behaviour of a provider that tests can change. */
export interface ProviderState {
  person: Person;
  /** Answers `/authorize` with this error. */
  error?: string;
  /** Replaces members of the next ID tokens and their headers; undefined removes one. */
  claims: JwtClaims;
  header: Record<string, unknown>;
  algorithm: SigningAlgorithm;
  /** Changes a signature's last octet. */
  forged: boolean;
  /** Status and body of the token endpoint and of userinfo, instead of the usual ones. */
  tokenAnswer?: { status: number; body: unknown };
  userinfoAnswer?: { status: number; body: unknown };
  keysStatus: number;
  /** All received authorization requests. */
  seen: URLSearchParams[];
}

const usual = (): ProviderState => ({
  person: careWorker,
  claims: {},
  header: {},
  algorithm: 'RS256',
  forged: false,
  keysStatus: 200,
  seen: [],
});

interface Issued {
  person: Person;
  nonce: string | null;
  challenge: string | null;
  redirectUri: string;
}

const form = (request: HttpRequest): URLSearchParams =>
  new URLSearchParams(parseParameters(request.body)?.entries() ?? []);

/** Starts a small OpenID provider with an RS256 key and the part of CIS2 that the platform uses. */
export async function startProvider(clock: Clock, client: { id: string; secret: string }) {
  const pair = await newKeyPair('RS256');
  const key: KeyObject = createPrivateKey(pair.privatePem);
  const keys: JsonWebKey[] = [{ ...pair.publicJwk, kid: 'provider-1', use: 'sig', alg: 'RS256' }];
  const codes = new Map<string, Issued>();
  const sessions = new Map<string, Person>();
  const state = usual();
  let issuer = '';

  const sign = async (claims: JwtClaims, header: Record<string, unknown> = {}): Promise<string> => {
    const merged = JSON.parse(
      JSON.stringify({ alg: state.algorithm, kid: 'provider-1', typ: 'JWT', ...header }),
    ) as {
      alg: SigningAlgorithm;
    };
    const kept = JSON.parse(JSON.stringify(claims)) as JwtClaims;
    const jwt = await signJwt({ ...merged, alg: state.algorithm }, kept, key);
    return state.forged ? `${jwt.slice(0, -8)}AAAAAAAA` : jwt;
  };

  const idTokenFor = (person: Person, audience: string, more: JwtClaims = {}): Promise<string> => {
    const now = seconds(clock);
    const claims = {
      iss: issuer,
      sub: person.sub,
      aud: audience,
      sid: person.sid,
      iat: now,
      exp: now + 3_600,
      ...person.claims,
    };
    return sign({ ...claims, ...more, ...state.claims }, state.header);
  };

  const authorize = async (request: HttpRequest) => {
    const query = new URLSearchParams(request.query);
    state.seen.push(query);
    const redirectUri = query.get('redirect_uri') ?? '';
    const back = query.get('state') ?? undefined;
    if (state.error !== undefined)
      return redirect(withQuery(redirectUri, { error: state.error, state: back }));
    const code = randomToken();
    const { person } = state;
    codes.set(code, {
      person,
      nonce: query.get('nonce'),
      challenge: query.get('code_challenge'),
      redirectUri,
    });
    return redirect(withQuery(redirectUri, { code, state: back, iss: issuer }));
  };

  const token = async (request: HttpRequest) => {
    if (state.tokenAnswer) return json(state.tokenAnswer.status, state.tokenAnswer.body);
    const sent = form(request);
    const issued = codes.get(sent.get('code') ?? '');
    codes.delete(sent.get('code') ?? '');
    const proven =
      sent.get('client_id') === client.id && equalSecrets(sent.get('client_secret') ?? '', client.secret);
    if (!proven) return json(401, { error: 'invalid_client' });
    const verifier = sent.get('code_verifier');
    const bound =
      issued?.challenge == null
        ? verifier === null
        : verifier !== null && sha256(verifier) === issued.challenge;
    if (!issued || !bound || issued.redirectUri !== sent.get('redirect_uri'))
      return json(400, { error: 'invalid_grant' });
    const accessToken = randomToken();
    sessions.set(accessToken, issued.person);
    const idToken = await idTokenFor(
      issued.person,
      client.id,
      issued.nonce === null ? {} : { nonce: issued.nonce },
    );
    return json(200, {
      access_token: accessToken,
      id_token: idToken,
      token_type: 'Bearer',
      expires_in: 3_599,
    });
  };

  const userinfo = async (request: HttpRequest) => {
    if (state.userinfoAnswer) return json(state.userinfoAnswer.status, state.userinfoAnswer.body);
    const person = sessions.get((request.headers.authorization ?? '').replace('Bearer ', ''));
    if (!person) return json(401, { error: 'invalid_token' });
    const roles = person.roles.map((role) => ({ person_roleid: role, org_code: 'RJ11', role_code: 'R8008' }));
    return json(200, { sub: person.sub, name: 'Test Person', nhsid_nrbac_roles: roles });
  };

  const listener = createListener(
    [
      { methods: ['GET'], path: '/authorize', endpoint: authorize },
      { methods: ['POST'], path: '/access_token', endpoint: token },
      { methods: ['GET'], path: '/userinfo', endpoint: userinfo },
      { methods: ['GET'], path: '/jwks', endpoint: async () => json(state.keysStatus, { keys }) },
    ],
    { name: 'provider', log: silentLog },
  );
  issuer = `http://127.0.0.1:${await listener.listen(0)}`;

  return {
    issuer,
    state,
    keys,
    key,
    /** An ID token for another client: what the separate pattern exchanges. */
    idTokenFor,
    sign,
    /** Back to the usual behaviour. */
    reset() {
      for (const name of Object.keys(state)) delete (state as unknown as Record<string, unknown>)[name];
      Object.assign(state, usual());
    },
    logoutToken(claims: JwtClaims = {}, header: Record<string, unknown> = {}): Promise<string> {
      const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
      const body = { iss: issuer, aud: client.id, sub: '1', iat: seconds(clock), jti: uuid(), events };
      return sign({ ...body, sid: careWorker.sid, ...claims }, header);
    },
    close: () => listener.close(),
  };
}

export type Provider = Awaited<ReturnType<typeof startProvider>>;
