import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { main } from './testing/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'init-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a project; returns its folder. */
function project(name: string, files: Record<string, string> = { 'package.json': '{}\n' }): string {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return join(folder, name);
}

/** Writes a packed file of a package with this name. */
function pack(name: string, file: string): void {
  const work = mkdtempSync(join(folder, 'pack-'));
  mkdirSync(join(work, 'package'));
  writeFileSync(join(work, 'package', 'package.json'), JSON.stringify({ name }));
  execFileSync('tar', ['-czf', file, '-C', work, 'package/package.json']);
}

interface Ended {
  code: number;
  out: string;
  err: string;
}

const run = (cwd: string, program: string, ...words: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(program, words, { cwd }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
    child.stdin?.end();
  });

const init = (cwd: string, ...flags: string[]): Promise<Ended> =>
  run(cwd, process.execPath, main, 'init', ...flags);

interface Written {
  runner: string;
  ci: string;
  files: { path: string; outcome: string; text: string }[];
  next: string[];
}

/** Runs it without writing; returns its JSON. */
async function planned(cwd: string, ...flags: string[]): Promise<Written> {
  const { out, err } = await init(cwd, '--dry-run', '--json', '--yes', ...flags);
  assert.equal(err, '');
  return JSON.parse(out) as Written;
}
const textOf = ({ files }: Written, end: string): string =>
  files.find(({ path }) => path.endsWith(end))?.text ?? '';

describe('alongside init', () => {
  test('writes four files, keeps the form of package.json, and writes nothing the second time', async () => {
    const text = '{\r\n\t"name": "clinic",\r\n\t"devDependencies": {\r\n\t\t"zod": "4"\r\n\t}\r\n}\r\n';
    const clinic = project('clinic', { 'package.json': text, '.github/CODEOWNERS': '' });
    const first = await init(clinic);
    assert.equal(first.code, 0, first.err);
    assert.deepEqual(
      first.out
        .trim()
        .split('\n')
        .map((line) => line.split(':')[0]),
      [
        'Changed package.json',
        'Created .env.example',
        'Created test/alongside.test.mjs',
        'Created .github/workflows/alongside.yml',
      ],
    );
    assert.match(first.err, /^\nNext:\n {2}npm install\n {2}npx alongside exec --person gp -- npm test\n$/);
    assert.equal(
      readFileSync(join(clinic, 'package.json'), 'utf8'),
      '{\r\n\t"name": "clinic",\r\n\t"devDependencies": {\r\n\t\t"alongside": "^0.1.0",\r\n\t\t"zod": "4"\r\n\t},\r\n\t"scripts": {\r\n\t\t"test": "node --test"\r\n\t}\r\n}\r\n',
    );
    const again = await init(clinic);
    assert.equal(again.out.match(/^Kept /gm)?.length, 4);
  });

  test('keeps the byte order mark, the line ends and the indent of package.json', async () => {
    const kept = project('kept', {
      'package.json':
        '\uFEFF{\r\n\r\n    "name": "a",\r\n    "scripts": {\r\n        "test": "node --test"\r\n    }\r\n}',
    });
    await init(kept, '--ci', 'none');
    assert.equal(
      readFileSync(join(kept, 'package.json'), 'utf8'),
      '\uFEFF{\r\n    "name": "a",\r\n    "scripts": {\r\n        "test": "node --test"\r\n    },\r\n    "devDependencies": {\r\n        "alongside": "^0.1.0"\r\n    }\r\n}',
    );
  });

  test('keeps existing files, and prints the lines to add', async () => {
    const files = { 'package.json': '{}', '.env.example': 'MINE=1\n', '.gitlab-ci.yml': 'mine: {}\n' };
    const mine = project('mine', files);
    const { out } = await init(mine);
    assert.match(
      out,
      /^Kept \.env\.example: it exists; add by hand what it lacks:\n(?: .*\n)* {2}ALONGSIDE_API_URL=/m,
    );
    assert.match(out, /^Kept \.gitlab-ci\.yml: .*\n(?: .*\n)* {4}image: node:24/m);
    assert.equal(readFileSync(join(mine, '.env.example'), 'utf8'), 'MINE=1\n');
    assert.equal(readFileSync(join(mine, '.gitlab-ci.yml'), 'utf8'), 'mine: {}\n');
  });

  test('takes the runner from package.json, and runs it where "npm test" does not', async () => {
    const vitest = {
      devDependencies: { vitest: '4', typescript: '6' },
      scripts: { test: 'vitest' },
      type: 'module',
    };
    const inVitest = await planned(
      project('vitest', { 'package.json': JSON.stringify(vitest) }),
      '--ci',
      'azure',
    );
    assert.deepEqual(
      [inVitest.runner, inVitest.next.at(-1)],
      ['vitest', 'npx alongside exec --person gp -- npm test'],
    );
    assert.match(textOf(inVitest, 'test/alongside.test.ts'), /from 'alongside\/testing\/vitest'/);
    const jest = { scripts: { test: 'jest' } };
    const inJest = await planned(project('jest', { 'package.json': JSON.stringify(jest), 'tests/a.js': '' }));
    assert.deepEqual(
      [inJest.runner, inJest.next.at(-1)],
      ['node', 'npx alongside exec --person gp -- node --test alongside/sign-in.node.mjs'],
    );
  });

  test('takes Playwright’s folder of tests, and the package manager of the lock file', async () => {
    const pnpm = project('pnpm', {
      'package.json': '{"devDependencies": {"@playwright/test": "1"}}',
      'playwright.config.ts': "export default {\n  testDir: './e2e',\n};\n",
      'pnpm-lock.yaml': '',
    });
    const plan = await planned(pnpm, '--ci', 'gitlab');
    assert.ok(textOf(plan, 'e2e/alongside.spec.mjs').includes('test.use'));
    const ci = textOf(plan, '.gitlab-ci.yml');
    for (const line of ['corepack enable', 'pnpm install --frozen-lockfile', 'pnpm exec playwright install'])
      assert.ok(ci.includes(`- ${line}`), line);
    assert.deepEqual(plan.next.slice(0, 2), ['pnpm install', 'pnpm exec playwright install chromium']);
    const bare = await planned(project('bare'), '--test', 'playwright');
    assert.equal(bare.next[0], 'npm install --save-dev @playwright/test');
  });

  for (const [name, lock, text, lines] of [
    [
      'Yarn 1, which takes "--" from a command',
      'yarn.lock',
      '# AUTOGENERATED\n# yarn lockfile v1\n',
      ['corepack enable', 'yarn install --frozen-lockfile', 'npx alongside exec --person gp -- yarn test'],
    ],
    [
      'a newer Yarn',
      'yarn.lock',
      '__metadata:\n  version: 8\n',
      ['corepack enable', 'yarn install --immutable', 'yarn alongside exec --person gp -- yarn test'],
    ],
    [
      'Bun',
      'bun.lock',
      '{}',
      [
        'npm install --global bun',
        'bun install --frozen-lockfile',
        'bunx alongside exec --person gp -- bun run test',
      ],
    ],
  ] as const)
    test(`writes the commands of ${name}`, async () => {
      const plan = await planned(project(name, { 'package.json': '{}', [lock]: text }), '--ci', 'gitlab');
      const commands = textOf(plan, '.gitlab-ci.yml').match(/(?<=^ {4}- ).*/gm);
      assert.deepEqual(commands, [...lines]);
    });

  test('writes the CI file of the remote at the top of the repository', async () => {
    const config = '[remote "origin"]\n\turl = git@ssh.dev.azure.com:v3/a/b/c\n';
    const packages = project('repository', { '.git/config': config, 'apps/web/package.json': '{}' });
    const plan = await planned(join(packages, 'apps/web'));
    assert.equal(plan.ci, 'azure');
    assert.match(textOf(plan, '../../azure-pipelines.yml'), /workingDirectory: apps\/web$/m);
  });

  test('installs from a packed file, and warns if CI cannot find it', async () => {
    const inside = project('packed', { 'package.json': '{}', 'vendor/alongside.tgz': '' });
    pack('alongside', join(inside, 'vendor/alongside.tgz'));
    pack('other', join(inside, 'other.tgz'));
    const whole = readFileSync(join(inside, 'vendor/alongside.tgz'));
    writeFileSync(join(inside, 'half.tgz'), whole.subarray(0, whole.length / 2));
    const half = await init(inside, '--yes', '--package', 'half.tgz');
    assert.deepEqual([half.code, half.out], [1, '']);
    assert.match(half.err, /^half\.tgz is not a packed file\. /);
    const other = await init(inside, '--yes', '--package', 'other.tgz');
    assert.match(other.err, /^other\.tgz is not a packed file of Alongside, but of other\. /);
    const plan = await planned(inside, '--package', 'vendor/alongside.tgz');
    assert.match(textOf(plan, 'package.json'), /"alongside": "file:vendor\/alongside\.tgz"/);
    const outside = await planned(project('unpacked'), '--package', join(inside, 'vendor/alongside.tgz'));
    assert.match(outside.next[0] ?? '', /^Copy .*alongside\.tgz into this project/);
  });

  for (const [name, files, flags, code, message] of [
    [
      'a folder without package.json',
      {},
      ['--ci', 'none'],
      1,
      /There is no package\.json in .*"npm init -y"/,
    ],
    [
      'a package.json that is not JSON',
      { 'package.json': '{' },
      ['--ci', 'none'],
      1,
      /package\.json is not JSON/,
    ],
    ['an unknown CI', { 'package.json': '{}' }, ['--ci', 'gitbub'], 2, /Did you mean github\?/],
    [
      'an unknown runner',
      { 'package.json': '{}' },
      ['--test', 'jest'],
      2,
      /--test must be node, vitest, playwright/,
    ],
    ['no sign of a CI', { 'package.json': '{}' }, [], 2, /Add --ci github, gitlab, azure or none\./],
    [
      'a missing packed file',
      { 'package.json': '{}' },
      ['--package', 'a.tgz'],
      1,
      /There is no file .*a\.tgz\./,
    ],
    [
      'a file in place of a folder',
      { 'package.json': '{}', '.github': '' },
      [],
      1,
      /alongside\.yml cannot be written: .* Nothing was changed\.$/m,
    ],
  ] as const)
    test(`ends with one sentence and code ${code} for ${name}`, async () => {
      const cwd = project(`bad ${name}`, { ...files, keep: '' });
      const { code: actual, out, err } = await init(cwd, ...flags);
      assert.deepEqual([actual, out], [code, '']);
      assert.match(err, message);
      assert.equal(err.trim().split('\n').length, 1);
      assert.deepEqual(readdirSync(cwd).sort(), [...Object.keys(files), 'keep'].sort());
    });

  for (const [name, blocks, manifest] of [
    ['test/alongside.test.mjs', 1, '{}'],
    ['package.json', 2, JSON.stringify({ description: 'long'.repeat(300) })],
  ] as const)
    test(`restores everything if the disk has no space for ${name}`, {
      skip: process.platform === 'win32' && 'needs a limit of the size of files',
    }, async () => {
      const files = { 'package.json': manifest, '.env.example': '' };
      const cwd = project(`full disk ${blocks}`, files);
      // In blocks of 512 bytes.
      const limited = [`ulimit -f ${blocks} && exec "$@"`, 'init', process.execPath, main];
      const { code, err } = await run(cwd, '/bin/sh', '-c', ...limited, 'init', '--ci', 'none');
      assert.equal(code, 1);
      assert.ok(err.startsWith(`${name} cannot be written: EFBIG`), err);
      assert.ok(err.endsWith(' Nothing was changed.\n'), err);
      assert.deepEqual(readdirSync(cwd).sort(), Object.keys(files).sort());
      assert.equal(readFileSync(join(cwd, 'package.json'), 'utf8'), manifest);
    });
});

describe('alongside init in a project of another language', () => {
  const refusal = /This is a project with go\.mod.*alongside exec --person gp -- go test .*any-language/;

  test('writes nothing and names the command for its tests', async () => {
    const plain = project('go', { 'go.mod': 'module a' });
    const mixed = project('go-and-npm', { 'go.mod': 'module a', 'package.json': '{}\n' });
    for (const cwd of [plain, mixed]) {
      const { code, err } = await init(cwd, '--yes', '--ci', 'none');
      assert.equal(code, 1);
      assert.match(err.replaceAll('\n', ' '), refusal);
      assert.ok(readdirSync(cwd).every((name) => ['go.mod', 'package.json'].includes(name)));
    }
  });

  test('writes a test where the runner is known or named', async () => {
    const files = {
      'pom.xml': '<project/>',
      'package.json': '{"devDependencies":{"@playwright/test":"1"}}\n',
    };
    assert.equal((await planned(project('maven-playwright', files))).runner, 'playwright');
    const named = project('maven-named', { 'pom.xml': '<project/>', 'package.json': '{}\n' });
    assert.equal((await planned(named, '--test', 'node')).runner, 'node');
    const tested = { 'pom.xml': '<project/>', 'package.json': '{"scripts":{"test":"node --test"}}\n' };
    assert.equal((await planned(project('maven-tested', tested))).runner, 'node');
  });
});

describe('alongside init in a project in Java', () => {
  const junit = '<project><artifactId>junit-jupiter</artifactId></project>';

  test('writes the test kit and a test, and a CI file that installs Java', async () => {
    const clinic = project('java', { 'pom.xml': junit, '.github/CODEOWNERS': '' });
    const { runner, files, next } = await planned(clinic);
    assert.deepEqual(
      [runner, files.map(({ path }) => path)],
      [
        'junit',
        [
          'src/test/java/alongside/SignInTest.java',
          'src/test/java/alongside/testing/AlongsideInstance.java',
          '.github/workflows/alongside.yml',
        ],
      ],
    );
    assert.deepEqual(next, ['npx alongside exec --person gp -- mvn --batch-mode test']);
    const ci = textOf({ runner, ci: '', files, next }, 'alongside.yml');
    assert.match(
      ci,
      /setup-java@v4[\s\S]*npx --yes alongside@\^0\.1\.0 exec --person gp -- mvn --batch-mode test\n/,
    );
  });

  test('takes the wrapper of Gradle, and a packed file within the repository', async () => {
    const gradle = project('gradle', {
      'build.gradle.kts': 'useJUnitPlatform()',
      gradlew: '',
      'libs/.keep': '',
    });
    pack('alongside', join(gradle, 'libs', 'alongside.tgz'));
    const plan = await planned(gradle, '--ci', 'gitlab', '--package', 'libs/alongside.tgz');
    assert.match(
      textOf(plan, '.gitlab-ci.yml'),
      /npx --yes --package \.\/libs\/alongside\.tgz alongside exec --person gp -- \.\/gradlew test\n/,
    );
  });

  test('refuses what cannot run the kit', async () => {
    for (const [name, files, words, expected] of [
      [
        'junit4',
        { 'pom.xml': '<artifactId>junit</artifactId>' },
        [],
        /names no JUnit 5.*Add org\.junit\.jupiter/,
      ],
      ['parent', { 'pom.xml': `${junit}<packaging>pom</packaging>` }, [], /that of a parent.*in the module/],
      [
        'no-java',
        { 'package.json': '{}' },
        ['--test', 'junit'],
        /There is no pom\.xml or build\.gradle here/,
      ],
    ] as const) {
      const { code, err } = await init(project(name, files), '--ci', 'none', ...words);
      assert.equal(code, 1, name);
      assert.match(err.replaceAll('\n', ' '), expected);
    }
  });

  test('finds JUnit 5 in the parent of a module', async () => {
    project('modules', { 'pom.xml': `${junit}<packaging>pom</packaging>`, '.git/config': '' });
    const { runner } = await planned(project('modules/web', { 'pom.xml': '<project/>' }), '--ci', 'none');
    assert.equal(runner, 'junit');
  });
});
