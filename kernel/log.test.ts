import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { readableLine } from './readable-log.ts';

const log = JSON.stringify(new URL('./log.ts', import.meta.url).href);

/** Runs a program that logs. Returns its exit code and the lines of its standard error. */
function run(program: string): { code: number | null; lines: string[] } {
  const source = `import { createLog } from ${log};\nconst log = createLog('info', 'test');\n${program}`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
  });
  return { code: status, lines: stderr.split('\n').filter((line) => line.startsWith('{')) };
}

const many = 'for (let n = 0; n < 5000; n++) log.info({ n }, "one of many");';

describe('the log', () => {
  for (const [end, program, code] of [
    ['returns', '', 0],
    ['exits', 'process.exit(3);', 3],
    ['throws', 'throw new Error("a crash");', 1],
    ['rejects', 'await Promise.reject(new Error("a crash"));', 1],
  ] as const)
    test(`has every line, in order, when the program ${end}`, () => {
      const ended = run(`${many}\n${program}`);
      assert.equal(ended.code, code);
      assert.deepEqual(
        ended.lines.map((line) => (JSON.parse(line) as { n: number }).n),
        Array.from({ length: 5000 }, (_, n) => n),
      );
    });

  test('has the same form for lines of members, and only those of its level or above', () => {
    const { lines } = run(`
      const { createLineLog, listMember, member } = await import(${log});
      const plain = createLineLog({ current: 'info' }, 'test');
      const id = 'a"\\u202e\\n';
      log.info({ id, none: undefined, list: ['b', id] }, 'x');
      plain.write('info', member('id', id) + member('none', undefined) + listMember('list', ['b', id]), 'x');
      log.info({ debug: plain.writes('debug'), error: plain.writes('error') }, 'writes');`);
    const [one, two, writes] = lines.map((line) => line.replace(/"time":\d+/, '"time":0'));
    assert.equal(two, one);
    assert.match(two ?? '', /"list":\["b","a\\"\\u202e\\n"\]/);
    assert.match(writes ?? '', /"debug":false,"error":true/);
  });

  test('hides members with the names of secrets', () => {
    const { lines } = run(
      'log.info({ pin: "123456", newPin: "1234", deep: { token: "abc", ticket: "abc" } }, "x");',
    );
    assert.doesNotMatch(lines.join(), /1234|abc/);
  });

  test('escapes control and direction characters, and keeps other letters', () => {
    const { lines } = run('log.info({ detail: "a\\u202eb\\u0085c\\u001b[31m é 漢" }, "x");');
    assert.match(lines[0] ?? '', /"a\\u202eb\\u0085c\\u001b\[31m é 漢"/);
  });
});

describe('a line for a terminal', () => {
  const time = Date.UTC(2026, 10, 27, 21, 39, 10);
  const text = (line: Record<string, unknown>) =>
    readableLine(JSON.stringify({ level: 30, time, ...line }), 'alongside explain').replace(
      /^ {2}\S+ {2}/,
      '',
    );

  test('contains the command that explains a refusal', () => {
    const refused = {
      method: 'POST',
      route: '/oauth2/token',
      status: 401,
      error: 'authorisation.x',
      detail: 'why',
    };
    assert.equal(
      text({ service: 'api', msg: 'refused', id: 'an-id', ...refused }),
      'api            refused   POST /oauth2/token 401 authorisation.x: why (alongside explain an-id)\n',
    );
  });

  test('names the user and the application of a sign-in', () => {
    const line = {
      service: 'cis2',
      msg: 'signed in',
      route: '/agent/return',
      user: '656005750108',
      application: 'demo',
    };
    assert.equal(text(line), 'cis2           signed in 656005750108 for demo\n');
  });

  test('shows warnings with their members, and the stack of a failure', () => {
    assert.equal(
      text({ level: 40, service: 'cis', msg: 'a mail could not be sent', mail: 7, reason: 'no server' }),
      'cis            warning: a mail could not be sent (mail 7, reason no server)\n',
    );
    const failed = {
      service: 'api',
      msg: 'failed',
      method: 'GET',
      route: '/x',
      status: 500,
      id: 'i',
      stack: 'Error: why\n at y',
    };
    assert.match(text(failed), /\n {6}Error: why\n {7}at y\n$/);
  });

  test('escapes control characters', () => {
    assert.doesNotMatch(text({ service: 'x', msg: 'a\u001b[31m\nb' }).slice(0, -1), /\p{C}/u);
  });
});
