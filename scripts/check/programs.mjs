import { spawn } from 'node:child_process';
import { clone, inClone } from '../prepare/clone.mjs';

/** Runs a package's program (a JavaScript file under node_modules); resolves with its output as complaints if it failed. */
export function program(node, file, args) {
  return script(node, inClone('node_modules', file), args);
}

/** Runs a JavaScript file; resolves with its output as one complaint if it failed. */
export function script(node, file, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [file, ...args], { cwd: clone, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    child.stderr.on('data', (chunk) => {
      printed += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0 ? [] : [printed.trim() || `ended with code ${code}`]));
  });
}
