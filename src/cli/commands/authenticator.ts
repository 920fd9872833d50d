import { readFlags } from '@alongside/kernel/config';
import { OperatorError } from '@alongside/kernel/operator';
import { z } from 'zod';
import type { AuthenticatorsAnswer, EnrolmentAnswer } from '../../cis2/protocol.ts';
import { type Command, choose, noMore, type Output, word } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { columns } from '../output.ts';

interface Call {
  api: InstanceApi;
  flags: { officer?: string };
  words: string[];
  json: boolean;
  out: Output;
}

const of = (name: string, rest: string): string => `/people/${encodeURIComponent(name)}/${rest}`;
const nobody = (name: string): string => `There is no person "${name}": give a persona or a uid.`;

async function list({ api, words, json, out }: Call): Promise<void> {
  const name = word(words, 1, 'whose: alongside authenticator list gp');
  noMore(words, 2);
  const found = await api.mustFind<AuthenticatorsAnswer>(nobody(name), 'GET', of(name, 'authenticators'));
  if (json) return out.json(found);
  if (found.authenticators.length === 0) out.note('None besides a smartcard.');
  const rows = found.authenticators.map(({ id, kind, label, level, usedAt }) => [
    ...[kind, `AAL${level}`, label, id],
    usedAt === null ? 'never used' : `used ${usedAt}`,
  ]);
  for (const line of columns(rows)) out.line(line);
  if (found.authenticators.some(({ development }) => development))
    out.note('Their secrets of development: with --json.');
}

/** Prints the current code of an authenticator app, by the instance's clock. */
async function code({ api, words, json, out }: Call): Promise<void> {
  const name = word(words, 1, 'whose: alongside authenticator code gp-aal2');
  noMore(words, 2);
  const found = await api.mustFind<AuthenticatorsAnswer>(nobody(name), 'GET', of(name, 'authenticators'));
  const app = found.authenticators.find(({ kind, development }) => kind === 'totp' && development?.secret);
  if (!app?.development)
    throw new OperatorError(`${name} has no authenticator app with a key that this instance shows.`);
  const { now } = await api.must<{ now: string }>('GET', '/clock');
  // Loaded here, because other commands do not need it.
  const { TOTP } = await import('otpauth');
  const shown = new TOTP({ secret: String(app.development.secret) }).generate({ timestamp: Date.parse(now) });
  const { email, password } = app.development;
  if (json) return out.json({ code: shown, email, password });
  for (const line of columns([
    ['e-mail', String(email)],
    ['password', password === undefined ? '(changed)' : String(password)],
    ['code', shown],
  ]))
    out.line(line);
}

async function enrol({ api, flags, words, json, out }: Call): Promise<void> {
  const name = word(words, 1, 'whom and what: alongside authenticator enrol gp passkey');
  const kind = word(words, 2, 'what: security-key, windows-hello, passkey, totp, password or tablet');
  noMore(words, 3);
  const body = { kind, ...(flags.officer === undefined ? {} : { officer: flags.officer }) };
  const made = await api.mustFind<EnrolmentAnswer>(nobody(name), 'POST', of(name, 'enrolments'), body);
  if (json) return out.json(made);
  out.line(made.url);
  out.note(`Valid once, until ${made.expiresAt}. Opening it enrols an authenticator for ${name}.`);
}

async function remove({ api, words, json, out }: Call): Promise<void> {
  const name = word(words, 1, 'whose: alongside authenticator remove gp ID');
  const id = word(words, 2, 'which: alongside authenticator list names them');
  noMore(words, 3);
  const where = of(name, `authenticators/${encodeURIComponent(id)}`);
  await api.mustFind(`"${name}" has no authenticator ${id}.`, 'DELETE', where);
  if (json) return out.json({ removed: id });
  out.line(`${id} was removed.`);
}

const calls = { list, code, enrol, remove };

export const authenticator: Command = {
  name: 'authenticator',
  summary: 'authenticators besides the smartcard: security keys, passkeys, tablets, authenticator apps',
  help: [
    'alongside authenticator list P          those of a person; P is a persona or a uid',
    'alongside authenticator code P          what an authenticator app shows now; development only',
    'alongside authenticator enrol P KIND    a link by which the person enrols one: good once, for 15 minutes',
    '  --officer P                             the registration authority officer who answers for it',
    'alongside authenticator remove P ID',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags({ ...instanceFlags, officer: z.string().optional() }, argv);
    const call = choose(calls, words, 'authenticator');
    await call({ api: new InstanceApi(flags), flags, words, json: flags.json === true, out });
    return 0;
  },
};
