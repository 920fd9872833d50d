// Ten uses at once of one code, one refresh token, one jti and one request_uri, over four processes on PostgreSQL:
// `npm run bench:races [-- ROUNDS] [--json]`. One winner in every round, or the exit code is 1. Ctrl-C reports what was run.
import { silentRecorder } from '@alongside/kernel/events';
import { newClientKey } from '../src/authorisation/testing/assertions.ts';
import { startPlatform } from '../src/authorisation/testing/platform.ts';
import { sql } from '../src/storage/database.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { endWith, readBenchFlags } from './flags.ts';
import { startProcesses } from './races/processes.ts';
import { racesOn, uses } from './races/races.ts';
import { unlimited } from './unlimited.ts';

const usageText = 'bench:races -- [ROUNDS] [--json] [--processes 4] [--lanes 4]';
const { values, positionals } = readBenchFlags(usageText, {
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    processes: { type: 'string', default: '4' },
    lanes: { type: 'string', default: '4' },
  },
});
const rounds = Number(positionals[0] ?? 100_000);
const count = Number(values.processes);
const lanes = Number(values.lanes);
if ([rounds, count, lanes].some((number) => !Number.isInteger(number) || number < 1)) endWith(usageText);

interface Sum {
  rounds: number;
  oneWinner: number;
  noWinner: number;
  severalWinners: number;
}

/** Reasons of refusals are not looked at again, and would fill the disk. */
const forgetEvery = 1_000;
const sayEvery = 5_000;

let interrupted = false;
process.on('SIGINT', () => {
  interrupted = true;
});

// The cluster is thrown away, so that it need not survive anything; what it isolates is as ever.
const settings = ['synchronous_commit=off', 'full_page_writes=off', 'shared_buffers=256MB'];
const postgres = await startPostgres({ settings, apart: true });
const database = await postgres.create('races');
const signer = await newClientKey('test-1');
const platform = await startPlatform({
  database,
  keys: [signer.jwk],
  more: { recorder: silentRecorder, networkLimits: unlimited },
});
const processes = await startProcesses(count, database, platform);
const sums = new Map<string, Sum>();

let begun = 0;
let ended = 0;
const began = performance.now();
const secondsSince = (): number => (performance.now() - began) / 1_000;

/** One after another until there are enough; several lanes run at once, so that no process waits for a round's end. */
async function runLane(): Promise<void> {
  const races = racesOn({ platform, processes, signer });
  while (begun < rounds && !interrupted) {
    const round = begun++;
    const race = races[round % races.length];
    if (!race) return;
    const winners = await race.run(Math.floor(round / races.length));
    const sum = sums.get(race.name) ?? { rounds: 0, oneWinner: 0, noWinner: 0, severalWinners: 0 };
    sums.set(race.name, sum);
    sum.rounds += 1;
    if (winners.length === 1) sum.oneWinner += 1;
    else if (winners.length === 0) sum.noWinner += 1;
    else sum.severalWinners += 1;
    ended += 1;
    if (ended % forgetEvery === 0) await platform.database.run(sql('TRUNCATE refused'));
  }
}

function say(): void {
  const rate = ended / secondsSince();
  const left = Math.ceil((rounds - ended) / rate);
  process.stderr.write(
    `${ended} of ${rounds} rounds, ${rate.toFixed(0)} a second, about ${Math.floor(left / 60)} min ${left % 60} s to go\n`,
  );
}

const saying = setInterval(say, sayEvery);
await Promise.all(Array.from({ length: lanes }, runLane));
clearInterval(saying);

const seconds = secondsSince();
await processes.stop();
await platform.close();
await postgres.stop();

const all = [...sums.values()];
const total = (of: (sum: Sum) => number): number => all.reduce((before, sum) => before + of(sum), 0);
const failed = total(({ noWinner, severalWinners }) => noWinner + severalWinners);
const report = {
  rounds: total((sum) => sum.rounds),
  of: rounds,
  usesEach: uses,
  processes: count,
  lanes,
  database: 'postgres',
  seconds: Math.round(seconds * 10) / 10,
  severalWinners: total((sum) => sum.severalWinners),
  noWinner: total((sum) => sum.noWinner),
  races: Object.fromEntries(sums),
};
if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
else {
  process.stdout.write(
    `${report.rounds} of ${rounds} rounds of ${uses} uses at once, ${count} processes on PostgreSQL, ${report.seconds} s\n`,
  );
  for (const [name, sum] of sums)
    process.stdout.write(
      `${name.padEnd(14)} ${sum.rounds} rounds: ${sum.oneWinner} with one winner, ${sum.severalWinners} with several, ${sum.noWinner} with none\n`,
    );
}
process.exitCode = failed === 0 ? 0 : 1;
