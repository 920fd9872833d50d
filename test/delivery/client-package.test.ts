import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { clone, Project, pack } from './packages/testing/project.ts';

// The client library for suppliers: packed, and installed by npm into an empty project.
const run = promisify(execFile);
const oldest = process.env.ALONGSIDE_OLDEST_CLIENT_NODE;

describe('the package of the client library', () => {
  let folder = '';
  let supplier: Project;
  let project = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'client-package-'));
    const packed = await pack(folder, '--only', '@alongside/client');
    assert.deepEqual(
      await readdir(folder),
      packed.map((file) => basename(file)),
    );
    supplier = await Project.create();
    project = supplier.folder;
    // From the clone's packages, because tests download nothing; npm uses them as dependencies of the package.
    await supplier.install(packed, ['jose', '@types/node', 'undici-types']);
  });
  after(async () => {
    await supplier?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const installed = (...path: string[]) => join(project, 'node_modules/@alongside/client', ...path);
  const manifest = async () =>
    JSON.parse(await readFile(installed('package.json'), 'utf8')) as Record<string, unknown>;

  /** Runs a program of the project on the oldest supported Node. */
  async function program(name: string, text: string): Promise<string> {
    await writeFile(join(project, name), text);
    return (await run(oldest ?? '', [name], { cwd: project })).stdout;
  }

  test('contains JavaScript, types, licence and README, and no files of the clone', async () => {
    const files = (await readdir(installed(), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed().length + 1))
      .sort();
    const code = files.filter((file) => file.startsWith('dist'));
    assert.deepEqual(
      files.filter((file) => !code.includes(file)),
      ['LICENSE', 'README.md', 'package.json'],
    );
    assert.deepEqual(
      code.filter((file) => !/^[a-z0-9/-]+\.(js|d\.ts)$/.test(file) || /test/.test(file)),
      [],
      'no source, no test, no map',
    );
    const scripts = code.filter((file) => file.endsWith('.js'));
    assert.deepEqual(
      scripts.map((file) => file.replace(/js$/, 'd.ts')),
      code.filter((file) => file.endsWith('.d.ts')),
    );
    for (const file of files) {
      const text = await readFile(installed(file), 'utf8');
      assert.ok(!text.includes(clone), `${file} names a folder of this machine`);
      assert.doesNotMatch(text, /(from |import\()['"][^'"]*\.ts['"]/, file);
    }
    assert.doesNotMatch(
      await readFile(installed('README.md'), 'utf8'),
      /\]\(\.\./,
      'links that lead nowhere',
    );
  });

  test('declares entry, licence, oldest Node and the one dependency', async () => {
    const { name, type, license, engines, exports, dependencies, files, sideEffects, ...rest } =
      await manifest();
    assert.deepEqual(
      { name, type, license, engines, files, sideEffects },
      {
        name: '@alongside/client',
        type: 'module',
        license: 'Apache-2.0',
        engines: { node: '>=20.19' },
        files: ['dist'],
        sideEffects: false,
      },
    );
    assert.deepEqual(exports, {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './web': { types: './dist/web/index.d.ts', default: './dist/web/index.js' },
      './page': { types: './dist/page/index.d.ts', default: './dist/page/index.js' },
      './package.json': './package.json',
    });
    assert.deepEqual(Object.keys(dependencies as object), ['jose']);
    assert.deepEqual(Object.keys(rest).sort(), [
      'bin',
      'bugs',
      'description',
      'homepage',
      'keywords',
      'main',
      'publishConfig',
      'repository',
      'types',
      'version',
    ]);
  });

  test('has types for nodenext that are valid without the DOM and without skipLibCheck', async () => {
    const source = [
      "import { createCombined, platformAt, TokenSet, type Combined } from '@alongside/client';",
      "import { createWebSignIn, expressSignIn } from '@alongside/client/web';",
      "import { createPageSignIn, type PageSignIn } from '@alongside/client/page';",
      "const settings = { clientId: 'a', clientSecret: 'b', redirectUri: 'http://localhost/c' };",
      "const combined: Combined = createCombined({ ...platformAt('http://localhost/oauth2'), ...settings });",
      'const tokens: Promise<TokenSet> = combined.finish(new URL("http://localhost/c"), combined.begin().state);',
      '// @ts-expect-error a setting is missing',
      "createCombined({ clientId: 'a' });",
      "const web = createWebSignIn({ origin: 'https://clinic.example', pattern: combined });",
      'const page: Promise<number | Response> = web.guard(new Request("https://clinic.example/"), () => 1);',
      "const inPage: PageSignIn = createPageSignIn({ issuer: 'https://a.example', clientId: 'a', redirectUri: 'https://b.example' });",
      'void [tokens, page, expressSignIn(web), inPage];',
    ];
    await writeFile(join(project, 'program.ts'), source.join('\n'));
    const compilerOptions = {
      module: 'nodenext',
      moduleResolution: 'nodenext',
      target: 'ES2022',
      lib: ['ES2024'],
      strict: true,
      noEmit: true,
      types: ['node'],
      exactOptionalPropertyTypes: false,
    };
    await writeFile(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['program.ts'] }),
    );
    for (const compiler of ['@typescript/native', 'typescript']) {
      const tsc = join(clone, 'node_modules', compiler, 'bin', compiler === 'typescript' ? 'tsc6' : 'tsc');
      const complaints = await run(process.execPath, [tsc, '-p', project]).then(
        () => '',
        (error: { stdout: string; stderr: string }) => `${error.stdout}${error.stderr}`,
      );
      assert.equal(complaints, '', compiler);
    }
  });

  describe('on the oldest supported Node', {
    skip: oldest === undefined && 'needs Node.js 20.19',
  }, () => {
    test('is imported by a plain JavaScript module', async () => {
      const text = [
        "import { createCombined, parseNhsNumber, platformAt, TokenSet } from '@alongside/client';",
        "const settings = { clientId: 'a', clientSecret: 'b', redirectUri: 'http://localhost/c' };",
        "const { url } = createCombined({ ...platformAt('http://localhost/oauth2'), ...settings }).begin();",
        "const tokens = new TokenSet({ accessToken: 'secret', expiresAt: 1 });",
        "console.log(process.version, url.split('?')[0], parseNhsNumber('900 000 0009'), tokens);",
      ];
      assert.match(
        await program('module.js', text.join('\n')),
        /^v20\.19\.\d+ http:\/\/localhost\/oauth2\/authorize 9000000009 TokenSet \{"accessToken":"\[redacted\]"/,
      );
    });

    test('is loaded by CommonJS', async () => {
      const text = "console.log(typeof require('@alongside/client').createSeparate);";
      assert.equal(await program('common.cjs', text), 'function\n');
    });

    test('exports everything of its index and nothing internal', async () => {
      const text =
        "import * as client from '@alongside/client';console.log(Object.keys(client).sort().join());";
      const offered = await import('@alongside/client');
      assert.equal((await program('names.js', text)).trim(), Object.keys(offered).sort().join());
      const inside = "import('@alongside/client/dist/secrets.js').catch((error) => console.log(error.code));";
      assert.equal(await program('inside.js', inside), 'ERR_PACKAGE_PATH_NOT_EXPORTED\n');
    });
  });
});
