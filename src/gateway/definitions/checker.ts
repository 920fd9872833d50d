import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { isSea } from 'node:sea';
import { Worker } from 'node:worker_threads';
import { reasonOf } from '@alongside/kernel/errors';
import { environment } from '@alongside/kernel/operator';
import { type ApiDraft, DefinitionError, sourceLimits } from '../protocol.ts';
import type { ApiRecord } from './model.ts';
import { readDefinition } from './read.ts';
import type { CheckAnswer, CheckAsked, ForgetAsked, ReadAnswer, ReadAsked } from './validation-worker.ts';

/** Where values are checked: a thread, or a process of the single executable, which contains no file for a thread. */
export interface Checker<Asked = CheckAsked | ForgetAsked> {
  send(asked: Asked): void;
  /** Sets whether it keeps this process running. */
  hold(isHeld: boolean): void;
  stop(): Promise<void>;
}

interface Listener<Answer> {
  answered(answer: Answer): void;
  /** Called once if it ends by itself. */
  failed(reason: string): void;
}

const program = 'validation-worker';

function startThread<Asked, Answer>(
  { answered, failed }: Listener<Answer>,
  megabytes: number,
): Checker<Asked> {
  const file = new URL(`./${program}${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: megabytes } });
  worker.on('message', answered);
  worker.once('error', (error) => failed(reasonOf(error)));
  return {
    send: (asked) => worker.postMessage(asked),
    hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
    async stop() {
      worker.removeAllListeners();
      // The error of a thread that ends for another reason is not of interest any more.
      worker.on('error', () => undefined);
      await worker.terminate();
    },
  };
}

function startProcess<Asked extends object, Answer>(
  { answered, failed }: Listener<Answer>,
  megabytes: number,
): Checker<Asked> {
  const child = fork(program, [], {
    serialization: 'advanced',
    execArgv: [],
    // The single executable takes no options of Node.js on its command line.
    env: { ...environment(), NODE_OPTIONS: `--max-old-space-size=${megabytes}` },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ended = () => failed('its process ended');
  child.on('message', (message) => answered(message as Answer));
  child.on('error', () => undefined);
  child.once('exit', ended);
  return {
    send: (asked) => void child.send(asked),
    hold(isHeld) {
      if (isHeld) child.ref();
      else child.unref();
    },
    async stop() {
      child.off('exit', ended);
      child.kill('SIGKILL');
    },
  };
}

const start = <Asked extends object, Answer>(listener: Listener<Answer>, megabytes: number) =>
  isSea()
    ? startProcess<Asked, Answer>(listener, megabytes)
    : startThread<Asked, Answer>(listener, megabytes);

export const startChecker = (listener: Listener<CheckAnswer>, megabytes: number): Checker =>
  start(listener, megabytes);

/** Larger definitions, and those with patterns to analyse, take long enough to delay other requests. */
const maxBytesHere = 32_768;
const readingLimits = { megabytes: 1_024, milliseconds: 60_000 };

/** One definition is read at a time, because each may need much memory. */
let reading: Promise<unknown> = Promise.resolve();

/**
 * Reads a definition, one that takes long outside of this thread: in one of its own, so that it does not delay the checks of requests
 * either. @throws DefinitionError
 */
export function readOutside(draft: ApiDraft): Promise<ApiRecord> {
  const texts = Object.values(draft.files);
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const isQuick = bytes <= maxBytesHere && !texts.some((text) => text.includes('pattern'));
  if (isQuick || bytes > sourceLimits.bytes) return readDefinition(draft);
  const result = reading.then(() => readApart(draft));
  reading = result.catch(() => undefined);
  return result;
}

async function readApart(draft: ApiDraft): Promise<ApiRecord> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadAnswer>();
  const failed = (reason: string) =>
    reject(new DefinitionError(`The definition could not be read: ${reason}. Make it smaller.`));
  const checker = start<ReadAsked, ReadAnswer>({ answered: resolve, failed }, readingLimits.megabytes);
  const timer = setTimeout(failed, readingLimits.milliseconds, 'it took too long');
  try {
    checker.send({ draft });
    const answer = await promise;
    if ('record' in answer) return answer.record;
    throw new DefinitionError(answer.sentence, answer.place);
  } finally {
    clearTimeout(timer);
    await checker.stop();
  }
}
