// Measures the cost of the gateway for an API call, including token, rules, limits and event, compared with Node's bare HTTP server
// in the same run: `npm run bench:gateway [-- --rounds 7] [--operations 3200] [--json] [--out FOLDER]`. Never fails on a figure.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endWith, readBenchFlags } from './flags.ts';
import { startBareServer } from './gateway/bare.ts';
import { startAlongside } from './peers/alongside.ts';
import { lanes } from './peers/call.ts';
import { type Measured, measure, mediansOf } from './peers/measure.ts';
import { combinedSignIn } from './peers/scenarios.ts';

const usageText = 'bench:gateway -- [--rounds 7] [--operations 3200] [--json] [--out FOLDER]';
const { values } = readBenchFlags(usageText, {
  options: {
    rounds: { type: 'string', default: '7' },
    operations: { type: 'string', default: '3200' },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const each = Math.ceil(Number(values.operations) / lanes);
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(each) || each < 1) endWith(usageText);

const ours = await startAlongside();
const { workstation } = ours;
if (!workstation) throw new Error('Alongside has a workstation.');
/** Measures one API call at the gateway and at the bare server, in turns. */
async function compare(id: 'hello' | 'patient', token: string) {
  const address = workstation![id];
  const bare = await startBareServer(address, token);
  const run = (target: { pid: number }, at?: string) => ({
    target,
    scenario: { prepare: (_: unknown, wide: number, long: number) => bare.prepare(wide, long, at) },
    all: [] as Measured[],
  });
  const runs = [run(ours, address), run(bare)];
  for (const { target, scenario } of runs) await measure(target, scenario, lanes, each * 2);
  for (let round = 0; round < rounds; round++)
    for (const { target, scenario, all } of round % 2 === 0 ? runs : [...runs].reverse())
      all.push(await measure(target, scenario, lanes, each));
  bare.stop();
  const [gateway, server] = runs.map(({ all }) => mediansOf(all)) as [Measured, Measured];
  return { id, gateway, bare: server, added: gateway.cpu - server.cpu };
}

try {
  const token = await combinedSignIn(ours);
  const report = [await compare('hello', token), await compare('patient', token)];
  const raw = `${JSON.stringify({ node: process.version, report })}\n`;
  if (values.out !== undefined) {
    mkdirSync(values.out, { recursive: true });
    writeFileSync(join(values.out, 'gateway.json'), raw);
  }
  if (values.json) process.stdout.write(raw);
  else
    for (const { id, gateway, bare, added } of report) {
      const line = ({ cpu, perSecond, p50, p99 }: Measured) =>
        `${cpu.toFixed(0).padStart(4)} µs of processor time a call, ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
      process.stdout.write(
        `${id}\n  gateway           ${line(gateway)}\n  bare HTTP server  ${line(bare)}\n  added             ${added.toFixed(0).padStart(4)} µs\n`,
      );
    }
} finally {
  await ours.stop();
}
