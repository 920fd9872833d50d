import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { withTabs } from '../../../scripts/site/tabs.ts';
import { at, blocksOf, pages } from '../../pages/blocks.ts';
import { clone } from './testing/project.ts';

// No PowerShell runs on Linux without a download from outside Debian and npm, so its grammar for tree-sitter reads the scripts.
const tools = process.env.ALONGSIDE_TEST_TOOLS;

interface Node {
  readonly isError: boolean;
  readonly isMissing: boolean;
  readonly startPosition: { readonly row: number };
  readonly children: readonly Node[];
}

const linesWithErrors = (node: Node): number[] => [
  ...(node.isError || node.isMissing ? [node.startPosition.row + 1] : []),
  ...node.children.flatMap(linesWithErrors),
];

describe('the PowerShell scripts and blocks', {
  skip: tools === undefined && 'needs the grammar of PowerShell from npm',
}, () => {
  let errorsIn: (text: string) => number[];
  before(async () => {
    const { resolve } = createRequire(join(tools ?? '', 'package.json'));
    const { Language, Parser } = await import(pathToFileURL(resolve('web-tree-sitter')).href);
    await Parser.init();
    const folder = join(tools ?? '', 'node_modules/tree-sitter-powershell');
    const parser = new Parser();
    parser.setLanguage(await Language.load(join(folder, 'tree-sitter-powershell.wasm')));
    errorsIn = (text) => linesWithErrors(parser.parse(text).rootNode);
  });

  test('are without errors of syntax, as the parser would find', () => {
    assert.notDeepEqual(errorsIn('if ($x { Write-Output 1 }'), []);
    assert.notDeepEqual(errorsIn('function f { "a'), []);
  });

  const scripts = join(clone, 'deploy/windows');
  for (const name of readdirSync(scripts))
    test(`deploy/windows/${name} parses, in ASCII`, () => {
      const text = readFileSync(join(scripts, name), 'utf8');
      assert.deepEqual(errorsIn(text), []);
      // Windows PowerShell 5.1 reads a file without a byte order mark in the code page of the machine.
      assert.match(text, /^[\x20-\x7e\n]*$/);
    });

  test('of the documentation parse', () => {
    // With those that the site derives from sh.
    const blocks = pages.flatMap((page) => {
      const text = withTabs(readFileSync(join(clone, page), 'utf8').replace(/^```sh .*$/gm, '```sh'));
      return blocksOf(page, text).filter(({ language }) => language === 'powershell');
    });
    assert.ok(blocks.length > 20);
    for (const block of blocks) assert.deepEqual(errorsIn(block.code), [], `${at(block)}: ${block.code}`);
  });
});
