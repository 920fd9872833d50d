import { readFileSync, writeFileSync } from 'node:fs';
import { readFlags } from '@alongside/kernel/config';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import type { ImportAnswer } from '../../cis/protocol.ts';
import { type Command, choose, noMore, type Output, word } from '../command.ts';
import { InstanceApi, instanceFlags, RefusedCall } from '../instance.ts';
import { readJsonFile } from '../json-file.ts';

interface Call {
  api: InstanceApi;
  flags: { dryRun?: boolean };
  words: string[];
  json: boolean;
  out: Output;
}

const formatOf = (file: string): 'csv' | 'json' => {
  if (file.endsWith('.csv')) return 'csv';
  if (file.endsWith('.json')) return 'json';
  throw new UsageError(`${file} must end in .csv or .json.`);
};

async function exportTo({ api, words, json, out }: Call): Promise<number> {
  const file = word(words, 1, 'where to: alongside directory export people.csv');
  noMore(words, 2);
  const format = formatOf(file);
  const text = await api.text(`/directory/export?format=${format}`);
  try {
    writeFileSync(file, format === 'json' ? `${JSON.stringify(JSON.parse(text), null, 2)}\n` : text);
  } catch (error) {
    throw new OperatorError(`${file} cannot be written: ${reasonOf(error)}.`);
  }
  if (json) out.json({ written: file });
  else out.line(`The directory is in ${file}.`);
  return 0;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: ${reasonOf(error)}.`);
  }
}

async function importFrom({ api, flags, words, json, out }: Call): Promise<number> {
  const file = word(words, 1, 'what: alongside directory import people.csv');
  noMore(words, 2);
  const document = formatOf(file) === 'csv' ? { csv: readText(file) } : { document: readJsonFile(file) };
  const given = await api.call('POST', '/directory/import', { ...document, dryRun: flags.dryRun === true });
  const { status } = given;
  const answer = given.body as unknown as ImportAnswer;
  if (!Array.isArray(answer.errors)) throw new RefusedCall(given);
  if (json) out.json(answer);
  else {
    for (const { line, field, problem } of answer.errors)
      out.line(`${file}:${line}: ${field}${field && ' '}${problem}`);
    const sums = `${answer.added} added, ${answer.changed} changed, ${answer.unchanged} unchanged`;
    if (answer.errors.length > 0) out.note('Nothing was written.');
    else out.line(answer.dryRun ? `It would be: ${sums}.` : `${sums}.`);
  }
  return status === 200 ? 0 : 1;
}

const calls = { export: exportTo, import: importFrom };

export const directory: Command = {
  name: 'directory',
  summary: 'the people of CIS as one file, JSON or CSV, out and in',
  help: [
    'alongside directory export FILE.csv|FILE.json',
    'alongside directory import FILE.csv|FILE.json   adds and changes people: all of the file, or nothing',
    '  --dry-run                                       print the changes and the errors by line',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags({ ...instanceFlags, dryRun: z.boolean().optional() }, argv);
    const call = choose(calls, words, 'directory');
    return call({ api: new InstanceApi(flags), flags, words, json: flags.json === true, out });
  },
};
