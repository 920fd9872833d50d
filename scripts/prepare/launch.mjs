import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import '../pack/npm.cjs';
import { runHere } from './entry.mjs';
import { noteRunning } from './running.mjs';
import { say } from './say.mjs';
import { mergeSignals, onceEach } from './signals.mjs';

const childEntry = fileURLToPath(new URL('child.mjs', import.meta.url));
const windows = process.platform === 'win32';

/**
 * Runs a TypeScript file with its arguments on the given Node: in this process if possible, else in a child with the same
 * standard input and output, which gets every signal once. This process exits with the child.
 */
export function launch(node, file, args) {
  const forget = noteRunning();
  if (node === process.execPath) {
    mergeSignals();
    runHere(file, args);
  } else {
    runInChild(node, file, args, forget);
  }
}

function runInChild(node, file, args, forget) {
  // In its own process group: otherwise a Ctrl-C reaches npm, this process (again through npm) and the child, up to three times.
  // The pipe (descriptor 3) shows the child that this process was killed.
  const child = spawn(node, [childEntry, file, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    detached: !windows,
  });
  child.on('error', (error) => {
    say(`${node} cannot be started (${error.code}): delete the folder .node and try again`);
    process.exit(1);
  });
  const release = passSignals(child);
  child.on('exit', (code, signal) => {
    release();
    forget();
    if (signal === null) process.exit(code);
    process.kill(process.pid, signal);
    // A signal that does not end this process must not leave it running.
    setTimeout(() => process.exit(128 + constants.signals[signal]), 200);
  });
}

function passSignals(child) {
  const handlers = [];
  const on = (signal, handler) => {
    process.on(signal, handler);
    handlers.push([signal, handler]);
  };
  // On Windows the console itself sends the signal to the child.
  const send = windows ? () => {} : (signal) => child.kill(signal);
  for (const signal of windows ? ['SIGINT'] : ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) {
    on(
      signal,
      onceEach(() => send(signal)),
    );
  }
  if (!windows) {
    on('SIGTSTP', () => {
      send('SIGSTOP');
      process.kill(process.pid, 'SIGSTOP');
    });
    on('SIGCONT', () => send('SIGCONT'));
  }
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
