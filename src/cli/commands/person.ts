import { UsageError } from '@alongside/kernel/operator';
import { type Person, roleText } from '../../cis/protocol.ts';
import { allPages } from '../../kit/console-api.ts';
import { noSuch } from '../../kit/known.ts';
import { consoleCommand, text } from '../command.ts';
import type { InstanceApi } from '../instance.ts';
import { readJsonFile } from '../json-file.ts';
import { patchFrom } from '../patch.ts';
import { columns, memberLines } from '../table.ts';

const missing = (name: string) => noSuch('person', name);
const nameOf = ({ displayName, uid }: Person): string => `${displayName} (${uid})`;

async function allPeople(api: InstanceApi): Promise<Person[]> {
  const pages = await allPages((after) => api.must('GET', '/people', { query: { after } }));
  return pages.flatMap(({ people }) => people);
}

function rolesOf({ roles }: Person): string {
  const [role] = roles;
  if (!role) return 'no role';
  return roles.length === 1 ? roleText(role) : `${roles.length} roles`;
}

export const person = consoleCommand({
  name: 'person',
  flags: { jsonFile: text },
  lists: ['set'],
  actions: {
    list: {
      help: 'everyone in the directory',
      async run({ api }) {
        const people = await allPeople(api);
        const rows = people.map((person) => [
          person.persona ?? '-',
          person.uid,
          person.displayName,
          rolesOf(person),
          person.disabled ? 'disabled' : '',
        ]);
        return { json: { people }, lines: columns(rows) };
      },
    },
    show: {
      words: 'P',
      help: 'every member; P is a persona or a uid',
      async run({ api }, name) {
        const person = await api.mustFind(missing(name), 'GET', '/people/{uid}', { path: { uid: name } });
        return { json: person, lines: memberLines(person) };
      },
    },
    add: {
      help: [['--json-file FILE', 'add a person; - reads standard input; derived values may be omitted']],
      async run({ api, flags: { jsonFile } }) {
        if (jsonFile === undefined)
          throw new UsageError(
            'Name the file: alongside person add --json-file FILE (- for standard input).',
          );
        const person = await api.must('POST', '/people', {
          body: readJsonFile<{ givenName: string }>(jsonFile),
        });
        const name = person.persona ?? person.uid;
        const next = api.inProduction
          ? `registration-authority order ${name} --actor P`
          : `card issue ${name}`;
        return {
          json: person,
          lines: [`${nameOf(person)} is in the directory.`],
          notes: [`A card for the person: alongside ${next}`],
        };
      },
    },
    edit: {
      words: 'P ...',
      help: [
        ['--set path=value...', 'change members; null removes one; write a whole list as JSON: roles=[...]'],
        ['--json-file FILE', 'the same by a JSON merge patch (RFC 7396)'],
      ],
      async run({ api, flags, lists }, name, ...assignments) {
        const file = { flag: '--json-file', name: flags.jsonFile };
        const patch = patchFrom({ file, assignments: [...lists.set, ...assignments] });
        const person = await api.mustFind(missing(name), 'PATCH', '/people/{uid}', {
          path: { uid: name },
          body: patch,
        });
        return { json: person, lines: [`${nameOf(person)} is changed.`] };
      },
    },
    remove: {
      words: 'P',
      help: 'remove a person and end the sessions; the cards stay and are useless',
      async run({ api }, name) {
        const { uid } = await api.mustFind(missing(name), 'GET', '/people/{uid}', { path: { uid: name } });
        await api.must('DELETE', '/people/{uid}', { path: { uid } });
        return { json: { removed: uid }, lines: [`Removed ${uid} and ended every session of the person.`] };
      },
    },
  },
  examples: ['alongside person edit gp --set title=Dr disabled=true professionalIds.gmc=1234567'],
});
