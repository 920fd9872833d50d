import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { StateFile } from '../../src/state-file.ts';
import { bannerOf, typedCommands } from '../testing/banner.ts';
import { startPostgres } from '../testing/postgres.ts';
import { firstJourney } from './packages/testing/first-journey.ts';
import { clone, Project, pack, packedOnce } from './packages/testing/project.ts';

const run = promisify(execFile);
const nodes = { current: process.execPath, oldest: process.env.ALONGSIDE_OLDEST_NODE };
const tooOld = process.env.ALONGSIDE_OLDEST_CLIENT_NODE;

/** An API with an open operation, in YAML. */
const definition = `openapi: 3.0.3
info: { title: Notes, version: 1.0.0 }
servers: [{ url: https://example.test/notes }]
x-nhsd-apim: { access: [{ title: Users, grants: { nhs-cis2-aal3: [] } }] }
security: []
paths:
  /{id}:
    get:
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses:
        '200': { description: A note, content: { application/json: { example: { text: Hello } } } }
`;

let folder = '';
const packed: string[] = [];
let project: Project;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packages-'));
  for (const name of ['alongside', '@alongside/client', '@alongside/identity-agent', 'create-alongside'])
    packed.push(await packedOnce(name));
  project = await Project.create();
  await project.install(packed.slice(0, 1));
});
after(async () => {
  await project?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Serves the packed files as a registry of npm; returns its address. */
async function serveRegistry(t: TestContext, files: readonly string[]): Promise<string> {
  const known = new Map<string, { data: Buffer; manifest: { name: string; version: string } }>();
  for (const file of files) {
    const { stdout } = await run('tar', ['-xzOf', file, 'package/package.json']);
    const manifest = JSON.parse(stdout) as { name: string; version: string };
    known.set(manifest.name, { data: await readFile(file), manifest });
  }
  const server = createServer((request, response) => {
    const [, name = '', isFile] = decodeURIComponent(request.url ?? '').split('/');
    const found = known.get(name);
    if (!found) return response.writeHead(404).end('{}');
    const { data, manifest } = found;
    if (isFile !== undefined) return response.end(data);
    const integrity = `sha512-${createHash('sha512').update(data).digest('base64')}`;
    const dist = { tarball: `${address}/${name}/packed.tgz`, integrity };
    const { version } = manifest;
    const versions = { [version]: { ...manifest, dist } };
    return response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return address;
}

describe('the packages', () => {
  test('are identical when they are built again', async () => {
    const again = await pack(join(folder, 'two'));
    assert.equal(again.length, packed.length);
    for (const [n, file] of packed.entries())
      assert.ok((await readFile(file)).equals(await readFile(again[n] ?? '')), basename(file));
  });
});

describe('the package of the product', () => {
  const installed = (...path: string[]) => project.path('node_modules/alongside', ...path);
  const program = () => installed('bin/alongside.cjs');

  test('contains bundled JavaScript, notices and no file of the clone', async () => {
    const files = (await readdir(installed(), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed().length + 1))
      .sort();
    assert.deepEqual(
      files.filter((file) => !/^(dist\/[\w.-]+\.js|testing\/\w+\.d\.ts)$/.test(file)),
      [
        'LICENSE.txt',
        'README.md',
        'THIRD-PARTY-NOTICES.txt',
        'bin/alongside.cjs',
        'bin/first.cjs',
        'bin/npm.cjs',
        'package.json',
      ],
    );
    for (const file of files)
      assert.ok(
        !(await readFile(installed(file), 'utf8')).includes(clone),
        `${file} names a folder of this machine`,
      );
  });

  test('is at most 1.5 MB packed', async () => {
    const { size } = await stat(packed[0] ?? '');
    assert.ok(size <= 1_500_000, `${size} bytes`);
  });

  test('installs nothing else and runs no script', async () => {
    const manifest = JSON.parse(await readFile(installed('package.json'), 'utf8')) as Record<string, unknown>;
    const { scripts, dependencies, peerDependenciesMeta } = manifest;
    assert.deepEqual([scripts, dependencies], [undefined, undefined]);
    assert.deepEqual(peerDependenciesMeta, {
      pkcs11js: { optional: true },
      'pcsc-mini': { optional: true },
      '@playwright/test': { optional: true },
      vitest: { optional: true },
    });
    assert.deepEqual(
      (await readdir(project.path('node_modules'))).filter((name) => !name.startsWith('.')),
      ['alongside'],
    );
  });

  test('has notices of the packages in the bill of materials', async () => {
    const file = join(folder, 'sbom.json');
    await run(process.execPath, [join(clone, 'scripts/sbom.mjs'), file]);
    const { components } = JSON.parse(await readFile(file, 'utf8')) as {
      components: { group?: string; name: string; version: string }[];
    };
    const known = new Set(
      components.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name} ${version}`),
    );
    const notices = await readFile(installed('THIRD-PARTY-NOTICES.txt'), 'utf8');
    const named = [...notices.matchAll(/^(\S+ \d\S*) \(([\w.-]+)\)$/gm)].map(([, name = '']) => name);
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });

  test('is not built with a package under an unlisted licence', async () => {
    const bundled = join(folder, 'bundled');
    for (const [name, license] of [
      ['free', 'MIT'],
      ['strict', 'GPL-3.0-only'],
      ['silent', undefined],
    ] as const) {
      const own = join(bundled, 'node_modules', name);
      await mkdir(own, { recursive: true });
      await writeFile(join(own, 'package.json'), JSON.stringify({ name, version: '1.0.0', license }));
      await writeFile(join(own, 'index.js'), `export const ${name} = '${name}';`);
      await writeFile(
        join(bundled, `${name}.mjs`),
        `import { ${name} } from '${name}'; console.log(${name});`,
      );
    }
    const build = [
      "import { rolldown } from 'rolldown';",
      "import license from 'rollup-plugin-license';",
      "import { allowedLicences } from './scripts/pack/licences.mjs';",
      'const plugins = [license({ thirdParty: { allow: allowedLicences(() => false) } })];',
      'const bundle = await rolldown({ input: process.argv[1], plugins });',
      "await bundle.write({ file: process.argv[1] + '.out', codeSplitting: false });",
    ].join('\n');
    const outcome = (name: string): Promise<string> =>
      run(process.execPath, ['--input-type=module', '--eval', build, join(bundled, `${name}.mjs`)], {
        cwd: clone,
      }).then(
        () => 'built',
        (error: { stderr: string }) => error.stderr,
      );
    assert.equal(await outcome('free'), 'built');
    assert.match(await outcome('strict'), /strict[\s\S]*GPL-3\.0-only/);
    assert.match(await outcome('silent'), /silent/);
  });

  test('prints the remedy on an old Node, in one sentence', {
    skip: tooOld === undefined && 'needs Node.js 20.19',
  }, async () => {
    const failure = await run(tooOld ?? '', [program(), '--version']).then(
      () => assert.fail('it runs'),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    assert.deepEqual([failure.code, failure.stdout], [1, '']);
    assert.match(
      failure.stderr,
      /^alongside needs Node\.js 24 or newer, and this is v20\.19\.\d+: .*node@24.*\n$/,
    );
    const json = await run(tooOld ?? '', [program(), 'status', '--json']).catch(
      (error: { stdout: string }) => error,
    );
    assert.equal((JSON.parse(json.stdout) as { error: { code: string } }).error.code, 'failed');
  });

  test('runs a supplier’s test with its test kit, types checked', async () => {
    await project.install([], ['@types/node', 'undici-types']);
    const source = [
      "import assert from 'node:assert/strict';",
      "import { test } from 'node:test';",
      "import { attach, type Alongside } from 'alongside/testing';",
      "import { alongside } from 'alongside/testing/node';",
      "test('a sign-in', async (t) => {",
      '  const instance: Alongside = await alongside(t);',
      "  const { person } = await instance.desk('gp');",
      "  const seen = instance.waitFor('cis2.code');",
      '  const { status, hops } = await instance.browser().goto(instance.urls.sample + "/sign-in/combined");',
      '  assert.deepEqual([status, person?.uid, hops.length > 4], [200, "656005750108", true]);',
      '  assert.equal((await seen).outcome, "ok");',
      '  assert.equal((await attach(instance.urls.console)).urls.api, instance.urls.api);',
      '  // @ts-expect-error the person is missing',
      '  void (() => instance.desk());',
      '});',
    ];
    await writeFile(project.path('sign-in.test.ts'), source.join('\n'));
    const compilerOptions = {
      module: 'nodenext',
      target: 'ES2024',
      lib: ['ES2024', 'ESNext.Disposable'],
      strict: true,
      noEmit: true,
      types: ['node'],
    };
    await writeFile(
      project.path('tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['sign-in.test.ts'] }),
    );
    await run(process.execPath, [
      join(clone, 'node_modules/@typescript/native/bin/tsc'),
      '-p',
      project.folder,
    ]);
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', 'sign-in.test.ts'], {
      cwd: project.folder,
      env,
    });
    assert.match(stdout, /^# pass 1$/m);
    assert.match(stdout, /^# fail 0$/m);
  });

  /** Starts a program of npm in the project, in its own process group. */
  function startByNpm(t: TestContext, name: 'npm' | 'npx', ...args: string[]) {
    const own = /^(ALONGSIDE_|npm_|INIT_CWD|NODE_TEST)/;
    const others = Object.entries(process.env).filter(([key]) => !own.test(key));
    // A user of the package has a Node that is new enough.
    const PATH = `${dirname(process.execPath)}:${process.env.PATH}`;
    const options = { cwd: project.folder, env: { ...Object.fromEntries(others), PATH } };
    const child = spawn(name, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => {
      try {
        process.kill(-(child.pid ?? 0), 'SIGKILL');
      } catch {
        // All of them have ended.
      }
    });
    return { child, options };
  }

  test('prints commands that work as they are typed in the project, and stops when npx is ended', async (t) => {
    const { child, options } = startByNpm(
      ...([t, 'npx', 'alongside', 'up', '--port-base', '0', '--log-level', 'warn'] as const),
    );
    const [insert = '', signIn = '', status = ''] = typedCommands(await bannerOf(child));
    // The instance of the folder needs no flag.
    assert.deepEqual([insert, status], ['npx alongside card insert gp', 'npx alongside status']);
    for (const line of [insert, signIn, status]) await run('sh', ['-c', line], options);
    await writeFile(project.path('notes.yaml'), definition);
    await run('sh', ['-c', 'npx alongside api add notes.yaml --mock'], options);
    const { urls } = JSON.parse(await readFile(project.path('.alongside/state.json'), 'utf8')) as StateFile;
    assert.equal(await (await fetch(`${urls.apis}/notes/1`)).text(), '{"text":"Hello"}');
    for (const page of [urls.console, new URL('/tablet', urls.cis2Issuer).href]) {
      const programs = (await (await fetch(page)).text()).matchAll(/<script[^>]* src="([^"]+)"/g);
      const found = [];
      for (const [, address = ''] of programs) found.push((await fetch(new URL(address, page))).status);
      assert.ok(found.length > 0 && found.every((status) => status === 200), `${page}: ${found}`);
    }
    // Its output closes when the instance, which inherited it, has ended as well.
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
    assert.ok(!existsSync(project.path('.alongside/state.json')), 'the instance stopped in order');
  });

  test('stops when npx is killed, or when npm is ended that runs npx', async (t) => {
    const up = ['alongside', 'up', '--ephemeral', '--port-base', '0', '--log-level', 'warn'];
    await writeFile(
      project.path('package.json'),
      JSON.stringify({ private: true, scripts: { up: `npx ${up.join(' ')}` } }),
    );
    const started = [
      { ...startByNpm(t, 'npx', ...up), signal: 'SIGKILL' },
      { ...startByNpm(t, 'npm', 'run', 'up'), signal: 'SIGTERM' },
    ] as const;
    await Promise.all(
      started.map(async ({ child, signal }) => {
        await bannerOf(child);
        // Its output closes when the instance, which inherited it, has ended as well.
        const closed = once(child, 'close');
        child.kill(signal);
        await closed;
      }),
    );
  });

  test('prepares a project by "npm create alongside", from a registry', async (t) => {
    const registry = await serveRegistry(t, packed);
    const cwd = await mkdtemp(join(tmpdir(), 'neues Projekt für '));
    t.after(() => rm(cwd, { recursive: true, force: true }));
    await writeFile(join(cwd, 'package.json'), '{ "name": "created" }');
    const others = Object.entries(process.env).filter(([key]) => !/^(ALONGSIDE_|npm_|NODE_TEST)/.test(key));
    const env = {
      ...Object.fromEntries(others),
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      npm_config_registry: registry,
      npm_config_cache: join(cwd, 'cache'),
      npm_config_audit: 'false',
    };
    const typed = (line: string) => run('sh', ['-c', line], { cwd, env });
    const { stdout } = await typed('npm create --yes alongside -- --ci github');
    assert.match(stdout, /^Created test\/alongside\.test\.mjs: /m);
    await typed('npm install');
    await typed('npx alongside exec --person gp -- npm test');
  });

  const journey = (node: string, ...flags: string[]): Promise<void> =>
    firstJourney({
      program: [node, program()],
      cwd: project.folder,
      flags,
      command: async (...words) => (await run(node, [program(), ...words], { cwd: project.folder })).stdout,
    });

  for (const [name, node] of Object.entries(nodes))
    test(
      `runs the first journey on the ${name} Node`,
      { skip: node === undefined && 'needs Node.js 24' },
      () => journey(node ?? '', '--ephemeral'),
    );

  test('runs the first journey on PostgreSQL', async (t) => {
    const postgres = await startPostgres();
    t.after(() => postgres.stop());
    await journey(
      process.execPath,
      '--data',
      join(folder, 'data'),
      '--database',
      await postgres.create('package'),
    );
  });
});
