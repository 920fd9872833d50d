import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { clone } from './packages/testing/project.ts';

const run = promisify(execFile);
const examples = join(clone, 'examples/ticket-api');
const { ALONGSIDE_JAVA: java, ALONGSIDE_MCS: mcs } = process.env;

/** Compiles the shim with the program that calls it; returns the words that run it. */
const compilers = {
  async Java(folder: string): Promise<string[]> {
    const compiler = join(dirname(java ?? ''), 'javac');
    await run(compiler, ['-Xlint:all', '-Werror', '-d', folder, join(examples, 'TicketApi.java')]);
    return [java ?? '', '-cp', folder, 'TicketApi'];
  },
  async 'C#'(folder: string): Promise<string[]> {
    const program = join(folder, 'Calls.exe');
    const libraries = ['System.Runtime.Serialization', 'System.Xml', 'System.Xml.Linq'];
    const files = ['Calls.cs', 'TicketApi.cs'].map((file) => join(examples, file));
    const words = ['-warnaserror', ...libraries.map((name) => `-r:${name}`), `-out:${program}`, ...files];
    await run(mcs ?? '', words);
    return ['mono', program];
  },
};

for (const [language, missing] of [
  ['Java', java === undefined && 'needs Java 17'],
  ['C#', mcs === undefined && 'needs Mono'],
] as const)
  describe(`the calls of the Ticket API in ${language}`, { skip: missing }, () => {
    let instance: TestInstance;
    let folder: string;
    let program: string[];
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'ticket-api-'));
      program = await compilers[language](folder);
      instance = await startInstance({ legacyCis: true });
    });
    after(async () => {
      await instance?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    /** Calls the agent; returns the printed lines. */
    async function calls(names: readonly string[], socket = String(instance.state.agentSocket)) {
      const [executable = '', ...words] = program;
      const env = { ...process.env, ALONGSIDE_AGENT_SOCKET: socket };
      const { stdout } = await run(executable, [...words, ...names], { env });
      return stdout.trimEnd().split('\n');
    }

    async function answersPin(): Promise<void> {
      const end = performance.now() + 20_000;
      const asked = async () => (await instance.api<{ question: string | null }>('GET', '/agent')).question;
      while ((await asked()) !== 'pin') {
        assert.ok(performance.now() < end, 'the agent does not ask for the PIN');
        await sleep(20);
      }
      await instance.api('POST', '/agent/pin', { pin: '123456' });
    }

    test('give the ticket, which CIS turns into a role assertion, a new one, and sign out', async () => {
      await instance.signInAtDesk('gp');
      const [ticket = '', same, versions, remote] = await calls([
        'getTicket',
        'getTicketNoAuth',
        'getGAVersion',
        'isTerminalServiceSession',
      ]);
      assert.match(ticket, /^AQIC5w\S+#$/);
      assert.equal(same, ticket);
      assert.match(versions ?? '', /^1\.0 \d+\.\d+\.\d+$/);
      assert.match(remote ?? '', /^(true|false)$/);
      const assertion = (token: string) =>
        fetch(`${instance.urls.cis}/saml/RoleAssertion?${new URLSearchParams({ token })}`);
      assert.match(await (await assertion(ticket)).text(), /656005750108/);

      const [[renewed = '']] = await Promise.all([calls(['getNewTicket']), answersPin()]);
      assert.notEqual(renewed, ticket);
      assert.equal((await assertion(ticket)).status, 403);
      assert.deepEqual(await calls(['destroyTicket', 'getTicketNoAuth']), [
        'signed out',
        '0x80100009 No user is signed in.',
        'No user is signed in.',
      ]);
      assert.equal((await assertion(renewed)).status, 403);
    });

    test('wait for a user who has not signed in, and name a card that is blocked', async () => {
      await instance.api('PUT', '/readers/0/card', { card: 'nurse' });
      const [[ticket = '']] = await Promise.all([
        calls(['getTicket']),
        answersPin().then(async () => {
          const { roles } = await instance.api<{ roles: { roleId: string }[] }>('GET', '/agent');
          await instance.api('POST', '/agent/role', { roleId: roles[0]?.roleId });
        }),
      ]);
      assert.match(ticket, /^AQIC5w\S+#$/);
      await instance.api('PUT', '/readers/0/card', { card: 'locked' });
      const [refused, description] = await calls(['getTicket']);
      assert.match(refused ?? '', /^0x80200004 /);
      assert.equal(description, 'The PIN of the card is blocked.');
    });

    test('name an agent that does not answer', async () => {
      const nowhere = join(folder, 'nothing.sock');
      await assert.rejects(calls(['getTicket'], nowhere), {
        stdout: /^0x80100007 The Identity Agent does not answer: /,
      });
    });
  });
