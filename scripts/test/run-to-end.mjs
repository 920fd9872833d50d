import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a program to its end and resolves with its exit code (128 + number for a signal). The terminal sends Ctrl-C to the program
 * itself; a SIGTERM is passed on.
 */
export function runToEnd(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const wait = () => {};
    const pass = () => child.kill('SIGTERM');
    process.on('SIGINT', wait);
    process.on('SIGTERM', pass);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', pass);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}
