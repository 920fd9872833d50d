import { UsageError } from '@alongside/kernel/operator';
import { noSuch } from '../../kit/known.ts';
import { consoleCommand, listing, text, yes } from '../command.ts';
import { patchFrom } from '../patch.ts';

const missing = (id: string) => noSuch('developer', id);

export const developer = consoleCommand({
  name: 'developer',
  flags: { name: text, email: text, company: yes },
  lists: ['set'],
  actions: {
    list: {
      help: 'developers and their status',
      async run({ api }) {
        const found = await api.must('GET', '/developers');
        const rows = found.developers.map(({ id, name, kind, status }) => [id, name, kind, status]);
        return listing(found, rows, 'There is no developer.');
      },
    },
    add: {
      words: 'ID',
      help: [['--name NAME [--email ADDRESS] [--company]', 'add a developer, a person or a company']],
      async run({ api, flags: { name, email, company } }, id) {
        if (name === undefined) throw new UsageError('Name it: --name NAME.');
        const kind = company ? { kind: 'company' } : {};
        const made = await api.must('POST', '/developers', { body: { id, name, email, ...kind } });
        const next = `alongside app add --developer ${made.id} …`;
        return { json: made, lines: [`${made.name} (${made.id}) may register applications: ${next}`] };
      },
    },
    edit: {
      words: 'ID ...',
      help: [['--set status=inactive', 'refuse its applications from their next request on']],
      async run({ api, lists }, id, ...assignments) {
        const patch = patchFrom({ assignments: [...lists.set, ...assignments] });
        const changed = await api.mustFind(missing(id), 'PATCH', '/developers/{id}', {
          path: { id },
          body: patch,
        });
        const effect =
          changed.status === 'active'
            ? 'is changed.'
            : 'is inactive: its applications are refused from their next request on.';
        return { json: changed, lines: [`${changed.name} ${effect}`] };
      },
    },
    remove: {
      words: 'ID',
      help: 'remove one; its applications stay',
      async run({ api }, id) {
        await api.mustFind(missing(id), 'DELETE', '/developers/{id}', { path: { id } });
        return { json: { removed: id }, lines: [`Removed developer ${id}; the applications stay.`] };
      },
    },
  },
  examples: ['alongside developer add north --name "North Software" --company'],
});
