import { writeFile } from 'node:fs/promises';
import { systemClock } from '@alongside/kernel/clock';
import { nearest, UsageError } from '@alongside/kernel/operator';
import type { Output, Result } from '../command.ts';
import { onStop } from '../foreground.ts';
import type { InstanceApi } from '../instance.ts';
import { columns } from '../table.ts';
import { checks } from './checks.ts';
import { htmlReport } from './html-report.ts';
import { ProviderSide } from './provider.ts';
import { countsOf, reportLines, runChecks } from './run.ts';
import { Trial } from './trial.ts';

interface CheckCall {
  api: InstanceApi;
  flags: Partial<Record<'person' | 'pin' | 'signedIn' | 'page' | 'signOut' | 'patience' | 'html', string>> & {
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
  if (!/^\d{1,3}$/.test(text)) throw new UsageError(`--patience takes seconds, not "${text}".`);
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

/** Runs the checks against the application at an address. */
export async function runCheck({ api, flags, lists, out }: CheckCall, word?: string): Promise<Result> {
  if (flags.list) return list();
  if (word === undefined)
    throw new UsageError(
      'Name the address that starts a sign-in: alongside check http://localhost:3000/login.',
    );
  const url = address(word);
  const patience = milliseconds(flags.patience ?? '35');
  const plan = chosen(lists.only.flatMap((names) => names.split(',')));
  const page = flags.page === undefined ? undefined : address(flags.page);
  const signOut = flags.signOut === undefined ? undefined : address(flags.signOut);
  const stop = new AbortController();
  const { signal } = stop;
  const release = onStop(() => stop.abort());
  const user = { persona: flags.person ?? 'gp', pin: flags.pin ?? '123456', signal };
  const provider = new ProviderSide(api, user);
  try {
    await provider.demandDevelopment();
    const urls = await provider.urls();
    const before = await provider.cardInReader();
    try {
      const { cis2Issuer } = urls;
      const trial = new Trial({ provider, start: url, cis2Issuer, api: urls.api, signal, patience, signOut });
      const results = await runChecks(trial, {
        chosen: plan,
        named: lists.only.length > 0,
        told: { signedIn: flags.signedIn, page },
        api: urls.api,
        signal,
        progress: out.note,
      });
      const counts = countsOf(results);
      const ok = counts.failed === 0 && !signal.aborted;
      if (signal.aborted) out.note('Stopped; the faults are off.');
      if (flags.html !== undefined) {
        await writeFile(flags.html, htmlReport(url, new Date(systemClock.now()), results));
        out.note(`The report is in ${flags.html}.`);
      }
      return { json: { ok, url, counts, checks: results }, lines: reportLines(results), code: ok ? 0 : 1 };
    } finally {
      await provider.leaveReader(before);
    }
  } finally {
    release();
  }
}
