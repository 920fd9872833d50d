import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { clone } from './packages/testing/project.ts';

const run = promisify(execFile);

/** Tests of libraries that depend on the order in which their modules run: attestation, CRL, OCSP, CMS, mail, traces. */
const files = [
  'src/cis2/authenticators/webauthn/attestation.test.ts',
  'src/cis/revocation/external.test.ts',
  'src/cis/legacy/sign-in.test.ts',
  'src/cis/mail/mail.test.ts',
  'test/observability/traces.test.ts',
];

const build = [
  "import { rolldown } from 'rolldown';",
  'const [dir, ...input] = process.argv.slice(1);',
  "const external = ['pkcs11js', 'pcsc-mini', 'pg-native', 'playwright-core', 'smtp-server'];",
  "const options = { platform: 'node', external, logLevel: 'silent' };",
  'const bundle = await rolldown({ input: Object.fromEntries(input.map((file, n) => [n, file])), ...options });',
  "await bundle.write({ dir, format: 'esm', entryFileNames: '[name].test.mjs' });",
].join('\n');

test('the libraries pass the tests of their users as the package contains them', {
  timeout: 120_000,
}, async (t) => {
  // Inside the clone, for the packages that stay outside the bundle.
  await mkdir(join(clone, '.cache'), { recursive: true });
  const folder = await mkdtemp(join(clone, '.cache', 'bundled-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await run(process.execPath, ['--input-type=module', '--eval', build, folder, ...files], { cwd: clone });
  const bundled = (await readdir(folder)).filter((name) => name.endsWith('.test.mjs'));
  assert.equal(bundled.length, files.length);
  const { NODE_TEST_CONTEXT, ...inherited } = process.env;
  // A bundled test cannot find the program by its own place.
  const env = { ALONGSIDE_TEST_PROGRAM: join(clone, 'src/cli/main.ts'), ...inherited };
  const { stdout } = await run(
    process.execPath,
    ['--test', '--test-reporter=tap', ...bundled.map((name) => join(folder, name))],
    { env, maxBuffer: 2 ** 26 },
  ).catch((error: { stdout: string }) => assert.fail(error.stdout));
  assert.match(stdout, /^# pass [1-9]\d+$/m);
  assert.match(stdout, /^# fail 0$/m);
});
