// What one operation costs, beside oidc-provider and beside the bare cryptography, in the same run:
// `npm run bench:peers [-- --rounds 5] [--operations 480] [--json]`. Reports medians; never fails on a figure.
import { parseArgs } from 'node:util';
import { startAlongside } from './peers/alongside.ts';
import { lanes } from './peers/call.ts';
import { gate } from './peers/gate.ts';
import { limits } from './peers/limit.ts';
import { measure } from './peers/measure.ts';
import { startOidcProvider } from './peers/oidc-provider.ts';
import { scenarios } from './peers/scenarios.ts';
import { median, usage } from './usage.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    operations: { type: 'string', default: '480' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const each = Math.ceil(Number(values.operations) / lanes);
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(each) || each < 1) {
  process.stderr.write(
    'Usage: npm run bench:peers -- [--rounds 5] [--operations 480] [--only ID] [--json]\n',
  );
  process.exit(2);
}
const say = (text: string): unknown => process.stderr.write(`${text}\n`);

say('starting both servers');
const targets = [await startAlongside(), await startOidcProvider()] as const;
const [ours, peer] = targets;
try {
  for (const target of targets) await gate(target);
  say('both do what a server must');
  const least = limits();
  const report = [];
  for (const scenario of scenarios.filter(({ id }) => values.only === undefined || id === values.only)) {
    const turns = each * (scenario.times ?? 1);
    for (const target of targets) await measure(target, scenario, lanes, turns * 2);
    const results = { ours: [] as Measured[], peer: [] as Measured[] };
    for (let round = 0; round < rounds; round++)
      for (const name of round % 2 === 0 ? (['ours', 'peer'] as const) : (['peer', 'ours'] as const))
        results[name].push(await measure(name === 'ours' ? ours : peer, scenario, lanes, turns));
    const of = (name: 'ours' | 'peer', member: keyof Measured): number =>
      median(results[name].map((one) => one[member]));
    const ratios = results.ours.map((one, n) => (results.peer[n]?.cpu ?? 0) / one.cpu);
    const limit = least[scenario.id];
    report.push({
      id: scenario.id,
      about: scenario.about,
      cpuOurs: of('ours', 'cpu'),
      cpuPeer: of('peer', 'cpu'),
      cheaper: median(ratios),
      ofLimit: limit === undefined ? null : of('ours', 'cpu') / limit,
      perSecond: of('ours', 'perSecond'),
      perSecondPeer: of('peer', 'perSecond'),
      p50: of('ours', 'p50'),
      p99: of('ours', 'p99'),
    });
    say(`${scenario.about}: measured`);
  }
  const memory = { ours: usage(ours.pid).rss, peer: usage(peer.pid).rss };
  if (values.json) process.stdout.write(`${JSON.stringify({ node: process.version, memory, report })}\n`);
  else {
    process.stdout.write(
      `Node ${process.version}, ${rounds} rounds of ${each * lanes}, ${lanes} at once; processor time in µs for one operation\n`,
    );
    for (const row of report)
      process.stdout.write(
        `${row.about.padEnd(38)} ${row.cpuOurs.toFixed(0).padStart(6)} (oidc-provider ${row.cpuPeer.toFixed(0)}, ${row.cheaper.toFixed(2)}x)` +
          `${row.ofLimit === null ? '' : `, ${row.ofLimit.toFixed(1)}x the cryptography`}, ${row.perSecond.toFixed(0)}/s (${row.perSecondPeer.toFixed(0)}/s), p50 ${row.p50.toFixed(1)} ms, p99 ${row.p99.toFixed(1)} ms\n`,
      );
    process.stdout.write(
      `resident afterwards: ${memory.ours.toFixed(0)} MiB (all services), oidc-provider ${memory.peer.toFixed(0)} MiB\n`,
    );
  }
} finally {
  for (const target of targets) await target.stop();
}

type Measured = Awaited<ReturnType<typeof measure>>;
