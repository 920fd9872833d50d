// Measures the cost of an operation, compared with oidc-provider (in memory, and durable) and the cryptography alone in the same run:
// `npm run bench:peers [-- --rounds 5] [--operations 480] [--json]`. Reports medians; never fails on a figure.
import { endWith, readBenchFlags } from './flags.ts';
import { startAlongside } from './peers/alongside.ts';
import { lanes } from './peers/call.ts';
import { gate } from './peers/gate.ts';
import { limits } from './peers/limit.ts';
import { measure } from './peers/measure.ts';
import { startOidcProvider } from './peers/oidc-provider.ts';
import { scenarios } from './peers/scenarios.ts';
import type { Target } from './peers/target.ts';
import { median, usage } from './usage.ts';

const usageText = 'bench:peers -- [--rounds 5] [--operations 480] [--only ID] [--json]';
const { values } = readBenchFlags(usageText, {
  options: {
    rounds: { type: 'string', default: '5' },
    operations: { type: 'string', default: '480' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const each = Math.ceil(Number(values.operations) / lanes);
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(each) || each < 1) endWith(usageText);
const say = (text: string): unknown => process.stderr.write(`${text}\n`);

say('starting the servers');
const ours = await startAlongside();
const peers = [await startOidcProvider(), await startOidcProvider({ durable: true })] as const;
const targets = [ours, ...peers];
try {
  for (const target of targets) await gate(target);
  say('all do what a server must');
  const least = limits();
  const report = [];
  for (const scenario of scenarios.filter(({ id }) => values.only === undefined || id === values.only)) {
    const turns = each * (scenario.times ?? 1);
    for (const target of targets) await measure(target, scenario, lanes, turns * 2);
    const results = new Map<Target, Measured[]>(targets.map((target) => [target, []]));
    for (let round = 0; round < rounds; round++)
      for (const target of round % 2 === 0 ? targets : [...targets].reverse())
        results.get(target)?.push(await measure(target, scenario, lanes, turns));
    const of = (target: Target, member: keyof Measured): number =>
      median((results.get(target) ?? []).map((one) => one[member]));
    const limit = least[scenario.id];
    report.push({
      id: scenario.id,
      about: scenario.about,
      cpu: of(ours, 'cpu'),
      peers: peers.map((peer) => ({
        name: peer.name,
        cpu: of(peer, 'cpu'),
        cheaper: median(
          (results.get(ours) ?? []).map(({ cpu }, n) => (results.get(peer)?.[n]?.cpu ?? 0) / cpu),
        ),
        perSecond: of(peer, 'perSecond'),
      })),
      ofLimit: limit === undefined ? null : of(ours, 'cpu') / limit,
      perSecond: of(ours, 'perSecond'),
      p50: of(ours, 'p50'),
      p99: of(ours, 'p99'),
    });
    say(`${scenario.about}: measured`);
  }
  const memory = targets.map(({ name, pid }) => ({ name, rss: usage(pid).rss }));
  if (values.json) process.stdout.write(`${JSON.stringify({ node: process.version, memory, report })}\n`);
  else {
    process.stdout.write(
      `Node ${process.version}, ${rounds} rounds of ${each * lanes}, ${lanes} at once; processor time in µs for one operation\n`,
    );
    for (const row of report) {
      process.stdout.write(
        `${row.about.padEnd(38)} ${row.cpu.toFixed(0).padStart(6)}` +
          `${row.ofLimit === null ? '' : `, ${row.ofLimit.toFixed(1)}x the cryptography`}, ${row.perSecond.toFixed(0)}/s, p50 ${row.p50.toFixed(1)} ms, p99 ${row.p99.toFixed(1)} ms\n`,
      );
      for (const { name, cpu, cheaper, perSecond } of row.peers)
        process.stdout.write(
          `  ${name.padEnd(36)} ${cpu.toFixed(0).padStart(6)}, ${cheaper.toFixed(2)}x ours, ${perSecond.toFixed(0)}/s\n`,
        );
    }
    process.stdout.write(
      `resident afterwards: ${memory.map(({ name, rss }) => `${name} ${rss.toFixed(0)} MiB`).join(', ')}\n`,
    );
  }
} finally {
  for (const target of targets) await target.stop();
}

type Measured = Awaited<ReturnType<typeof measure>>;
