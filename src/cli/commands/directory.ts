import { writeFileSync } from 'node:fs';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import type { ImportAnswer } from '../../cis/protocol.ts';
import { RefusedCall } from '../../kit/console-api.ts';
import { consoleCommand, yes } from '../command.ts';
import { fileProblem, readJsonFile, readText } from '../json-file.ts';

const formatOf = (file: string): 'csv' | 'json' => {
  if (file.endsWith('.csv')) return 'csv';
  if (file.endsWith('.json')) return 'json';
  throw new UsageError(`${file} must end in .csv or .json.`);
};

export const directory = consoleCommand({
  name: 'directory',
  flags: { dryRun: yes },
  actions: {
    export: {
      words: 'FILE',
      help: 'write a .csv or .json file',
      async run({ api }, file) {
        const format = formatOf(file);
        const text = await api.text(`/directory/export?format=${format}`);
        try {
          writeFileSync(file, format === 'json' ? `${JSON.stringify(JSON.parse(text), null, 2)}\n` : text);
        } catch (error) {
          throw new OperatorError(`${file} cannot be written: ${fileProblem(error)}.`);
        }
        return { json: { written: file }, lines: [`The directory is in ${file}.`] };
      },
    },
    import: {
      words: 'FILE',
      help: [
        ['', 'add and change people: the whole file, or nothing'],
        ['  --dry-run', 'print the changes and the errors by line'],
      ],
      async run({ api, flags }, file) {
        const content = formatOf(file) === 'csv' ? { csv: readText(file) } : { document: readJsonFile(file) };
        const dryRun = flags.dryRun === true;
        const answer = await api.call<ImportAnswer>('POST', '/directory/import', { ...content, dryRun });
        const { errors, added, changed, unchanged } = answer.body;
        if (!Array.isArray(errors)) throw new RefusedCall(answer);
        const sums = `${added} added, ${changed} changed, ${unchanged} unchanged.`;
        const problems = errors.map(
          ({ line, field, problem }) => `${file}:${line}: ${field}${field && ' '}${problem}`,
        );
        return {
          json: answer.body,
          lines: errors.length > 0 ? problems : [dryRun ? `It would be: ${sums}` : sums],
          notes: errors.length > 0 ? ['Nothing was written.'] : [],
          code: answer.status === 200 ? 0 : 1,
        };
      },
    },
  },
  examples: ['alongside directory import people.csv --dry-run'],
});
