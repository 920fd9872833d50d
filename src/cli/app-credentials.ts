import { UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { noMore, type Output, word } from './command.ts';
import type { InstanceApi } from './instance.ts';
import { readJsonFile } from './json-file.ts';
import { columns } from './output.ts';

/** Flags of the calls below. */
export const credentialFlags = {
  half: z.string().optional(),
  expires: z.string().optional(),
  othersExpire: z.string().optional(),
};

interface Call {
  api: InstanceApi;
  file: string | undefined;
  flags: Record<string, unknown>;
  words: string[];
  json: boolean;
  out: Output;
}

interface Key {
  half: string;
  kid: string | null;
  kty: string;
  alg: string | null;
  bits: number | null;
  expiresAt: string | null;
  warnings?: string[];
}

const missing = (id: string): string => `There is no application "${id}": alongside app list names them.`;
const at = (id: string, rest: string): string => `/applications/${encodeURIComponent(id)}/${rest}`;

/** The selected half of the registration; `platform` by default. */
const halfOf = ({ flags }: Call): string => (flags.half as string | undefined) ?? 'platform';

/** Parses a time; a date alone is its first moment in UTC. */
function timeOf(flags: Record<string, unknown>, name: 'expires' | 'othersExpire'): string | undefined {
  const value = flags[name] as string | undefined;
  if (value === undefined) return undefined;
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new UsageError(`"${value}" is no time: write it as 2027-01-31.`);
  return new Date(time).toISOString();
}

async function keys({ api, words, json, out }: Call): Promise<void> {
  const id = word(words, 1, 'which: alongside app keys ID');
  noMore(words, 2);
  const found = await api.mustFind<{ keys: Key[]; addresses: { half: string; address: string }[] }>(
    missing(id),
    'GET',
    at(id, 'keys'),
  );
  if (json) return out.json(found);
  const rows = [
    ...found.keys.map(({ half, kid, kty, alg, bits, expiresAt }) => [
      ...[half, kid ?? '(no kid)', `${kty}${bits ? ` ${bits}` : ''}`, alg ?? ''],
      expiresAt ? `until ${expiresAt}` : '',
    ]),
    ...found.addresses.map(({ half, address }) => [half, address, '', '', '']),
  ];
  if (rows.length === 0) out.note('No public key is registered.');
  for (const line of columns(rows)) out.line(line);
}

async function addKey(call: Call): Promise<void> {
  const { api, file, flags, words, json, out } = call;
  const id = word(words, 1, 'which: alongside app add-key ID --file KEY.json');
  noMore(words, 2);
  if (file === undefined) throw new UsageError('Name the file of the public key: --file KEY.json, a JWK.');
  const expiresAt = timeOf(flags, 'expires');
  const body = { half: halfOf(call), jwk: readJsonFile(file), ...(expiresAt ? { expiresAt } : {}) };
  const added = await api.mustFind<Key>(missing(id), 'POST', at(id, 'keys'), body);
  if (json) return out.json(added);
  out.line(`Key ${added.kid} is registered at the ${added.half} half.`);
  for (const warning of added.warnings ?? []) out.note(`Warning: ${warning}`);
}

async function removeKey(call: Call): Promise<void> {
  const { api, words, json, out } = call;
  const id = word(words, 1, 'which: alongside app remove-key ID KID');
  const kid = word(words, 2, 'which key: alongside app keys ID names them');
  noMore(words, 3);
  const half = halfOf(call);
  const where = at(id, `keys/${half}/${encodeURIComponent(kid)}`);
  await api.mustFind(`Application "${id}" has no key "${kid}" at its ${half} half.`, 'DELETE', where);
  if (json) return out.json({ removed: kid });
  out.line(`Key ${kid} was removed. Its signatures are refused from the next request on.`);
}

async function newSecret(call: Call): Promise<void> {
  const { api, flags, words, json, out } = call;
  const id = word(words, 1, 'which: alongside app new-secret ID');
  noMore(words, 2);
  const times = { expiresAt: timeOf(flags, 'expires'), othersExpireAt: timeOf(flags, 'othersExpire') };
  const body = { half: halfOf(call), ...times };
  const made = await api.mustFind<{ clientId: string; clientSecret: string }>(
    missing(id),
    'POST',
    at(id, 'secrets'),
    body,
  );
  if (json) return out.json(made);
  for (const line of columns([
    ['client id', made.clientId],
    ['client secret', made.clientSecret],
  ]))
    out.line(line);
  out.note('It is shown this once and kept as a hash only: keep it now.');
}

/** Calls of `alongside app` for keys and secrets. */
export const credentialCalls = { keys, 'add-key': addKey, 'remove-key': removeKey, 'new-secret': newSecret };

export const credentialHelp: readonly string[] = [
  'alongside app keys ID           its registered public keys',
  'alongside app add-key ID --file KEY.json   one more; --half cis2 for that half, --expires 2027-01-31',
  'alongside app remove-key ID KID [--half cis2]',
  'alongside app new-secret ID     one more, shown this once; --others-expire 2027-01-31 ends those before it',
];
