import { readFlags } from '@alongside/kernel/config';
import { UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { type Invocation, noMore, type Output, word } from '../command.ts';
import { onStop } from '../foreground.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { columns } from '../output.ts';
import { takeRepeated } from '../repeated.ts';
import { checks } from './checks.ts';
import { ProviderSide } from './provider.ts';
import { countsOf, show } from './report.ts';
import { runChecks } from './run.ts';
import { Trial } from './trial.ts';

const shape = {
  ...instanceFlags,
  person: z.string().optional().describe('Persona or uid who signs in; gp by default'),
  pin: z.string().optional().describe('PIN of the card'),
  signedIn: z.string().optional().describe('Text that only a signed-in page shows'),
  page: z.string().optional().describe('Address of a page that shows it'),
  signOut: z.string().optional().describe('Address that signs out'),
  patience: z.string().optional().describe('Seconds before keys are fetched again'),
  list: z.boolean().optional().describe('List the checks'),
};

function chosen(names: readonly string[]) {
  const unknown = names.find((name) => !checks.some((check) => check.name === name));
  if (unknown !== undefined)
    throw new UsageError(`There is no check "${unknown}"; alongside check --list names them.`);
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

function list(json: boolean, out: Output): number {
  const all = checks.map(({ name, does, expects, source }) => ({ name, does, expects, source }));
  if (json) out.json({ checks: all });
  else for (const line of columns(all.map(({ name, does }) => [name, does]))) out.line(line);
  return 0;
}

export async function runCheck({ argv, out }: Invocation): Promise<number> {
  const { values, rest } = takeRepeated(argv, ['only']);
  const { flags, words } = readFlags(shape, rest);
  const told = flags as { [K in keyof typeof shape]?: string };
  const json = flags.json === true;
  if (flags.list === true) return list(json, out);
  const url = address(
    word(words, 0, 'the address that starts a sign-in: alongside check http://localhost:3000/login'),
  );
  noMore(words, 1);
  const patience = milliseconds(told.patience ?? '35');
  const plan = chosen(values.only.flatMap((names) => names.split(',')));
  const page = told.page === undefined ? undefined : address(told.page);
  const signOut = told.signOut === undefined ? undefined : address(told.signOut);
  const stop = new AbortController();
  const { signal } = stop;
  const release = onStop(() => stop.abort());
  const who = { persona: told.person ?? 'gp', pin: told.pin ?? '123456', signal };
  const provider = new ProviderSide(new InstanceApi(told), who);
  try {
    await provider.demandDevelopment();
    const urls = await provider.urls();
    const before = await provider.cardInReader();
    try {
      const { cis2Issuer } = urls;
      const trial = new Trial({ provider, start: url, cis2Issuer, signal, patience, signOut });
      const results = await runChecks(trial, {
        chosen: plan,
        told: { signedIn: told.signedIn, page },
        apiOrigin: urls.api,
        signal,
        progress: out.note,
      });
      const counts = countsOf(results);
      const ok = counts.failed === 0 && !signal.aborted;
      if (json) out.json({ ok, url, counts, checks: results });
      else show(results, out);
      if (signal.aborted) out.note('Stopped; the faults are off.');
      return ok ? 0 : 1;
    } finally {
      await provider.leaveReader(before);
    }
  } finally {
    release();
  }
}
