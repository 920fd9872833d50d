// Ten uses at once of one code, one refresh token, one jti and one request_uri, over four processes on PostgreSQL:
// `npm run bench:races [-- ROUNDS] [--json]`. One winner in every round, or the exit code is 1.
import { parseArgs } from 'node:util';
import { newClientKey } from '../src/authorisation/testing/assertions.ts';
import { startPlatform } from '../src/authorisation/testing/platform.ts';
import { sql } from '../src/storage/database.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { startProcesses } from './races/processes.ts';
import { racesOn, uses } from './races/races.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, processes: { type: 'string', default: '4' } },
});
const rounds = Number(positionals[0] ?? 100_000);
const count = Number(values.processes);
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(count) || count < 1) {
  process.stderr.write('Usage: npm run bench:races -- [ROUNDS] [--json] [--processes 4]\n');
  process.exit(2);
}

interface Sum {
  rounds: number;
  oneWinner: number;
  noWinner: number;
  severalWinners: number;
}

/** What happened is not looked at again, and would fill the disk. */
const forgotten = ['refused', 'event', 'journey_link'];
const forgetEvery = 1_000;

const postgres = await startPostgres();
const database = await postgres.create('races');
const signer = await newClientKey('test-1');
const platform = await startPlatform({ database, keys: [signer.jwk] });
const processes = await startProcesses(count, database, platform);
const races = racesOn({ platform, processes, signer });
const sums = new Map<string, Sum>(
  races.map(({ name }) => [name, { rounds: 0, oneWinner: 0, noWinner: 0, severalWinners: 0 }]),
);

const began = performance.now();
const secondsSince = (): number => (performance.now() - began) / 1_000;
let said = 0;
let interrupted = false;
process.once('SIGINT', () => {
  interrupted = true;
});

for (let round = 0; round < rounds && !interrupted; round++) {
  const race = races[round % races.length];
  const sum = race && sums.get(race.name);
  if (!race || !sum) break;
  const winners = await race.run(Math.floor(round / races.length));
  sum.rounds += 1;
  if (winners.length === 1) sum.oneWinner += 1;
  else if (winners.length === 0) sum.noWinner += 1;
  else sum.severalWinners += 1;
  if (round % forgetEvery === forgetEvery - 1)
    for (const table of forgotten) await platform.database.run(sql(`DELETE FROM ${table}`));
  if (secondsSince() - said < 5) continue;
  said = secondsSince();
  const rate = (round + 1) / said;
  process.stderr.write(
    `${round + 1} of ${rounds} rounds, ${rate.toFixed(0)} a second, about ${Math.ceil((rounds - round) / rate)} s to go\n`,
  );
}

const seconds = secondsSince();
await processes.stop();
await platform.close();
await postgres.stop();

const all = [...sums.values()];
const total = (of: (sum: Sum) => number): number => all.reduce((before, sum) => before + of(sum), 0);
const failed = total(({ noWinner, severalWinners }) => noWinner + severalWinners);
const report = {
  rounds: total((sum) => sum.rounds),
  usesEach: uses,
  processes: count,
  database: 'postgres',
  seconds: Math.round(seconds * 10) / 10,
  severalWinners: total((sum) => sum.severalWinners),
  noWinner: total((sum) => sum.noWinner),
  races: Object.fromEntries(sums),
};
if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
else {
  process.stdout.write(
    `${report.rounds} rounds of ${uses} uses at once, ${count} processes on PostgreSQL, ${report.seconds} s\n`,
  );
  for (const [name, sum] of sums)
    process.stdout.write(
      `${name.padEnd(14)} ${sum.rounds} rounds: ${sum.oneWinner} with one winner, ${sum.severalWinners} with several, ${sum.noWinner} with none\n`,
    );
}
process.exitCode = failed === 0 ? 0 : 1;
