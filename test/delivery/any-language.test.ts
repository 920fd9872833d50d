import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
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

  test('Java: signs in and calls an API', { skip: java === undefined && 'needs Java 17' }, async () => {
    await greets(java ?? '', [join(callers, 'SignIn.java')]);
  });

  test('Pascal: signs in and calls an API', { skip: fpc === undefined && 'needs Free Pascal' }, async () => {
    await run(fpc ?? '', ['-v0', `-FE${desk.folder}`, join(callers, 'SignIn.pas')]);
    await greets(join(desk.folder, 'SignIn'), []);
  });

  test('C#: signs in and calls an API', { skip: mcs === undefined && 'needs Mono' }, async () => {
    const program = join(desk.folder, 'SignIn.exe');
    await run(mcs ?? '', [
      '-warnaserror',
      '-r:System.Net.Http',
      `-out:${program}`,
      join(callers, 'SignIn.cs'),
    ]);
    await greets('mono', [program]);
  });

  test('C#: gets a ticket from the Identity Agent', { skip: mcs === undefined && 'needs Mono' }, async () => {
    const program = join(desk.folder, 'Ticket.exe');
    const libraries = ['System.Runtime.Serialization', 'System.Xml', 'System.Xml.Linq'];
    await run(mcs ?? '', [
      '-warnaserror',
      ...libraries.map((name) => `-r:${name}`),
      `-out:${program}`,
      join(callers, 'Ticket.cs'),
    ]);
    const socket = String(desk.instance.state.agentSocket);
    const env = { ...process.env, ALONGSIDE_AGENT_SOCKET: socket };
    const { stdout } = await run('mono', [program], { env });
    assert.match(stdout, /^\S{20,}\n$/);
    await desk.instance.api('PUT', '/readers/0/card', { card: 'locked' });
    await assert.rejects(run('mono', [program], { env }), { stderr: /0x80200004/ });
  });
});
