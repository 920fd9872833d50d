// Removes the card of one of 1,000 signed-in users: how long until the API refuses the token? `npm run bench:removal`.
//
// All users sign in completely (card, CIS session, hand-off, CIS2 session, code and token), over HTTP with one process on SQLite.
// The removed card is at the real Identity Agent. This program simulates the other workstations (bench/desks.ts), because one
// process is one agent. Measures the time from the call that removes the card to the API's 401, and the time from the response to a
// revocation to the 401 of another process.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MasterKeyFile } from '../src/boot/master-key.ts';
import { paths } from '../src/cis/protocol.ts';
import { Navigator } from '../test/testing/navigate.ts';
import { type RunningCommand, startCommand } from './command.ts';
import { BenchDesk, post } from './desks.ts';
import { benchOptions, printReport } from './flags.ts';
import { measureRevocations } from './removal/revocation.ts';
import { median } from './usage.ts';

const { people, rounds, json } = benchOptions('bench:removal', { people: 1_000, rounds: 7 });
const goal = 1_000;
const callback = 'http://localhost:1/callback';
const product = 'bench-removal';

type Urls = RunningCommand['urls'];

interface Client {
  clientId: string;
  clientSecret: string;
}

/** Registers an application with a product without the published limit of 300 requests a minute. */
async function register({ call }: RunningCommand): Promise<Client> {
  const scopes = [
    'urn:nhsd:apim:user-nhs-cis2:aal3:hello-world',
    'urn:nhsd:apim:user-nhs-id:aal3:hello-world',
  ];
  await call('POST', '/products', {
    name: product,
    apis: ['hello-world', 'oauth2'],
    scopes,
    limits: null,
  });
  const { platform } = await call<{ platform: Client }>('POST', '/applications', {
    name: 'bench removal',
    profile: 'nhs',
    platform: { callbackUrls: [callback], products: [product] },
  });
  return platform;
}

/** Returns a token for the user of the real agent, or of a simulated workstation. */
async function signInForToken(urls: Urls, client: Client, desk?: BenchDesk): Promise<string> {
  const browser = new Navigator();
  const query = new URLSearchParams({
    client_id: client.clientId,
    redirect_uri: callback,
    response_type: 'code',
    state: 'state-of-the-bench',
  });
  let { address } = await browser.go(
    `${urls.api}/oauth2/authorize?${query}`,
    desk ? urls.identityAgent : callback,
  );
  if (desk) {
    const back = await desk.handOff(address, `${new URL(urls.cis2Issuer).origin}/agent/exchange`);
    ({ address } = await browser.go(back, callback));
  }
  const code = new URL(address).searchParams.get('code');
  if (!code) throw new Error(`the sign-in ended at ${address}`);
  const response = await fetch(`${urls.api}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      client_id: client.clientId,
      client_secret: client.clientSecret,
    }),
  });
  const body = (await response.json()) as { access_token?: string };
  if (!body.access_token) throw new Error(`the token endpoint answered ${JSON.stringify(body)}`);
  return body.access_token;
}

async function statusOf(urls: Urls, token: string): Promise<number> {
  const response = await fetch(`${urls.api}/hello-world/hello/user`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await response.body?.cancel();
  return response.status;
}

/** Imports the users of the simulated workstations into the directory. */
async function bringPeople(urls: Urls, secret: string, count: number): Promise<string[]> {
  const uids = Array.from({ length: count }, (_, index) => String(200_000_000_000 + index));
  const everybody = uids.map((uid) => ({
    uid,
    givenName: 'Bench',
    familyName: `Person${uid.slice(-4)}`,
    roles: [
      {
        orgCode: 'A9A5A',
        roleCode: 'S8000:G8000:R8000',
        roleName: '"Clinical":"Clinical Provision":"Clinical Practitioner Access Role"',
      },
    ],
  }));
  await post(
    `${urls.cis}${paths.directoryImport}`,
    { version: 1, people: everybody },
    { authorization: `Bearer ${secret}` },
  );
  return uids;
}

/** Runs work for each element, a few at a time. */
async function each<T>(list: readonly T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  const rest = list.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const one of rest) await work(one);
    }),
  );
}

/** Removes the card and calls the API until it refuses; returns milliseconds. */
async function removal(
  { urls, call }: RunningCommand,
  token: string,
): Promise<{ refused: number; answered: number }> {
  const began = performance.now();
  let answered = 0;
  const removing = call('DELETE', '/readers/0/card').then(() => {
    answered = performance.now() - began;
  });
  let refused = 0;
  while (refused === 0) {
    const status = await statusOf(urls, token);
    if (status === 401) refused = performance.now() - began;
    else if (performance.now() - began > 30_000) throw new Error(`the API still answers ${status}`);
  }
  await removing;
  return { refused, answered };
}

const data = mkdtempSync(join(tmpdir(), 'alongside-bench-'));
const instance = await startCommand(['--data', data]);
const { urls } = instance;
const over = new AbortController();
try {
  const vault = new MasterKeyFile(data, {}).make();
  const client = await register(instance);
  await instance.signInAtDesk();
  const began = performance.now();
  const uids = await bringPeople(urls, vault.serviceSecret('console', 'cis'), people - 1);
  const tokens: string[] = [];
  await each(uids, 8, async (uid) => {
    const desk = await BenchDesk.issue(urls.cis, uid, vault.serviceSecret('card-issuer', 'cis'));
    await desk.signIn();
    tokens.push(await signInForToken(urls, client, desk));
    // Each workstation waits for the end of its session, like an agent.
    desk.waitForEnd(over.signal).catch((error) => {
      if (!over.signal.aborted) throw error;
    });
  });
  const signInSeconds = (performance.now() - began) / 1_000;

  const refused: number[] = [];
  const answered: number[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round > 0) await instance.signInAtDesk();
    const token = await signInForToken(urls, client);
    if ((await statusOf(urls, token)) !== 200) throw new Error('the API refuses a fresh token');
    const times = await removal(instance, token);
    refused.push(times.refused);
    answered.push(times.answered);
  }
  // No other user was signed out.
  const others: number[] = [];
  await each(tokens, 8, async (token) => {
    others.push(await statusOf(urls, token));
  });
  const revocations = await measureRevocations(instance, data, rounds);
  const stillIn = others.filter((status) => status === 200).length;

  const figures = {
    people,
    rounds,
    goalMs: goal,
    medianMs: Math.round(median(refused)),
    maxMs: Math.round(Math.max(...refused)),
    consoleAnswerMedianMs: Math.round(median(answered)),
    othersStillSignedIn: stillIn,
    revokedElsewhereMedianMs: Math.round(median(revocations)),
    revokedElsewhereMaxMs: Math.round(Math.max(...revocations)),
    signInSeconds: Math.round(signInSeconds),
    node: process.version,
  };
  const report = [
    `Node ${figures.node}, ${people} people signed in within ${figures.signInSeconds} s, ${rounds} removals`,
    `from the removal of the card to the API's 401   median ${figures.medianMs} ms, longest ${figures.maxMs} ms   (goal ${goal})`,
    `from a revocation to the 401 of another process median ${figures.revokedElsewhereMedianMs} ms, longest ${figures.revokedElsewhereMaxMs} ms`,
    `the others: ${stillIn} of ${tokens.length} tokens still work`,
  ];
  printReport(json, figures, report);
} finally {
  over.abort();
  await instance.stop();
  rmSync(data, { recursive: true, force: true });
}
