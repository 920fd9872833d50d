import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Statement } from '../../storage/database.ts';
import type { Caller } from '../endpoint.ts';
import { errors } from '../errors.ts';
import type { ImportAnswer, ImportProgress } from '../protocol.ts';
import type { ImportProblem } from './csv.ts';
import { ImportedFile, type ImportPlan, type ImportSums, importAnswer, planImport } from './import.ts';
import { batchesOf, ExchangingPeople, readPerson } from './import-parts.ts';
import type { ImportSpool } from './import-spool.ts';
import type { DirectoryServices } from './people.ts';
import { maxProblems, type ReceivedFile } from './received-file.ts';

/** A received file, and who imports it. */
export interface ImportRun {
  cis: DirectoryServices;
  request: HttpRequest;
  caller: Caller;
  dryRun: boolean;
  spool: ImportSpool;
  file: ReceivedFile;
}

/** Number of times that a batch is planned because its people change meanwhile. */
const maxPlans = 10;

interface CheckedFile {
  sums: ImportSums;
  problems: ImportProblem[];
  /** Uids of the people to write, in the order of the file. */
  toWrite: string[];
  exchanging: ExchangingPeople;
  facts: ImportedFile;
}

type Batch = readonly string[];

/** Returns the plan of a batch. The errors of its lines are problems of the plan. */
async function planBatch(run: ImportRun, batch: Batch, facts: ImportedFile): Promise<ImportPlan> {
  const read = batch.map((uid) => readPerson(run, uid));
  const plan = await planImport(
    read.map(({ person }) => person),
    run.cis.directory,
    facts,
  );
  plan.problems.push(...read.flatMap(({ problems }) => problems));
  return plan;
}

/** Plans all people of a file in batches, each in its own turn of the event loop. */
async function* checkFile(run: ImportRun): AsyncGenerator<ImportProgress, CheckedFile> {
  const { people, problems } = run.file;
  const sums = { added: 0, changed: 0, unchanged: 0 };
  const toWrite: string[] = [];
  const exchanging = new ExchangingPeople();
  const facts = new ImportedFile(people);
  let done = 0;
  for (const batch of batchesOf(run, people.keys())) {
    const plan = await planBatch(run, batch, facts);
    sums.added += plan.added.length;
    sums.changed += plan.changed.length;
    sums.unchanged += plan.unchanged.length;
    toWrite.push(...batch.filter((uid) => !plan.unchanged.includes(uid)));
    exchanging.add(plan.moves);
    problems.push(...plan.problems.slice(0, maxProblems - problems.length));
    done += batch.length;
    yield { phase: 'checking', done, total: people.size };
    if (problems.length >= maxProblems) break;
    await nextTurn();
  }
  return { sums, problems, toWrite, exchanging, facts };
}

const recordStatement = (
  { cis, caller }: ImportRun,
  action: 'directory.import-started' | 'directory.imported',
  { added, changed }: ImportSums,
): Statement =>
  cis.audit.recordStatement({ actor: caller, action, target: '', outcome: 'ok', detail: { added, changed } });

/**
 * Writes a batch in one transaction. Plans it again if one of its people has changed since.
 * @param others returns statements of the same transaction
 */
async function writeBatch(
  run: ImportRun,
  batch: Batch,
  facts: ImportedFile,
  others: (plan: ImportPlan) => Statement[],
): Promise<ImportPlan> {
  const { cis, request } = run;
  for (let plans = 0; plans < maxPlans; plans++) {
    const plan = await planBatch(run, batch, facts);
    const [problem] = plan.problems;
    if (problem) throw errors.importStopped(`line ${problem.line}: ${problem.field} ${problem.problem}`);
    const consequences = [
      ...plan.added.flatMap((person) => cis.personChangeStatements(request, undefined, person)),
      ...plan.changed.flatMap(({ before, person }) => cis.personChangeStatements(request, before, person)),
    ];
    if (!(await cis.directory.import(plan.added, plan.changed, [...consequences, ...others(plan)]))) continue;
    for (const { person } of plan.changed) await cis.changed(person.uid, person);
    return plan;
  }
  throw errors.importStopped('other changes of the same people do not end');
}

/**
 * Imports a received file: validates all of it, then writes it. A small one is one transaction. Each step is short and has its own
 * turn of the event loop; what was written stays when the caller stops between two.
 */
export async function* runImport(run: ImportRun): AsyncGenerator<ImportProgress, ImportAnswer> {
  const { problems, sums: planned, toWrite, exchanging, facts } = yield* checkFile(run);
  if (problems.length > 0 || run.dryRun) return importAnswer(planned, problems, run.dryRun);
  const { activities } = run.file;
  const replaced = activities ? [run.cis.activities.replaceStatement(activities)] : [];
  const together = (uid: string) => exchanging.takeWith(uid);
  let written: ImportSums = { added: 0, changed: 0, unchanged: planned.unchanged };
  let done = 0;
  // The first transaction says what is going to be written, and the last what was.
  for (const batch of toWrite.length > 0 ? batchesOf(run, toWrite, together) : [[]]) {
    const before = written;
    const sumsWith = ({ added, changed, unchanged }: ImportPlan) => ({
      added: before.added + added.length,
      changed: before.changed + changed.length,
      unchanged: before.unchanged + unchanged.length,
    });
    const isFirst = done === 0;
    done += batch.length;
    const isLast = done >= toWrite.length;
    const plan = await writeBatch(run, batch, facts, (plan) => [
      ...(isFirst ? replaced : []),
      ...(isFirst && !isLast ? [recordStatement(run, 'directory.import-started', planned)] : []),
      ...(isLast ? [recordStatement(run, 'directory.imported', sumsWith(plan))] : []),
    ]);
    written = sumsWith(plan);
    yield { phase: 'writing', done, total: toWrite.length };
    await nextTurn();
  }
  return importAnswer(written, [], false);
}
