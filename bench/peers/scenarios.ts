import { createHash, randomBytes } from 'node:crypto';
import { call, demand, json } from './call.ts';
import { assertion, assertionType } from './client-key.ts';
import type { Client, Target } from './target.ts';

/** One prepared operation of a scenario: the client's computations are done before it is measured. */
export type Operation = () => Promise<void>;

export interface Scenario {
  readonly id: string;
  readonly about: string;
  /** Factor for the number of operations: cheap ones are measurable only in large numbers. */
  readonly times?: number;
  /** Prepares the operations of one round. Those of one lane run one after another. */
  prepare(target: Target, lanes: number, each: number): Promise<Operation[][]>;
}

const authentication = (client: Client) => ({
  client_id: client.clientId,
  client_assertion_type: assertionType,
  client_assertion: assertion(client),
});

/** Repeats an operation, with a new one for each turn. */
const repeated = (make: () => Operation) => async (_: Target, lanes: number, each: number) =>
  Array.from({ length: lanes }, () => Array.from({ length: each }, make));

const credentials = (client: (target: Target) => Client): Scenario['prepare'] => {
  const operation = (target: Target): Operation => {
    const one = client(target);
    const form = { grant_type: 'client_credentials', scope: one.scope, ...one.more, ...authentication(one) };
    return async () => void (await demand(200, one.tokenEndpoint, { form }));
  };
  return (target, lanes, each) => repeated(() => operation(target))(target, lanes, each);
};

/** Gets an authorization code of the signed-in user, and returns a function that redeems it. */
export function codeJourney({ party }: Target): () => Promise<Record<string, unknown>> {
  const verifier = randomBytes(32).toString('base64url');
  const ask = new URL(party.authorizeEndpoint);
  ask.search = new URLSearchParams({
    response_type: 'code',
    client_id: party.clientId,
    redirect_uri: party.redirectUri,
    scope: party.scope,
    state: randomBytes(16).toString('base64url'),
    nonce: randomBytes(16).toString('base64url'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const proof = authentication(party);
  return async () => {
    // One redirects with 302, the other with 303.
    const { headers, status, body } = await call(ask.href, { headers: { cookie: party.cookie } });
    const code = URL.parse(headers.location ?? '')?.searchParams.get('code');
    if (!code) throw new Error(`no code: ${status} ${headers.location} ${body}`);
    const form = {
      ...{ grant_type: 'authorization_code', code, redirect_uri: party.redirectUri },
      ...{ code_verifier: verifier, ...proof },
    };
    return json(await demand(200, party.tokenEndpoint, { form }));
  };
}

const userinfoOf = async ({ party }: Target, accessToken: unknown): Promise<void> =>
  void (await demand(200, party.userinfoEndpoint, { headers: { authorization: `Bearer ${accessToken}` } }));

const journeys: Scenario['prepare'] = (target, lanes, each) =>
  repeated(() => {
    const tokens = codeJourney(target);
    return async () => userinfoOf(target, (await tokens()).access_token);
  })(target, lanes, each);

const refreshes: Scenario['prepare'] = async (target, lanes, each) => {
  const lane = async (): Promise<Operation[]> => {
    let token = (await codeJourney(target)()).refresh_token;
    return Array.from({ length: each }, () => {
      const proof = authentication(target.party);
      return async () => {
        const form = { grant_type: 'refresh_token', refresh_token: String(token), ...proof };
        token = json(await demand(200, target.party.tokenEndpoint, { form })).refresh_token ?? token;
      };
    });
  };
  const all: Operation[][] = [];
  for (let n = 0; n < lanes; n++) all.push(await lane());
  return all;
};

const userinfos: Scenario['prepare'] = async (target, lanes, each) => {
  const { access_token: token } = await codeJourney(target)();
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
  { id: 'userinfo', about: 'userinfo', times: 4, prepare: userinfos },
  { id: 'discovery', about: 'discovery', times: 20, prepare: documents(({ discovery }) => discovery) },
  { id: 'jwks', about: 'keys', times: 20, prepare: documents(({ jwks }) => jwks) },
];
