// Measures the cost of the gateway for an API call, including token, rules, limits and event, compared with Node's bare HTTP server
// in the same run: `npm run bench:gateway [-- --rounds 7] [--operations 3200] [--json]`. Never fails on a figure.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endWith, readBenchFlags } from './flags.ts';
import { startAlongside } from './peers/alongside.ts';
import { call, demand, json, lanes } from './peers/call.ts';
import { assertion, assertionType } from './peers/client-key.ts';
import { measure } from './peers/measure.ts';
import { median } from './usage.ts';

const usageText = 'bench:gateway -- [--rounds 7] [--operations 3200] [--json]';
const { values } = readBenchFlags(usageText, {
  options: {
    rounds: { type: 'string', default: '7' },
    operations: { type: 'string', default: '3200' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const each = Math.ceil(Number(values.operations) / lanes);
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(each) || each < 1) endWith(usageText);

const ours = await startAlongside();
const form = {
  ...{ grant_type: 'client_credentials', scope: ours.opaque.scope, client_id: ours.opaque.clientId },
  ...{ client_assertion_type: assertionType, client_assertion: assertion(ours.opaque) },
};
const { access_token: token } = json(await demand(200, ours.opaque.tokenEndpoint, { form }));
const address = new URL('/hello-world/hello/application', ours.opaque.tokenEndpoint).href;
const headers = { authorization: `Bearer ${token}` };
const { body } = await demand(200, address, { headers });
if ((await call(address, { headers: { authorization: 'Bearer another' } })).status !== 401)
  throw new Error('The gateway lets another token in.');

const program = fileURLToPath(new URL('./gateway/bare-server.ts', import.meta.url));
const bare = spawn(process.execPath, [program, body], { stdio: ['ignore', 'pipe', 'inherit'] });
const [line] = (await once(bare.stdout, 'data')) as [unknown];
const targets = [
  { name: 'gateway', pid: ours.pid, address },
  { name: 'bare HTTP server', pid: bare.pid ?? 0, address: String(line).trim() },
];
const scenario = {
  prepare: async (target: { address: string }, wide: number, long: number) =>
    Array.from({ length: wide }, () =>
      Array.from({ length: long }, () => async () => void (await demand(200, target.address, { headers }))),
    ),
};
try {
  const results = targets.map((target) => ({ target, all: [] as Awaited<ReturnType<typeof measure>>[] }));
  for (const target of targets) await measure(target, scenario, lanes, each * 2);
  for (let round = 0; round < rounds; round++)
    for (const { target, all } of round % 2 === 0 ? results : [...results].reverse())
      all.push(await measure(target, scenario, lanes, each));
  const report = results.map(({ target: { name }, all }) => ({
    name,
    cpu: median(all.map(({ cpu }) => cpu)),
    perSecond: median(all.map(({ perSecond }) => perSecond)),
    p50: median(all.map(({ p50 }) => p50)),
    p99: median(all.map(({ p99 }) => p99)),
  }));
  if (values.json) process.stdout.write(`${JSON.stringify({ node: process.version, report })}\n`);
  else
    for (const { name, cpu, perSecond, p50, p99 } of report)
      process.stdout.write(
        `${name.padEnd(18)} ${cpu.toFixed(0).padStart(4)} µs of processor time a call, ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`,
      );
} finally {
  bare.kill();
  await ours.stop();
}
