import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { isSea } from 'node:sea';
import { Worker } from 'node:worker_threads';
import { reasonOf } from '@alongside/kernel/errors';
import type { CheckAnswer, CheckAsked } from './validation-worker.ts';

/** Where values are checked: a thread, or a process of the single executable, which contains no file for a thread. */
export interface Checker {
  send(asked: CheckAsked): void;
  /** Sets whether it keeps this process running. */
  hold(isHeld: boolean): void;
  stop(): Promise<void>;
}

interface Listener {
  answered(answer: CheckAnswer): void;
  /** Called once if it ends by itself. */
  failed(reason: string): void;
}

const program = 'validation-worker';

function startThread({ answered, failed }: Listener): Checker {
  const file = new URL(`./${program}${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: 256 } });
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

function startProcess({ answered, failed }: Listener): Checker {
  const child = fork(program, [], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ended = () => failed('its process ended');
  child.on('message', (message) => answered(message as CheckAnswer));
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

export const startChecker = (listener: Listener): Checker =>
  isSea() ? startProcess(listener) : startThread(listener);
