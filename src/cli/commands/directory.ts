import { writeFileSync } from 'node:fs';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { consoleCommand, yes } from '../command.ts';
import { importFile } from '../import-file.ts';
import { fileProblem } from '../json-file.ts';

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
        [
          '',
          'add and change people from a file of any size; the same command continues after an interruption',
        ],
        ['  --dry-run', 'print the changes and the errors by line'],
      ],
      run: ({ api, flags, json, out }, file) =>
        importFile({ api, out, json, file, format: formatOf(file), dryRun: flags.dryRun === true }),
    },
  },
  notes: [
    'An import validates the whole file before it writes. With --json, a long one prints lines of progress before its result.',
  ],
  examples: ['alongside directory import people.csv --dry-run'],
});
