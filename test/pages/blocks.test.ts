import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { at, type Block, blocksOf, clone, pages } from './blocks.ts';

const languages = [
  ...['sh', 'powershell', 'ts', 'js', 'json', 'python', 'java', 'csharp', 'go', 'rust', 'php', 'yaml', 'ini'],
  'text',
];
const marks = ['title', 'in', 'background', 'exit', 'excerpt', 'unrun'];
/** Languages that are neither run nor parsed: their blocks need another proof, such as a file that a later block uses. */
const inert = ['powershell', 'java', 'csharp', 'go', 'rust', 'php', 'yaml', 'ini', 'js'];

const blocks = pages.flatMap((page) => blocksOf(page));
const checked = (language: string) =>
  blocks.filter((block) => block.language === language && block.marks.unrun === undefined);

describe('the code blocks of the pages', () => {
  test('name a known language and known marks', () => {
    assert.deepEqual(
      blocks.filter(({ language }) => !languages.includes(language)).map(at),
      [],
      `the languages are ${languages.join(', ')}`,
    );
    assert.deepEqual(
      blocks.filter(({ marks: own }) => Object.keys(own).some((mark) => !marks.includes(mark))).map(at),
      [],
      `the marks are ${marks.join(', ')}`,
    );
  });

  test('run, or are in a file that a test runs', () => {
    assert.deepEqual(
      inert
        .flatMap(checked)
        .filter((block) => block.marks.excerpt === undefined && block.marks.title === undefined)
        .map(at),
      [],
      'mark these blocks title="FILE" or excerpt="FILE"',
    );
    const tests = globSync('{test,examples,client}/**/*.test.ts', { cwd: clone }).map((file) =>
      readFileSync(join(clone, file), 'utf8'),
    );
    const isRun = (file: string) =>
      // Vitest and Playwright Test find these by their names.
      /\.(test|vitest|spec)\.ts$/.test(file) || tests.some((text) => text.includes(basename(file)));
    assert.deepEqual(
      blocks.filter(({ marks: own }) => own.excerpt !== undefined && !isRun(own.excerpt)).map(at),
      [],
      'no test names the files of these excerpts',
    );
  });

  test('are announced by "Not run by our tests" if they are not', () => {
    const unrun = blocks.filter(({ marks: own }) => own.unrun !== undefined);
    const above = ({ file, line }: Block) =>
      readFileSync(join(clone, file), 'utf8')
        .split('\n')
        .slice(0, line - 1)
        .findLast((text) => text.trim() !== '');
    assert.deepEqual(
      unrun.filter((block) => !above(block)?.includes('Not run by our tests')).map(at),
      [],
      'the line above the block must say "Not run by our tests"',
    );
  });

  test('can be parsed if they are JSON', () => {
    for (const block of checked('json')) assert.doesNotThrow(() => JSON.parse(block.code), at(block));
  });

  test('match their files if they are excerpts', () => {
    for (const block of blocks.filter(({ marks: own }) => own.excerpt !== undefined)) {
      const file = readFileSync(join(clone, block.marks.excerpt ?? ''), 'utf8');
      assert.ok(
        withoutIndent(file).includes(withoutIndent(block.code)),
        `${at(block)} differs from ${block.marks.excerpt}`,
      );
    }
  });

  test('compile without type errors if they are TypeScript', async () => {
    mkdirSync(join(clone, '.cache'), { recursive: true });
    const folder = mkdtempSync(join(clone, '.cache', 'blocks-'));
    try {
      const files = checked('ts')
        .filter((block) => block.marks.excerpt === undefined)
        .map((block) => {
          const name = `${at(block).replace(/[^\w]+/g, '-')}.ts`;
          writeFileSync(join(folder, name), `${block.code}export {};\n`);
          return name;
        });
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration(files)));
      const { stdout } = await promisify(execFile)(process.execPath, [
        join(clone, 'node_modules/@typescript/native/bin/tsc'),
        '-p',
        folder,
        '--pretty',
        'false',
      ]).catch((error: { stdout: string }) => error);
      assert.equal(stdout, '');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('the site shows every page of docs/', () => {
  const files = globSync('docs/**/*.md', { cwd: clone }).map((path) => path.replaceAll('\\', '/'));
  assert.deepEqual(
    files.filter((file) => !pages.includes(file)),
    [],
    'add the page to scripts/site/menu.ts',
  );
});

test('docs/troubleshooting.md quotes errors as callers get them', () => {
  const errors = readFileSync(join(clone, 'docs/errors.md'), 'utf8');
  const page = readFileSync(join(clone, 'docs/troubleshooting.md'), 'utf8');
  const quoted = [...page.matchAll(/^\| `([^`]+)` \| [^|]*\(`([\w.-]+)`\)/gm)];
  assert.ok(quoted.length > 20);
  for (const [, text = '', id] of quoted)
    assert.ok(
      errors.split('\n').some((row) => row.startsWith(`| \`${id}\`<br>`) && row.includes(text)),
      `${id}: ${text}`,
    );
});

describe('blocksOf', () => {
  const text = [
    '1. Do',
    '   ```sh in=project title="a \'card\'" background',
    '   one',
    '',
    '     two',
    '   ```',
    '````text',
    '```',
    '````',
  ];
  test('returns language, marks and code without the indent of the fence', () => {
    assert.deepEqual(blocksOf('page.md', text.join('\n')), [
      {
        file: 'page.md',
        line: 2,
        language: 'sh',
        code: 'one\n\n  two\n',
        marks: { in: 'project', title: "a 'card'", background: '' },
      },
      { file: 'page.md', line: 7, language: 'text', marks: {}, code: '```\n' },
    ] satisfies Block[]);
  });
  test('refuses a block without an end', () => {
    assert.throws(() => blocksOf('page.md', 'text\n```sh\n'), {
      message: 'page.md:2: the block has no end.',
    });
  });
});

/** The settings of a supplier's project, with the packages of this clone. */
function configuration(files: readonly string[]): object {
  const at = (path: string) => [join(clone, path)];
  return {
    compilerOptions: {
      module: 'nodenext',
      target: 'ES2024',
      lib: ['ES2024', 'DOM', 'DOM.Iterable', 'ESNext.Disposable'],
      strict: true,
      noEmit: true,
      types: ['node'],
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      paths: {
        '@alongside/client': at('client/index.ts'),
        '@alongside/client/*': at('client/*/index.ts'),
        'alongside/testing': at('src/kit/index.ts'),
        'alongside/testing/*': at('src/kit/*.ts'),
      },
    },
    files,
  };
}

const withoutIndent = (text: string) => text.replace(/^[ \t]+/gm, '');
