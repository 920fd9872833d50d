import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { onWindows } from '../test/testing/platform.ts';
import { methods, notifications } from './protocol.ts';
import { testDesk } from './testing/desk.ts';
import { ticketErrors } from './ticket-errors.ts';

const page = await readFile(
  fileURLToPath(new URL('../docs/desktop-applications.md', import.meta.url)),
  'utf8',
);

/** Returns the page's example in this language. */
function exampleIn(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  assert.ok(code, `the page has an example in ${language}`);
  return code;
}

const programs: Record<string, { file: string; program: string }> = {
  ts: { file: 'example.ts', program: process.execPath },
  python: { file: 'example.py', program: 'python3' },
};

describe('docs/desktop-applications.md', () => {
  for (const [language, { file, program }] of Object.entries(programs)) {
    const skip = onWindows && program === 'python3' && 'Python has another name there';
    const place = async (t: TestContext) => {
      const folder = await mkdtemp(join(tmpdir(), 'example-'));
      t.after(() => rm(folder, { recursive: true, force: true }));
      await writeFile(join(folder, file), exampleIn(language));
      return (socket: string) =>
        new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
          const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', ALONGSIDE_AGENT_SOCKET: socket };
          execFile(program, [join(folder, file)], { env: environment }, (error, out, err) =>
            resolve({ code: error?.code ?? 0, out, err }),
          );
        });
    };

    test(`the example in ${language} waits for the user and prints the ticket`, { skip }, async (t) => {
      const desk = await testDesk(t);
      const run = await place(t);
      await desk.call('insertCard', { card: 'ada' });
      const running = run(desk.socketPath);
      await desk.call('answerPin', { pin: '123456' });
      const { code, out, err } = await running;
      assert.deepEqual([code, err], [0, '']);
      assert.deepEqual(await desk.call('getTicketNoAuth'), { ticket: out.trim() });
    });

    test(`the example in ${language} shows the number of an error`, { skip }, async (t) => {
      const desk = await testDesk(t);
      const run = await place(t);
      await desk.call('insertCard', { card: 'locked' });
      const { code, err } = await run(desk.socketPath);
      assert.notEqual(code, 0);
      assert.match(err, /0x80200004 /);
    });

    test(`the example in ${language} has about thirty lines`, () => {
      assert.ok(exampleIn(language).trim().split('\n').length <= 30);
    });
  }

  test('names every method, event and error', () => {
    for (const name of Object.values(methods))
      if (!name.startsWith('development.')) assert.ok(page.includes(`\`${name}`), name);
    for (const name of notifications) assert.ok(page.includes(`\`${name} `), name);
    for (const [name, { number }] of Object.entries(ticketErrors))
      assert.ok(page.includes(`${number} ${name}`), name);
  });
});
