import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Browser, type Reply, send } from '../../src/cis2/testing/browser.ts';
import { startInstance } from '../../src/cis2/testing/instance.ts';
import { gp } from '../../src/cis2/testing/people.ts';
import { startRpEndpoint } from '../../src/cis2/testing/rp-endpoint.ts';
import { softAssertion } from '../../src/cis2/testing/soft-authenticator.ts';
import { give, linkFor, onward, optionsOf } from '../../src/cis2/testing/webauthn-wire.ts';
import type { Start } from './cis2-worker.ts';
import { atOnce, type Race } from './races.ts';

const worker = new URL('./cis2-worker.ts', import.meta.url);
const sameOrigin = { 'sec-fetch-site': 'same-origin' };

async function startWorker(start: Start): Promise<{ child: ChildProcess; port: string }> {
  const child = fork(worker, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const early = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of CIS2 ended with ${code}`);
  });
  early.catch(() => undefined);
  child.send(start);
  const [message] = await Promise.race([once(child, 'message'), early]);
  return { child, port: String((message as { port: number }).port) };
}

/**
 * Starts CIS2 in several processes on one database, with races for its single-use values. They share a workstation: one round at
 * a time.
 */
export async function startCis2Races(
  database: string,
  count: number,
): Promise<{ races: readonly Race[]; stop(): Promise<void> }> {
  const cis2 = await startInstance({}, database, undefined, 'localhost');
  const { origin, issuer, agent, cis } = cis2;
  const start: Start = { database, origin, issuer, cis: { url: cis.url, secret: cis.secret } };
  const workers = await Promise.all(Array.from({ length: count - 1 }, () => startWorker(start)));
  const ports = [new URL(origin).port, ...workers.map(({ port }) => port)];
  const relyingParty = await startRpEndpoint();
  const client = await cis2.register({ backchannelLogoutUri: relyingParty.url });

  /** Returns the same address at the process with this number. */
  const at = (number: number, address: string): string => {
    const url = new URL(address);
    url.port = ports[number % ports.length] ?? '';
    return url.href;
  };
  const winners = (replies: readonly Reply[], won: (reply: Reply) => boolean): string[] =>
    replies.flatMap((reply, number) => {
      if (reply.status >= 500 || reply.status === 429) throw new Error(`${reply.status} ${reply.body}`);
      return won(reply) ? [String(number)] : [];
    });
  const handOff = async (browser: Browser) =>
    (await browser.get(cis2.authorizeUrl(client, { prompt: 'login' }))).location;

  const { key } = await give(cis2, 'security-key', gp.uid);
  const races: Race[] = [
    {
      name: 'hand-off request',
      async run() {
        await agent.signIn(gp.uid);
        const location = await handOff(new Browser());
        const bodies = await atOnce(() => agent.proofBody(location));
        const json = { 'content-type': 'application/json' };
        const replies = await atOnce((number) =>
          send('POST', at(number, `${origin}/agent/exchange`), json, JSON.stringify(bodies[number])),
        );
        return winners(replies, ({ status }) => status === 200);
      },
    },
    {
      name: 'agent answer',
      async run() {
        await agent.signIn(gp.uid);
        const browser = new Browser();
        const back = await agent.answer(await handOff(browser), { pin: true });
        const replies = await atOnce((number) => browser.get(at(number, back)));
        return winners(replies, ({ status }) => status === 302);
      },
    },
    {
      name: 'WebAuthn challenge',
      async run() {
        agent.idle();
        const browser = new Browser();
        const { location } = await browser.get(cis2.authorizeUrl(client));
        const { challenge } = optionsOf(await browser.get(`${location}/security-key`));
        const response = JSON.stringify(softAssertion(key, { challenge, origin }));
        const answer = `${location}/security-key/answer`;
        const replies = await atOnce((number) => browser.post(at(number, answer), { response }));
        return winners(replies, (reply) => onward(reply).includes('code='));
      },
    },
    {
      name: 'one-time link',
      async run() {
        const link = await linkFor(cis2, 'security-key', gp.uid);
        const replies = await atOnce((number) => new Browser().post(at(number, link), {}, sameOrigin));
        return winners(replies, ({ status }) => status === 303);
      },
    },
    {
      name: 'logout delivery',
      async run() {
        const sid = await agent.signIn(gp.uid);
        await cis2.signIn(new Browser(), client);
        const before = relyingParty.received.length;
        const round = async ({ child }: { child: ChildProcess }) => {
          const done = once(child, 'message');
          child.send('round');
          await done;
        };
        const ended = { sessionId: sid, agentId: agent.id, uid: gp.uid, generation: 'hscn' } as const;
        await Promise.all([
          cis2.sessionEnded({ ...ended, cause: 'signedOut' }),
          ...workers.map((one) => round(one)),
        ]);
        await cis2.background.settled();
        await Promise.all(workers.map((one) => round(one)));
        return relyingParty.received.slice(before).map((_, number) => String(number));
      },
    },
  ];
  return {
    races,
    async stop() {
      for (const { child } of workers) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      await relyingParty.stop();
      await cis2.stop();
    },
  };
}
