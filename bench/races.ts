// Makes ten concurrent uses of each single-use value, over several processes of the API platform and of CIS2 on one database:
// `npm run bench:races [-- ROUNDS] [--database sqlite|postgres] [--json]`. Exit code 1 unless every round has exactly one winner.
// Ctrl-C reports the rounds so far.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentRecorder } from '@alongside/kernel/events';
import { newClientKey } from '../src/authorisation/testing/assertions.ts';
import { startPlatform } from '../src/authorisation/testing/platform.ts';
import { sql } from '../src/storage/database.ts';
import { startPostgres } from '../test/testing/postgres.ts';
import { unlimited } from './command.ts';
import { benchOptions, printReport } from './flags.ts';
import { startCis2Races } from './races/cis2-races.ts';
import { startProcesses } from './races/processes.ts';
import { type Race, racesOn, uses } from './races/races.ts';

const {
  ROUNDS: rounds,
  processes: count,
  lanes,
  ...options
} = benchOptions('bench:races', {
  ROUNDS: 100_000,
  database: ['postgres', 'sqlite'],
  processes: 4,
  lanes: 4,
});

interface Sum {
  rounds: number;
  oneWinner: number;
  noWinner: number;
  severalWinners: number;
}

/** Removes the recorded refusals, which are not needed and would fill the disk. */
const forgetEvery = 1_000;
const sayEvery = 5_000;

let interrupted = false;
process.on('SIGINT', () => {
  interrupted = true;
});

const folder = mkdtempSync(join(tmpdir(), 'alongside-races-'));
// The cluster is temporary, so it need not be durable; its isolation is unchanged.
const settings = [
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=256MB',
  'max_connections=300',
];
const postgres = options.database === 'postgres' ? await startPostgres({ settings, apart: true }) : undefined;
const create = async (name: string): Promise<string> =>
  postgres ? await postgres.create(name) : `sqlite:${join(folder, `${name}.db`)}`;
const database = await create('races');
const signer = await newClientKey('test-1');
const platform = await startPlatform({
  database,
  keys: [signer.jwk],
  more: { recorder: silentRecorder, networkLimits: unlimited },
});
const processes = await startProcesses(count, database, platform);
const cis2 = await startCis2Races(await create('cis2'), count);
const sums = new Map<string, Sum>();

let ended = 0;
const began = performance.now();
const secondsSince = (): number => (performance.now() - began) / 1_000;

const onPlatform = () => racesOn({ platform, processes, signer });
const kinds = onPlatform().length + cis2.races.length;

/** Lanes share a number of rounds. Each has its own races, because the refresh race is a chain of rotations. */
function lanesOf(count: number, racesOfLane: () => readonly Race[]): Promise<void>[] {
  let taken = 0;
  return Array.from({ length: count }, async () => {
    const races = racesOfLane();
    const most = Math.round((rounds * races.length) / kinds);
    while (taken < most && !interrupted) {
      const round = taken++;
      const race = races[round % races.length];
      if (race) await runOne(race, Math.floor(round / races.length));
    }
  });
}

async function runOne(race: Race, round: number): Promise<void> {
  const winners = await race.run(round);
  const sum = sums.get(race.name) ?? { rounds: 0, oneWinner: 0, noWinner: 0, severalWinners: 0 };
  sums.set(race.name, sum);
  sum.rounds += 1;
  if (winners.length === 1) sum.oneWinner += 1;
  else if (winners.length === 0) sum.noWinner += 1;
  else sum.severalWinners += 1;
  ended += 1;
  if (ended % forgetEvery === 0) await platform.database.run(sql('DELETE FROM refusal'));
}

function say(): void {
  const rate = ended / secondsSince();
  const left = Math.ceil((rounds - ended) / rate);
  process.stderr.write(
    `${ended} of ${rounds} rounds, ${rate.toFixed(0)} a second, about ${Math.floor(left / 60)} min ${left % 60} s to go\n`,
  );
}

const saying = setInterval(say, sayEvery);
await Promise.all([...lanesOf(lanes, onPlatform), ...lanesOf(1, () => cis2.races)]);
clearInterval(saying);

const seconds = secondsSince();
await processes.stop();
await platform.close();
await cis2.stop();
await postgres?.stop();
rmSync(folder, { recursive: true, force: true });

const all = [...sums.values()];
const total = (of: (sum: Sum) => number): number => all.reduce((before, sum) => before + of(sum), 0);
const failed = total(({ noWinner, severalWinners }) => noWinner + severalWinners);
const report = {
  rounds: total((sum) => sum.rounds),
  of: rounds,
  usesEach: uses,
  processes: count,
  lanes,
  database: options.database,
  seconds: Math.round(seconds * 10) / 10,
  severalWinners: total((sum) => sum.severalWinners),
  noWinner: total((sum) => sum.noWinner),
  races: Object.fromEntries(sums),
};
printReport(options.json, report, [
  `${report.rounds} of ${rounds} rounds of ${uses} uses at once, ${count} processes on ${report.database}, ${report.seconds} s`,
  ...[...sums].map(
    ([name, sum]) =>
      `${name.padEnd(18)} ${sum.rounds} rounds: ${sum.oneWinner} with one winner, ${sum.severalWinners} with several, ${sum.noWinner} with none`,
  ),
]);
process.exitCode = failed === 0 ? 0 : 1;
