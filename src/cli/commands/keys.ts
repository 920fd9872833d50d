import { readFlags } from '@alongside/kernel/config';
import { z } from 'zod';
import { type Command, choose, noMore, type Output, word } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { columns } from '../output.ts';

interface Key {
  service: string;
  kid: string;
  algorithm: string;
  state: string;
  signsFrom: string;
  signsUntil: string | null;
}

interface Call {
  api: InstanceApi;
  flags: { now?: boolean };
  words: string[];
  json: boolean;
  out: Output;
}

function show(keys: readonly Key[], out: Output): void {
  if (keys.length === 0) out.note('There are no keys yet: each is made at its first use.');
  const rows = keys.map(({ service, algorithm, state, kid, signsFrom, signsUntil }) => [
    ...[service, algorithm, state, kid],
    `signs from ${signsFrom}${signsUntil === null ? '' : ` until ${signsUntil}`}`,
  ]);
  for (const line of columns(rows)) out.line(line);
}

async function list({ api, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  const found = await api.must<{ keys: Key[] }>('GET', '/keys');
  if (json) return out.json(found);
  show(found.keys, out);
}

async function rotate({ api, flags, words, json, out }: Call): Promise<void> {
  const service = word(words, 1, 'whose keys: alongside keys rotate cis2|authorisation|cis');
  noMore(words, 2);
  const now = flags.now === true;
  const found = await api.mustFind<{ keys: Key[] }>(
    `"${service}" has no signing keys; cis2, authorisation and cis have.`,
    'POST',
    `/keys/${encodeURIComponent(service)}/rotate`,
    { now },
  );
  if (json) return out.json(found);
  show(found.keys, out);
  if (found.keys.length === 0) return;
  out.note(
    now
      ? 'The new keys sign from now on; the former ones stay in the key set for a while.'
      : 'The new keys are announced and will sign later. With --now they sign at once.',
  );
}

const calls = { list, rotate };

export const keys: Command = {
  name: 'keys',
  summary: 'signing keys of cis2, authorisation and cis',
  help: [
    'alongside keys list                   each key and its state: announced, signing, verifying or retired',
    'alongside keys rotate SERVICE         announce successors for cis2, authorisation or cis',
    'alongside keys rotate SERVICE --now   let the successors sign at once: for a key that became known',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags({ ...instanceFlags, now: z.boolean().optional() }, argv);
    const call = choose(calls, words, 'keys');
    await call({ api: new InstanceApi(flags), flags, words, json: flags.json === true, out });
    return 0;
  },
};
