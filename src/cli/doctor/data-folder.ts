import { accessSync, constants, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { type Finding, ok, wrong } from '../../../identity-agent/doctor/report.ts';
import type { Check, Subject } from './check.ts';

/** Returns the folder, or its nearest existing parent. */
const nearest = (folder: string): string =>
  existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));

function probe(folder: string): void {
  if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
  accessSync(folder, constants.W_OK | constants.X_OK);
  // Only a write shows a full or read-only file system.
  const file = join(folder, `.doctor-${process.pid}`);
  writeFileSync(file, '');
  rmSync(file);
}

export function judgeFolder(folder: string): Finding {
  const there = nearest(folder);
  try {
    probe(there);
  } catch (error) {
    return wrong(
      `The data folder ${folder} cannot be written: ${reasonOf(error)}.`,
      `Give this user the right to write to ${there}, or choose another folder with --data.`,
    );
  }
  return ok(there === folder ? `${folder} can be written.` : `${folder} is not there yet and can be made.`);
}

export const dataFolder: Check = { name: 'data-folder', run: (subject) => [judgeFolder(subject.dataFolder)] };

function judgeStateFile({ stateFile, console, origin, silence }: Subject): Finding {
  if (!stateFile) return ok('There is none, or --port-base selects the instance.');
  const { file } = stateFile;
  if ('problem' in stateFile)
    return wrong(
      stateFile.problem,
      'Start the instance again, which writes it again, or select one with --state or --port-base.',
    );
  const { state, alive } = stateFile;
  if (!alive)
    return wrong(
      `${file} was left behind: process ${state.pid} does not run any more.`,
      `Start the instance again with "npx alongside up", or delete ${file}.`,
    );
  if (!console)
    return wrong(
      `Process ${state.pid} of ${file} runs, but its console does not answer at ${origin} (${silence}).`,
      `Wait if it is starting or stopping. Else another process may have got the number: delete ${file} and start again.`,
    );
  if (console.urls.console !== state.urls.console || console.urls.cis2Issuer !== state.urls.cis2Issuer)
    return wrong(
      `Another instance answers at ${origin} than the one of ${file}.`,
      'Stop one of the two, or select one with --port-base.',
    );
  return ok(`${file}, process ${state.pid}`);
}

export const stateFile: Check = { name: 'state-file', run: (subject) => [judgeStateFile(subject)] };
