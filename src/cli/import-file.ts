import { createReadStream, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import { RefusedCall } from '../kit/console-api.ts';
import type { Output, Result } from './command.ts';
import type { InstanceApi } from './instance.ts';
import { fileProblem } from './json-file.ts';
import { interrupted } from './outcome.ts';

/** Milliseconds until lines of progress appear with `--json`; shorter work prints its result only. */
const quick = 800;
/** Milliseconds for which a command waits until an import ends whose process may have ended, and between two tries. */
const retries = { all: 15_000, pause: 1_000 };

const types = { csv: 'text/csv', json: 'application/json' } as const;
const activities: Record<string, string> = {
  checking: 'Checking people',
  writing: 'Writing people',
};

interface Import {
  api: InstanceApi;
  out: Output;
  json: boolean;
  file: string;
  format: 'csv' | 'json';
  dryRun: boolean;
}

interface Sums {
  added: number;
  changed: number;
  unchanged: number;
}

type Found = { line: number; field: string; problem: string };

/** Imports a file of people, and shows how far it is. Ctrl-C stops it between two batches. */
export async function importFile(wish: Import): Promise<Result> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop);
  try {
    const until = performance.now() + retries.all;
    for (;;) {
      const result = await attempt(wish, stopping.signal);
      if (result !== undefined) return result;
      if (performance.now() > until) throw new OperatorError('Another import of the directory is running.');
      await sleep(retries.pause);
    }
  } finally {
    process.off('SIGINT', stop);
  }
}

/** Returns undefined while another import runs. */
async function attempt(wish: Import, signal: AbortSignal): Promise<Result | undefined> {
  const { api, out, json, file, format, dryRun } = wish;
  const began = performance.now();
  let written = { done: 0, total: 0 };
  try {
    const body = createReadStream(file);
    const lines = api.sendFile(
      `/directory/import/file?dryRun=${dryRun}`,
      { type: types[format], length: sizeOf(file), body },
      signal,
    );
    for await (const line of lines) {
      if (typeof line.status === 'number')
        return resultOf(wish, { status: line.status, body: line.result as Record<string, unknown> });
      const { phase, done, total } = line as { phase: string; done: number; total: number };
      if (phase === 'writing') written = { done, total };
      if (json && performance.now() - began >= quick) out.line(JSON.stringify(line));
      else if (!json) out.progress.step(activities[phase] ?? phase, done, total);
    }
    throw new Error('the response ended too early');
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const { done, total } = written;
    const state =
      total === 0
        ? 'No person was written yet.'
        : `At least ${done} of ${total} people were written. The same command continues.`;
    if (signal.aborted)
      return {
        json: { stopped: true, written: done, total },
        notes: [`Stopped. ${state}`],
        code: interrupted,
      };
    throw new OperatorError(`The import broke off (${reasonOf(error)}). ${state}`);
  } finally {
    out.progress.clear();
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: ${fileProblem(error)}.`);
  }
}

function resultOf(
  { file, dryRun }: Import,
  answer: { status: number; body: Record<string, unknown> },
): Result | undefined {
  const { status, body } = answer;
  if (body.error === 'import_running') return undefined;
  if (status === 400 && typeof body.problem === 'string')
    throw new OperatorError(
      `${file} cannot be imported: ${[body.field, body.problem].filter(Boolean).join(' ')}. Nothing was written.`,
    );
  const { errors, added, changed, unchanged } = body as typeof body & Sums & { errors?: Found[] };
  if (!Array.isArray(errors)) throw new RefusedCall(answer);
  const sums = `${added} added, ${changed} changed, ${unchanged} unchanged.`;
  const problems = errors.map(
    ({ line, field, problem }) => `${file}:${line}: ${field}${field && ' '}${problem}`,
  );
  return {
    json: body,
    lines: errors.length > 0 ? problems : [dryRun ? `It would be: ${sums}` : sums],
    notes: errors.length > 0 ? ['Nothing was written.'] : [],
    code: status === 200 ? 0 : 1,
  };
}
