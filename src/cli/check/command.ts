import { access, constants, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemClock } from '@alongside/kernel/clock';
import { nearest, OperatorError, UsageError } from '@alongside/kernel/operator';
import type { Output, Result } from '../command.ts';
import { onStop } from '../foreground.ts';
import type { InstanceApi } from '../instance.ts';
import { fileProblem } from '../json-file.ts';
import { columns } from '../table.ts';
import { checks } from './checks.ts';
import { compareEvidence, evidenceOf, readEvidence } from './evidence.ts';
import { evidencePage } from './evidence-page.ts';
import { htmlReport } from './html-report.ts';
import { ProviderSide } from './provider.ts';
import { countsOf, reportLines, runChecks } from './run.ts';
import { Trial } from './trial.ts';

interface CheckCall {
  api: InstanceApi;
  flags: Partial<
    Record<
      | 'person'
      | 'pin'
      | 'signedIn'
      | 'page'
      | 'signOut'
      | 'sign'
      | 'signed'
      | 'keyCache'
      | 'html'
      | 'evidence'
      | 'compare',
      string
    >
  > & {
    list?: boolean;
  };
  lists: { only: string[] };
  out: Output;
}

function chosen(names: readonly string[]) {
  const unknown = names.find((name) => !checks.some((check) => check.name === name));
  if (unknown !== undefined)
    throw new UsageError(
      `There is no check "${unknown}".${nearest(
        unknown,
        checks.map(({ name }) => name),
      )} alongside check --list names them.`,
    );
  return names.length === 0 ? checks : checks.filter(({ name }) => names.includes(name));
}

function milliseconds(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new UsageError(`--key-cache takes seconds, not "${text}".`);
  return Number(text) * 1000;
}

function address(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new UsageError(`"${text}" is no http or https address.`);
  return new URL(text).href;
}

function list(): Result {
  const all = checks.map(({ name, does, expects, source }) => ({ name, does, expects, source }));
  return { json: { checks: all }, lines: columns(all.map(({ name, does }) => [name, does])) };
}

/** Returns the files of evidence: the named one, and its neighbour in the other format. */
function evidenceFiles(name: string): Record<'json' | 'html', string> {
  const base = name.replace(/\.(?:json|html?)$/i, '');
  return { json: `${base}.json`, html: `${base}.html` };
}

/** A run takes a minute, so a file that cannot be written is refused before it. */
async function requireFolderOf(file: string): Promise<void> {
  await access(dirname(file), constants.W_OK).catch((error: unknown) => refuseFile(file, error));
}

const writeReport = (file: string, text: string): Promise<void> =>
  writeFile(file, text).catch((error: unknown) => refuseFile(file, error));

function refuseFile(file: string, error: unknown): never {
  throw new OperatorError(`${file} cannot be written: ${fileProblem(error)}.`);
}

/** Compares the evidence of two runs. The exit code is 1 if something is worse. */
function compareRuns(before: string, after: string): Result {
  const [older, newer] = [readEvidence(before), readEvidence(after)];
  const { application } = older;
  const differences = compareEvidence(older, newer);
  const isOther =
    application.url !== newer.application.url || application.pattern !== newer.application.pattern;
  const ok = !differences.some(({ isWorse }) => isWorse);
  return {
    json: { ok, differences },
    lines: columns(
      differences.map(({ kind, name, before: was, after: is, isWorse }) => [
        isWorse ? 'WORSE' : 'better',
        kind,
        name,
        `${was ?? 'not in the run'} → ${is ?? 'not in the run'}`,
      ]),
    ),
    notes: [
      ...(isOther ? ['The runs are of different applications or patterns.'] : []),
      ...(differences.length === 0 ? ['Both runs have the same outcomes.'] : []),
    ],
    code: ok ? 0 : 1,
  };
}

/** Reads the words and flags of a run. @throws UsageError, OperatorError */
async function readPlan({ flags, lists }: CheckCall, word: string | undefined) {
  if (word === undefined)
    throw new UsageError(
      'Name the address that starts a sign-in: alongside check http://localhost:3000/login.',
    );
  const start = address(word);
  const keyCache = milliseconds(flags.keyCache ?? '35');
  for (const file of [flags.html, flags.evidence]) if (file !== undefined) await requireFolderOf(file);
  const plan = chosen(lists.only.flatMap((names) => names.split(',')));
  const [page, signOut, sign] = [flags.page, flags.signOut, flags.sign].map((given) =>
    given === undefined ? undefined : address(given),
  );
  if (flags.signed !== undefined && sign === undefined)
    throw new UsageError('Name with --sign the address that starts a signature, or leave out --signed.');
  if (flags.signed?.trim() === '') throw new UsageError('The text of --signed is empty.');
  return {
    addresses: { start, keyCache, signOut, sign, signed: flags.signed },
    checks: { chosen: plan, named: lists.only.length > 0, told: { signedIn: flags.signedIn, page } },
  };
}

/** Writes the report and the evidence of a run, where flags name files for them. */
async function writeFiles(
  { flags, out }: CheckCall,
  trial: Trial,
  { start, now }: { start: string; now: string },
  results: Awaited<ReturnType<typeof runChecks>>,
  provider: ProviderSide,
): Promise<void> {
  if (flags.html !== undefined) {
    await writeReport(flags.html, htmlReport(start, new Date(systemClock.now()), results));
    out.note(`The report is in ${flags.html}.`);
  }
  if (flags.evidence === undefined) return;
  const files = evidenceFiles(flags.evidence);
  const evidence = evidenceOf(start, now, trial.ifKnown, results, await provider.origins());
  await writeReport(files.json, `${JSON.stringify(evidence, undefined, 2)}\n`);
  await writeReport(files.html, evidencePage(evidence));
  out.note(`The evidence is in ${files.json} and ${files.html}.`);
}

/** Runs the checks against the application at an address. */
export async function runCheck(call: CheckCall, word?: string): Promise<Result> {
  const { api, flags, out } = call;
  if (flags.list) return list();
  if (flags.compare !== undefined) {
    if (word === undefined)
      throw new UsageError('Name both files: alongside check --compare before.json after.json.');
    return compareRuns(flags.compare, word);
  }
  const { addresses, checks } = await readPlan(call, word);
  const { start } = addresses;
  const stop = new AbortController();
  const { signal } = stop;
  const release = onStop(() => stop.abort());
  const user = { persona: flags.person ?? 'gp', pin: flags.pin ?? '123456', signal };
  const provider = new ProviderSide(api, user);
  try {
    await provider.demandDevelopment();
    const { urls, clock } = await provider.state();
    const before = await provider.cardInReader();
    try {
      const { cis2Issuer } = urls;
      const trial = new Trial({ ...addresses, provider, cis2Issuer, api: urls.api, signal });
      const results = await runChecks(trial, { ...checks, api: urls.api, signal, progress: out.note });
      const counts = countsOf(results);
      const ok = counts.failed === 0 && !signal.aborted;
      if (signal.aborted) out.note('Stopped; the faults are off.');
      await writeFiles(call, trial, { start, now: clock.now }, results, provider);
      const shown = results.map(({ exchanges: _, calls: __, ...result }) => result);
      return {
        json: { ok, url: start, counts, checks: shown },
        lines: reportLines(results),
        code: ok ? 0 : 1,
      };
    } finally {
      await provider.leaveReader(before);
    }
  } finally {
    release();
  }
}
