import { readFlags } from '@alongside/kernel/config';
import { UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { type Command, choose, noMore, type Output, word } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { columns } from '../output.ts';

interface Citizen {
  nhsNumber: string;
  proofing: string;
  givenName: string;
  familyName: string;
  birthdate: string;
}

const flags = {
  given: z.string().optional(),
  family: z.string().optional(),
  proofing: z.string().optional(),
  born: z.string().optional(),
  email: z.string().optional(),
};

interface Call {
  api: InstanceApi;
  chosen: z.output<z.ZodObject<typeof flags>>;
  words: string[];
  json: boolean;
  out: Output;
}

async function list({ api, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  const found = await api.must<{ citizens: Citizen[] }>('GET', '/citizens');
  if (json) return out.json(found);
  if (found.citizens.length === 0) out.note('No citizen was added.');
  const rows = found.citizens.map((one) => [
    one.nhsNumber,
    one.proofing,
    `${one.givenName} ${one.familyName}`,
  ]);
  for (const line of columns(rows)) out.line(line);
}

async function add({ api, chosen, words, json, out }: Call): Promise<void> {
  const nhsNumber = word(words, 1, 'the NHS number: alongside citizen add NUMBER --given NAME --family NAME');
  noMore(words, 2);
  if (chosen.given === undefined || chosen.family === undefined)
    throw new UsageError('Give both names: --given NAME --family NAME.');
  const citizen = {
    ...{ nhsNumber, givenName: chosen.given, familyName: chosen.family },
    ...{ proofing: chosen.proofing, birthdate: chosen.born, email: chosen.email },
  };
  const added = await api.must<Citizen>('POST', '/citizens', citizen);
  if (json) return out.json(added);
  out.line(`${added.givenName} ${added.familyName} (${added.nhsNumber}, ${added.proofing}) can sign in.`);
}

async function remove({ api, words, json, out }: Call): Promise<void> {
  const nhsNumber = word(words, 1, 'the NHS number: alongside citizen remove NUMBER');
  noMore(words, 2);
  const missing = `No citizen with the number "${nhsNumber}" was added: alongside citizen list names them.`;
  await api.mustFind(missing, 'DELETE', `/citizens/${encodeURIComponent(nhsNumber)}`);
  if (json) return out.json({ removed: nhsNumber });
  out.line(`Removed citizen ${nhsNumber}.`);
}

const calls = { list, add, remove };

export const citizen: Command = {
  name: 'citizen',
  summary: 'citizens who sign in at the mock realms, in development',
  help: [
    'alongside citizen list',
    'alongside citizen add NUMBER --given NAME --family NAME [--proofing P0|P5|P9] [--born DATE] [--email ADDRESS]',
    '                                      default P9; replaces a citizen with the same NHS number',
    'alongside citizen remove NUMBER       the seeded citizens stay',
  ],
  async run({ argv, out }) {
    const { flags: given, words } = readFlags({ ...instanceFlags, ...flags }, argv);
    const call = choose(calls, words, 'citizen');
    await call({ api: new InstanceApi(given), chosen: given, words, json: given.json === true, out });
    return 0;
  },
};
