import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Navigator } from '../../test/testing/navigate.ts';
import { call, demand, json } from './call.ts';
import { assertion, assertionType } from './client-key.ts';
import type { Client, Clients, Target } from './target.ts';

/** One prepared operation of a scenario: the client's computations are done before it is measured. */
export type Operation = () => Promise<void>;

export interface Scenario {
  readonly id: string;
  readonly about: string;
  /** Factor for the number of operations: cheap ones are measurable only in large numbers. */
  readonly times?: number;
  /** Prepares the operations of one round. Those of one lane run one after another. */
  prepare(target: Target, lanes: number, each: number): Promise<Operation[][]>;
  /** The peer's operation for comparison, if the peer cannot do this one. */
  peer?: { readonly id: string; readonly prepare: Scenario['prepare'] };
}

const authentication = (client: Client) => ({
  client_id: client.clientId,
  client_assertion_type: assertionType,
  client_assertion: assertion(client),
});

/**
 * Makes the operations of a lane. Then the client may close connections that have been unused for too long: signing takes seconds, the
 * server closes them meanwhile, and the next request on one of them would fail.
 */
async function laneOf(each: number, make: () => Operation): Promise<Operation[]> {
  const lane = Array.from({ length: each }, make);
  await nextTurn();
  return lane;
}

/** Repeats an operation, with a new one for each turn. */
const repeated = (make: () => Operation) => async (_: Target, lanes: number, each: number) => {
  const all: Operation[][] = [];
  for (let n = 0; n < lanes; n++) all.push(await laneOf(each, make));
  return all;
};

const credentials = (client: (target: Target) => Client): Scenario['prepare'] => {
  const operation = (target: Target): Operation => {
    const one = client(target);
    const form = { grant_type: 'client_credentials', scope: one.scope, ...one.more, ...authentication(one) };
    return async () => void (await demand(200, one.tokenEndpoint, { form }));
  };
  return (target, lanes, each) => repeated(() => operation(target))(target, lanes, each);
};

interface CodeRequest {
  readonly address: string;
  redeem(location: string | undefined): Promise<Record<string, unknown>>;
}

/** Prepares an authorization request with PKCE, and the request for the tokens. */
export function codeRequest(
  party: Omit<Target['party'], 'userinfoEndpoint' | 'cookie'>,
  proof: Record<string, string> = authentication(party),
): CodeRequest {
  const verifier = randomBytes(32).toString('base64url');
  const address = new URL(party.authorizeEndpoint);
  address.search = new URLSearchParams({
    response_type: 'code',
    client_id: party.clientId,
    redirect_uri: party.redirectUri,
    scope: party.scope,
    state: randomBytes(16).toString('base64url'),
    // It is for an ID token.
    ...(party.scope.includes('openid') ? { nonce: randomBytes(16).toString('base64url') } : {}),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  return {
    address: address.href,
    async redeem(location = '') {
      const code = URL.parse(location)?.searchParams.get('code');
      if (!code) throw new Error(`no code: ${location}`);
      const form = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: party.redirectUri,
        code_verifier: verifier,
        ...proof,
      };
      return json(await demand(200, party.tokenEndpoint, { form }));
    },
  };
}

/** Gets an authorization code of the signed-in user, and returns a function that redeems it. */
export function codeJourney(
  party: Target['party'],
  proof?: Record<string, string>,
): () => Promise<Record<string, unknown>> {
  const { address, redeem } = codeRequest(party, proof);
  // One redirects with 302, the other with 303.
  return async () => redeem((await call(address, { headers: { cookie: party.cookie } })).headers.location);
}

const userinfoOf = async ({ party }: Pick<Target, 'party'>, accessToken: unknown): Promise<void> =>
  void (await demand(200, party.userinfoEndpoint, { headers: { authorization: `Bearer ${accessToken}` } }));

const journeys: Scenario['prepare'] = (target, lanes, each) =>
  repeated(() => {
    const tokens = codeJourney(target.party);
    return async () => userinfoOf(target, (await tokens()).access_token);
  })(target, lanes, each);

const secretOf = ({ clientId, clientSecret }: { clientId: string; clientSecret: string }) => ({
  client_id: clientId,
  client_secret: clientSecret,
});

/** A client with a signed-in user, whose tokens it refreshes. */
interface Refresher {
  readonly tokenEndpoint: string;
  signIn(): Promise<Record<string, unknown>>;
  authenticate(): Record<string, string>;
  readonly hasIdToken: boolean;
}

const refreshesOf =
  (refresherOf: (target: Target) => Refresher): Scenario['prepare'] =>
  async (target, lanes, each) => {
    const { tokenEndpoint, signIn, authenticate, hasIdToken } = refresherOf(target);
    const lane = async (): Promise<Operation[]> => {
      let token = (await signIn()).refresh_token;
      return laneOf(each, () => {
        const proof = authenticate();
        return async () => {
          const form = { grant_type: 'refresh_token', refresh_token: String(token), ...proof };
          const tokens = json(await demand(200, tokenEndpoint, { form }));
          if ('id_token' in tokens !== hasIdToken)
            throw new Error(`${target.name}: a refresh ${hasIdToken ? 'without' : 'with'} an ID token.`);
          token = tokens.refresh_token ?? token;
        };
      });
    };
    const all: Operation[][] = [];
    for (let n = 0; n < lanes; n++) all.push(await lane());
    return all;
  };

const refreshes = refreshesOf(({ party }) => ({
  tokenEndpoint: party.tokenEndpoint,
  signIn: () => codeJourney(party)(),
  authenticate: () => authentication(party),
  hasIdToken: true,
}));

/** Of tokens without an ID token, so that the server signs nothing: ours are from a combined sign-in. */
const secretRefreshes = refreshesOf((target) => {
  const { combined } = target.workstation ?? {};
  const client = combined ?? target.secretParty;
  if (!client) throw new Error(`${target.name} has no client with a secret.`);
  return {
    tokenEndpoint: client.tokenEndpoint,
    signIn: () =>
      combined ? combinedTokens(target) : codeJourney(target.secretParty ?? target.party, secretOf(client))(),
    authenticate: () => secretOf(client),
    hasIdToken: false,
  };
});

const exchanges: Scenario['prepare'] = async (target, lanes, each) => {
  const { at, ...party } = target.exchange;
  const { id_token: token } = await codeJourney(party)();
  return repeated(() => {
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: String(token),
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      ...authentication(at),
    };
    return async () => void (await demand(200, at.tokenEndpoint, { form }));
  })(target, lanes, each);
};

/** Parts of Alongside without a counterpart in the peer. */
function workstationOf({ workstation }: Clients): NonNullable<Clients['workstation']> {
  if (!workstation) throw new Error('This server has no workstation.');
  return workstation;
}

/** A code journey in a new browser: CIS2 sends it through the Identity Agent, where the user is signed in. */
const hops: Scenario['prepare'] = (target, lanes, each) =>
  repeated(() => {
    const { party } = workstationOf(target);
    const { address, redeem } = codeRequest(party);
    return async () => {
      const reached = await new Navigator().go(address, party.redirectUri);
      await userinfoOf({ party }, (await redeem(reached.address)).access_token);
    };
  })(target, lanes, each);

/** Signs a new browser in by the combined pattern, without a question to the user, and returns its access token. */
export const combinedSignIn = async (target: Clients): Promise<string> =>
  String((await combinedTokens(target)).access_token);

async function combinedTokens(target: Clients): Promise<Record<string, unknown>> {
  const { combined } = workstationOf(target);
  const { redirectUri } = target.party;
  const { address, redeem } = codeRequest({ ...combined, redirectUri }, secretOf(combined));
  const reached = await new Navigator().go(address, redirectUri);
  return redeem(reached.address);
}

const apiCall = async (address: string, token: string): Promise<void> => {
  const headers = { authorization: `Bearer ${token}`, 'x-request-id': randomUUID() };
  await demand(200, address, { headers });
};

const signOns: Scenario['prepare'] = (target, lanes, each) =>
  repeated(() => async () => apiCall(workstationOf(target).patient, await combinedSignIn(target)))(
    target,
    lanes,
    each,
  );

const userinfos: Scenario['prepare'] = async (target, lanes, each) => {
  const { access_token: token } = await codeJourney(target.party)();
  return repeated(() => () => userinfoOf(target, token))(target, lanes, each);
};

const documents =
  (address: (target: Target) => string): Scenario['prepare'] =>
  (target, lanes, each) =>
    repeated(() => async () => void (await demand(200, address(target))))(target, lanes, each);

export const scenarios: readonly Scenario[] = [
  { id: 'opaque', about: 'client credentials, opaque token', prepare: credentials(({ opaque }) => opaque) },
  { id: 'jwt', about: 'client credentials, JWT by RS512', prepare: credentials(({ jwt }) => jwt) },
  { id: 'code', about: 'code journey with ID token, userinfo', prepare: journeys },
  { id: 'refresh', about: 'refresh with ID token', prepare: refreshes },
  { id: 'refresh-secret', about: 'refresh without ID token, client secret', prepare: secretRefreshes },
  { id: 'exchange', about: 'token exchange', prepare: exchanges },
  { id: 'userinfo', about: 'userinfo', times: 4, prepare: userinfos },
  { id: 'discovery', about: 'discovery', times: 20, prepare: documents(({ discovery }) => discovery) },
  { id: 'jwks', about: 'keys', times: 20, prepare: documents(({ jwks }) => jwks) },
  {
    id: 'hop',
    about: 'code journey through the agent',
    prepare: hops,
    peer: { id: 'code', prepare: journeys },
  },
  {
    id: 'sign-on',
    about: 'combined sign-in and PDS call',
    prepare: signOns,
    peer: { id: 'code', prepare: journeys },
  },
];

/** Calls through the gateway, which are compared with a bare server. */
export const gatewayScenarios = (['hello', 'patient'] as const).map((id) => ({
  id,
  about: `gateway: ${id}`,
  times: 4,
  async prepare(target: Target, lanes: number, each: number): Promise<Operation[][]> {
    const token = await combinedSignIn(target);
    return repeated(() => () => apiCall(workstationOf(target)[id], token))(target, lanes, each);
  },
}));
