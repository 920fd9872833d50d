import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';

/** Returns the modules of Node.js that a process with this module has loaded. */
const loadedBy = (module: string): string[] => {
  const program = `await import(${JSON.stringify(new URL(module, import.meta.url).href)}); console.log(JSON.stringify(process.moduleLoadList));`;
  const words = ['--input-type=module', '--eval', program];
  const output = execFileSync(process.execPath, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(output) as string[];
};

describe('a start does not load undici', () => {
  for (const [name, module] of [
    ['the test kit', '../src/kit/index.ts'],
    ['the server', '../src/main.ts'],
    ['the Identity Agent', '../identity-agent/main.ts'],
  ] as const)
    test(`of ${name}`, () => {
      const loaded = loadedBy(module);
      assert.ok(loaded.includes('NativeModule http'), 'it has node:http');
      assert.deepEqual(
        loaded.filter((name) => name.includes('undici')),
        [],
      );
    });
});
