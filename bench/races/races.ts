import { sha256 } from '@alongside/kernel/secrets';
import { assertionOf, type ClientKey, withAssertion } from '../../src/authorisation/testing/assertions.ts';
import {
  authorizeRequest,
  codeRequest,
  refreshRequest,
  tokensOf,
} from '../../src/authorisation/testing/journeys.ts';
import { api, type Platform } from '../../src/authorisation/testing/platform.ts';
import type { Answer, Processes } from './processes.ts';

/** Number of concurrent uses of one value. */
export const uses = 10;

/** The environment of the races. */
export interface Track {
  platform: Platform;
  processes: Processes;
  signer: ClientKey;
}

/** A single-use value. */
export interface Race {
  readonly name: string;
  /** Creates a value and uses it ten times at once; returns what each winner received. */
  run(round: number): Promise<string[]>;
}

type Form = Record<string, string>;

/** Runs all uses at once. */
export const atOnce = <T>(use: (number: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: uses }, (_, number) => use(number)));

/** Returns the distinct results of the responses; throws for anything but a success or a refusal. */
function gifts(answers: readonly Answer[], member: string): string[] {
  const given = answers.flatMap(({ status, body, location }) => {
    const value = location?.searchParams.get(member) ?? body[member];
    if (typeof value === 'string') return [value];
    if (status >= 500 || status === 429) throw new Error(`${status} ${JSON.stringify(body)}`);
    return [];
  });
  return [...new Set(given)];
}

const verifier = 'v'.repeat(43);
const standardRequest: Form = {
  client_id: 'key-of-web',
  redirect_uri: 'https://web.test/callback',
  response_type: 'code',
  code_challenge: sha256(verifier),
  code_challenge_method: 'S256',
};
const standardSecret = { client_id: 'key-of-web', client_secret: 'secret-of-web-0123456789abcdefghij' };
const pathOf = ({ pathname, search }: URL): string => pathname + search;

/** Signs in at the provider up to the callback; returns the redirect there, for the process with this number. */
async function toCallback(
  { processes }: Track,
  base: string,
  form: Form,
  number: number,
): Promise<() => Promise<Answer>> {
  const sent = await processes.send(number, 'GET', `${base}/authorize?${new URLSearchParams(form)}`);
  const provided = sent.location && (await processes.visit(sent.location));
  if (!provided?.location) throw new Error(`${sent.status} ${JSON.stringify(sent.body)}`);
  const back = pathOf(provided.location);
  const headers: Form = sent.cookie === '' ? {} : { cookie: sent.cookie };
  return () => processes.send(number, 'GET', back, undefined, headers);
}

const code = (track: Track): Race => ({
  name: 'code',
  async run(round) {
    const standard = round % 2 === 1;
    const base = standard ? '/oauth2.1' : '/oauth2';
    const request = standard ? standardRequest : authorizeRequest();
    const { location } = await (await toCallback(track, base, request, round))();
    const given = location?.searchParams.get('code') ?? '';
    const redirect = {
      grant_type: 'authorization_code',
      code: given,
      redirect_uri: 'https://web.test/callback',
    };
    const form = standard ? { ...redirect, code_verifier: verifier, ...standardSecret } : codeRequest(given);
    return gifts(
      await atOnce((number) => track.processes.send(number, 'POST', `${base}/token`, form)),
      'access_token',
    );
  },
});

/** The winner's token is used in the next round, so the race is one chain of rotations. */
const refresh = ({ platform, processes }: Track): Race => {
  let held: string | undefined;
  return {
    name: 'refresh token',
    async run() {
      held ??= (await tokensOf(platform)).refresh_token ?? '';
      const form = refreshRequest(held);
      const answers = await atOnce((number) => processes.send(number, 'POST', '/oauth2/token', form));
      held = gifts(answers, 'refresh_token')[0];
      return gifts(answers, 'access_token');
    },
  };
};

const jti = ({ platform, processes, signer }: Track): Race => ({
  name: 'jti',
  async run(round) {
    const standard = round % 2 === 1;
    const [id, base] = standard ? ['signing', '/oauth2.1'] : ['separate', '/oauth2'];
    const audience = standard ? `${api}/oauth2.1` : `${api}/oauth2/token`;
    const assertion = await assertionOf({ id, audience, clock: platform.clock, signer });
    const form = { grant_type: 'client_credentials', ...withAssertion(assertion) };
    return gifts(
      await atOnce((number) => processes.send(number, 'POST', `${base}/token`, form)),
      'access_token',
    );
  },
});

const requestUri = (track: Track): Race => ({
  name: 'request_uri',
  async run(round) {
    const pushed = await track.processes.send(round, 'POST', '/oauth2.1/par', {
      ...standardRequest,
      ...standardSecret,
    });
    const form = { client_id: 'key-of-web', request_uri: String(pushed.body.request_uri) };
    // It is spent when a code is issued for it, so ten browsers return at once.
    const back = await atOnce((number) => toCallback(track, '/oauth2.1', form, number));
    return gifts(await Promise.all(back.map((come) => come())), 'code');
  },
});

export const racesOn = (track: Track): readonly Race[] =>
  [code, refresh, jti, requestUri].map((race) => race(track));
