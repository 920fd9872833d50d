import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';

const module = JSON.stringify(new URL('./console-api.ts', import.meta.url).href);

describe('ConsoleApi', () => {
  test('reports a failed call of an instance that still runs, if nothing else keeps the process running', async () => {
    const program = `
      const { ConsoleApi } = await import(${module});
      const api = new ConsoleApi('http://127.0.0.1:1', { ended: new Promise(() => undefined) });
      await api.call('GET', '/state').catch(({ message }) => console.log(message));`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      program,
    ]);
    assert.match(stdout, /^No running instance responds at http:\/\/127\.0\.0\.1:1 /);
  });
});
