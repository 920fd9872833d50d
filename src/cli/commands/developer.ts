import { readFlags } from '@alongside/kernel/config';
import { UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import type { Developer } from '../../oauth/developers.ts';
import { type Command, choose, noMore, type Output, word } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { columns } from '../output.ts';
import { patchFrom } from '../patch.ts';
import { takeRepeated } from '../repeated.ts';

interface Call {
  api: InstanceApi;
  flags: { name?: string; email?: string; company?: boolean };
  set: string[];
  words: string[];
  json: boolean;
  out: Output;
}

const at = (id: string): string => `/developers/${encodeURIComponent(id)}`;
const missing = (id: string): string => `There is no developer "${id}": alongside developer list names them.`;

async function list({ api, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  const found = await api.must<{ developers: Developer[] }>('GET', '/developers');
  if (json) return out.json(found);
  if (found.developers.length === 0) out.note('There is none.');
  for (const line of columns(found.developers.map(({ id, name, kind, status }) => [id, name, kind, status])))
    out.line(line);
}

async function add({ api, flags, words, json, out }: Call): Promise<void> {
  const id = word(words, 1, 'who: alongside developer add ID --name NAME');
  noMore(words, 2);
  if (flags.name === undefined) throw new UsageError('Name it: --name NAME.');
  const made = await api.must<Developer>('POST', '/developers', {
    id,
    name: flags.name,
    ...(flags.email === undefined ? {} : { email: flags.email }),
    ...(flags.company ? { kind: 'company' } : {}),
  });
  if (json) return out.json(made);
  out.line(`${made.name} (${made.id}) may register applications: alongside app add --developer ${made.id} …`);
}

async function edit({ api, set, words, json, out }: Call): Promise<void> {
  const id = word(words, 1, 'whom: alongside developer edit ID --set status=inactive');
  const patch = patchFrom({
    file: { flag: '--file', name: undefined },
    assignments: [...set, ...words.slice(2)],
  });
  const changed = await api.mustFind<Developer>(missing(id), 'PATCH', at(id), patch);
  if (json) return out.json(changed);
  out.line(
    changed.status === 'active'
      ? `${changed.name} is changed.`
      : `${changed.name} is inactive: its applications are refused from their next request on.`,
  );
}

async function remove({ api, words, json, out }: Call): Promise<void> {
  const id = word(words, 1, 'whom: alongside developer remove ID');
  noMore(words, 2);
  await api.mustFind(missing(id), 'DELETE', at(id));
  if (json) return out.json({ removed: id });
  out.line(`Developer ${id} is gone; the applications stay.`);
}

const calls = { list, add, edit, remove };

export const developer: Command = {
  name: 'developer',
  summary: 'who registers applications; an inactive one is refused everywhere',
  help: [
    'alongside developer list',
    'alongside developer add ID --name NAME [--email ADDRESS] [--company]',
    'alongside developer edit ID --set status=inactive   its applications are refused from their next request on',
    'alongside developer remove ID                       its applications stay',
  ],
  async run({ argv, out }) {
    const { values, rest } = takeRepeated(argv, ['set']);
    const own = {
      name: z.string().optional(),
      email: z.string().optional(),
      company: z.boolean().optional(),
    };
    const { flags, words } = readFlags({ ...instanceFlags, ...own }, rest);
    const call = choose(calls, words, 'developer');
    await call({
      api: new InstanceApi(flags),
      flags,
      set: values.set,
      words,
      json: flags.json === true,
      out,
    });
    return 0;
  },
};
