import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { type HelperDesk, startHelperDesk } from '../testing/helper-desk.ts';
import { clone } from './packages/testing/project.ts';

const run = promisify(execFile);
const callers = join(clone, 'examples/any-language');
const { ALONGSIDE_JAVA: java, ALONGSIDE_FPC: fpc, ALONGSIDE_MCS: mcs } = process.env;

// Bash and Python: test/examples/any-language.test.ts.
describe('the examples in compiled languages', () => {
  let desk: HelperDesk;
  before(async () => {
    desk = await startHelperDesk();
  });
  after(() => desk?.stop());

  /** Runs a program that finds the helper by npx, then by its name. */
  async function greets(program: string, words: readonly string[]): Promise<void> {
    for (const env of [desk.env, desk.namedEnv])
      assert.match((await run(program, words, { env })).stdout, /Hello User/);
  }

  async function compile(program: string, libraries: readonly string[], ...files: string[]): Promise<void> {
    await run(mcs ?? '', [
      '-warnaserror',
      ...libraries.map((name) => `-r:${name}`),
      `-out:${program}`,
      ...files,
    ]);
  }

  test('Java: signs in and calls an API', { skip: java === undefined && 'needs Java 17' }, async () => {
    await greets(java ?? '', [join(callers, 'SignIn.java')]);
  });

  test('Pascal: signs in and calls an API', { skip: fpc === undefined && 'needs Free Pascal' }, async () => {
    await run(fpc ?? '', ['-v0', `-FE${desk.folder}`, join(callers, 'SignIn.pas')]);
    await greets(join(desk.folder, 'SignIn'), []);
  });

  test('C#: signs in and calls an API', { skip: mcs === undefined && 'needs Mono' }, async () => {
    const program = join(desk.folder, 'SignIn.exe');
    await compile(program, ['System.Net.Http'], join(callers, 'SignIn.cs'));
    await greets('mono', [program]);
  });

  test('C#: the test kit uses the instance of exec, or starts and ends its own', {
    skip: mcs === undefined && 'needs Mono',
  }, async () => {
    const { folder, instance } = desk;
    const program = join(folder, 'HeadlessSignIn.exe');
    const libraries = ['System.Net.Http', 'System.Runtime.Serialization', 'System.Xml', 'System.Xml.Linq'];
    const files = ['HeadlessSignIn.cs', 'AlongsideInstance.cs'];
    await compile(program, libraries, ...files.map((file) => join(clone, 'examples/dotnet', file)));
    const client = join(folder, 'my alongside');
    const main = join(clone, 'src/cli/main.ts');
    await writeFile(client, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });
    const temporary = join(folder, 'temporary');
    await mkdir(temporary);
    for (const variables of [
      { ALONGSIDE_CONSOLE_URL: instance.urls.console },
      { ALONGSIDE_CLIENT: client, TMPDIR: temporary },
    ]) {
      const { stdout } = await run('mono', [program], { env: { ...process.env, ...variables } });
      assert.match(stdout, /^signed in at http:\S+\nPUT \/desk: 404 /);
    }
    const left = await readdir(temporary);
    assert.deepEqual(
      left.filter((name) => /^alongside-\w{6}$/.test(name)),
      [],
    );
  });

  test('C#: gets a ticket from the Identity Agent', { skip: mcs === undefined && 'needs Mono' }, async () => {
    const program = join(desk.folder, 'Ticket.exe');
    const libraries = ['System.Runtime.Serialization', 'System.Xml', 'System.Xml.Linq'];
    await compile(program, libraries, join(callers, 'Ticket.cs'));
    const socket = String(desk.instance.state.agentSocket);
    const env = { ...process.env, ALONGSIDE_AGENT_SOCKET: socket };
    const { stdout } = await run('mono', [program], { env });
    assert.match(stdout, /^\S{20,}\n$/);
    await desk.instance.api('PUT', '/readers/0/card', { card: 'locked' });
    await assert.rejects(run('mono', [program], { env }), { stderr: /0x80200004/ });
  });
});
