import { readFlags } from '@alongside/kernel/config';
import { UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import type { PeopleAnswer, Person } from '../../cis/protocol.ts';
import { type Command, choose, noMore, type Output, word } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { readJsonFile } from '../json-file.ts';
import { memberLines } from '../members.ts';
import { columns } from '../output.ts';
import { patchFrom } from '../patch.ts';
import { takeRepeated } from '../repeated.ts';

interface Call {
  api: InstanceApi;
  file: string | undefined;
  set: string[];
  words: string[];
  json: boolean;
  out: Output;
}

const at = (name: string): string => `/people/${encodeURIComponent(name)}`;
const nobody = (name: string): string => `There is no person "${name}": give a persona or a uid.`;
const who = ({ displayName, uid }: Person): string => `${displayName} (${uid})`;

async function everybody(api: InstanceApi): Promise<Person[]> {
  const people: Person[] = [];
  let after = '';
  do {
    const page = await api.must<PeopleAnswer>('GET', `/people?after=${encodeURIComponent(after)}`);
    people.push(...page.people);
    after = page.next ?? '';
  } while (after !== '');
  return people;
}

function rolesOf({ roles }: Person): string {
  const [role] = roles;
  if (!role) return 'no role';
  const name = role.roleName.split(':').at(-1)?.replaceAll('"', '');
  return roles.length === 1 ? `${name} at ${role.orgCode}` : `${roles.length} roles`;
}

async function list({ api, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  const people = await everybody(api);
  if (json) return out.json({ people });
  const rows = people.map((person) => [
    person.persona ?? '-',
    person.uid,
    person.displayName,
    rolesOf(person),
    person.disabled ? 'disabled' : '',
  ]);
  for (const line of columns(rows)) out.line(line.trimEnd());
}

async function show({ api, words, json, out }: Call): Promise<void> {
  const name = word(words, 1, 'whom: alongside person show gp');
  noMore(words, 2);
  const person = await api.mustFind<Person>(nobody(name), 'GET', at(name));
  if (json) return out.json(person);
  for (const line of memberLines(person)) out.line(line);
}

async function add({ api, file, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  if (file === undefined)
    throw new UsageError('Name the file: alongside person add --json-file FILE (- for standard input).');
  const person = await api.must<Person>('POST', '/people', readJsonFile(file));
  if (json) return out.json(person);
  out.line(`${who(person)} is in the directory.`);
  const name = person.persona ?? person.uid;
  const order = api.inProduction ? `registration-authority order ${name} --actor P` : `card issue ${name}`;
  out.note(`A card for the person: alongside ${order}`);
}

async function edit({ api, file, set, words, json, out }: Call): Promise<void> {
  const name = word(words, 1, 'whom: alongside person edit gp --set disabled=true');
  const patch = patchFrom({
    file: { flag: '--json-file', name: file },
    assignments: [...set, ...words.slice(2)],
  });
  const person = await api.mustFind<Person>(nobody(name), 'PATCH', at(name), patch);
  if (json) return out.json(person);
  out.line(`${who(person)} is changed.`);
}

async function remove({ api, words, json, out }: Call): Promise<void> {
  const name = word(words, 1, 'whom: alongside person remove gp');
  noMore(words, 2);
  const { uid } = await api.mustFind<Person>(nobody(name), 'GET', at(name));
  await api.must('DELETE', at(uid));
  if (json) return out.json({ removed: uid });
  out.line(`${uid} is no longer in the directory, and every session of the person has ended.`);
}

const calls = { list, show, add, edit, remove };

export const person: Command = {
  name: 'person',
  summary: 'the people of the directory: who they are, their roles and organisations',
  help: [
    'alongside person list',
    'alongside person show P                     every member; P is a persona or a uid',
    'alongside person add --json-file FILE       add a person; - reads standard input; derived values may be omitted',
    'alongside person edit P --set path=value... change members: --set title=Dr disabled=true professionalIds.gmc=1234567',
    '                                            null removes a member; write a whole list as JSON: roles=[...]',
    'alongside person edit P --json-file FILE    the same by a JSON merge patch (RFC 7396)',
    'alongside person remove P                   remove a person; the sessions end, the cards stay and are worth nothing',
  ],
  async run({ argv, out }) {
    const { values, rest } = takeRepeated(argv, ['set']);
    const { flags, words } = readFlags({ ...instanceFlags, jsonFile: z.string().optional() }, rest);
    const call = choose(calls, words, 'person');
    await call({
      api: new InstanceApi(flags),
      file: flags.jsonFile as string | undefined,
      set: values.set,
      words,
      json: flags.json === true,
      out,
    });
    return 0;
  },
};
