import { readFlags } from '@alongside/kernel/config';
import { UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { checks } from '../check/checks.ts';
import { ProviderSide } from '../check/provider.ts';
import { countsOf, show } from '../check/report.ts';
import { runChecks } from '../check/run.ts';
import { Trial } from '../check/trial.ts';
import { type Command, noMore, type Output, word } from '../command.ts';
import { onStop } from '../foreground.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { columns } from '../output.ts';
import { takeRepeated } from '../repeated.ts';

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

export const check: Command = {
  name: 'check',
  summary: "run the relying-party checks against a supplier's application",
  help: [
    'alongside check URL    URL starts a sign-in of the application, which is registered at the running instance',
    '',
    '  --person P           who signs in, by persona or uid (gp); --pin PIN (123456)',
    '  --signed-in TEXT     a text that only a signed-in page shows (by default uid or family name of the person)',
    '  --page URL           a page that shows it (by default the one where a sign-in ends)',
    '  --sign-out URL       an address that signs out (by default the link or form of the signed-in page that says so)',
    '  --only NAME          this check; several with commas between, or each with --only',
    '  --patience SECONDS   for so long an application may go on with the keys of CIS2 that it has (35)',
    '  --list               every check, and what it does',
    '',
    'Example: alongside check http://localhost:3000/login --signed-in "Sign out"',
    '',
    'It plays the browser of a person whose card is in the reader, and the faults of CIS2: wrong tokens, answers of another',
    'browser, ended sessions. It follows redirects and forms that send themselves; it runs no scripts of the application.',
    'Meanwhile the instance is faulty for everybody, its signing key changes, and the reader holds the card of the person.',
    'Exit code 0: nothing failed; 1: something did. With --json: {"ok", "url", "counts", "checks": [{"name", "outcome", "did",',
    '"expected", "got", "source"}]}, where "outcome" is passed, failed, warning or notRun. Development only.',
  ],
  async run({ argv, out }) {
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
  },
};
