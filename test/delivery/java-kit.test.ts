import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startInstance } from '../testing/instance.ts';
import { clone } from './packages/testing/project.ts';

const { ALONGSIDE_JAVA: java, ALONGSIDE_JUNIT: junit = '' } = process.env;
const kit = join(clone, 'examples/java');
const members = join(import.meta.dirname, 'java');

interface Ended {
  code: number;
  out: string;
  err: string;
}

describe('the test kit for Java', {
  skip: (java === undefined || junit === '') && 'needs Java 17 and JUnit 5',
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'java-kit-'));
  const classes = join(folder, 'classes');
  const temporary = join(folder, 'temporary');
  const program = join(folder, 'my alongside');
  after(() => rmSync(folder, { recursive: true, force: true }));

  const run = (file: string, words: readonly string[], variables: Record<string, string> = {}) =>
    new Promise<Ended>((resolve) => {
      const env = { ...process.env, TMPDIR: temporary, ALONGSIDE_CLIENT: program, ...variables };
      execFile(file, words, { env }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
    });

  /** Runs test classes with JUnit's console. */
  const runTests = (names: readonly string[], variables?: Record<string, string>) =>
    run(
      java ?? '',
      [
        ...['-jar', junit, 'execute', '--disable-banner', '--disable-ansi-colors', '--class-path', classes],
        ...names.flatMap((name) => ['--select-class', name]),
      ],
      variables,
    );

  before(async () => {
    await mkdir(temporary);
    const main = join(clone, 'src/cli/main.ts');
    writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });
    const files = [
      ...['AlongsideInstance.java', 'SignInTest.java'].map((name) => join(kit, name)),
      ...['MembersTest.java', 'FailsTest.java'].map((name) => join(members, name)),
    ];
    const { code, err } = await run('javac', [
      ...['--release', '11', '-Xlint:all', '-Werror', '-cp', junit, '-d', classes],
      ...files,
    ]);
    assert.equal(code, 0, err);
  });

  test('starts one instance for all classes, which ends with the tests, and proves every member', async () => {
    const { code, out, err } = await runTests(['clinic.MembersTest', 'alongside.SignInTest']);
    assert.equal(code, 0, out + err);
    assert.match(out, / 7 tests successful/);
    // The test that init writes runs in exec only.
    assert.match(out, / 1 containers skipped/);
    assert.deepEqual(
      readdirSync(temporary).filter((name) => /^alongside-\w{6}$/.test(name)),
      [],
    );
  });

  test('uses the instance of exec, and leaves it running', async (t) => {
    const instance = await startInstance();
    t.after(() => instance.stop());
    const { code, out, err } = await runTests(['clinic.MembersTest', 'alongside.SignInTest'], {
      ALONGSIDE_CONSOLE_URL: instance.urls.console,
      ALONGSIDE_CLIENT: 'none',
    });
    assert.equal(code, 0, out + err);
    assert.match(out, / 8 tests successful/);
    assert.equal((await instance.call('GET', '/agent')).body.state, 'signedIn');
  });

  test('prints what a failed test did, without earlier tests', async () => {
    const { code, out, err } = await runTests(['clinic.FailsTest']);
    assert.equal(code, 1, out);
    assert.match(out, / 1 tests failed/);
    assert.match(out, /failsWithARefusal.*expected: <200> but was: <404>/);
    assert.match(err, /^Alongside at http:\S+, during failsWithARefusal/);
    assert.match(err, /at GET \/the-failed-test, at [\d:]+ UTC \(.*\)\n(?: {2}.*\n)* {2}Fix /);
    assert.doesNotMatch(err, /the-earlier-test/);
  });

  test('says why no instance starts', async () => {
    const { out } = await runTests(['clinic.FailsTest'], { ALONGSIDE_CLIENT: join(folder, 'nothing') });
    assert.match(out, /Alongside cannot be started\. Install it, or run the tests in "alongside exec"\./);
  });

  describe('from alongside init', () => {
    /** Writes a project whose wrapper compiles and runs its tests as Maven does; returns its folder. */
    async function projectWith(name: string, compiler: string): Promise<string> {
      const project = join(folder, name);
      await mkdir(join(project, 'src/test/java'), { recursive: true });
      writeFileSync(join(project, 'pom.xml'), '<project><artifactId>junit-jupiter</artifactId></project>');
      const own = `class OwnTest {\n  @org.junit.jupiter.api.Test\n  void own() {}\n}\n`;
      writeFileSync(join(project, 'src/test/java/OwnTest.java'), own);
      const script = [
        '#!/bin/sh',
        `javac ${compiler} -cp '${junit}' -d target $(find src/test/java -name '*.java') &&`,
        `exec '${java}' -jar '${junit}' execute --disable-banner --class-path target --scan-class-path target`,
      ];
      writeFileSync(join(project, 'mvnw'), `${script.join('\n')}\n`, { mode: 0o755 });
      return project;
    }
    const init = (project: string) => run('sh', ['-c', `cd '${project}' && '${program}' init --ci none`]);

    test('runs in alongside exec, and the tests of the project stay green without it', async () => {
      const project = await projectWith('green', '');
      const { code, out, err } = await init(project);
      assert.equal(code, 0, out + err);
      assert.match(err, /"\.\/mvnw --batch-mode test" passes, as before init\./);
      const command = `cd '${project}' && '${program}' exec --person gp -- ./mvnw --batch-mode test`;
      const inExec = await run('sh', ['-c', command]);
      assert.equal(inExec.code, 0, inExec.out + inExec.err);
      assert.match(inExec.out, / 2 tests successful/);
    });

    test('is removed again if the tests of the project fail with it', async () => {
      // Records, variables without a type and the HTTP client are newer than Java 8.
      const project = await projectWith('old', '--release 8');
      const { code, err } = await init(project);
      assert.equal(code, 1);
      assert.match(err, /passed before init and fails with the new files, so init removed them again/);
      assert.deepEqual(readdirSync(join(project, 'src/test/java')), ['OwnTest.java']);
    });
  });
});
