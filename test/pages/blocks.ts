import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { siteFiles } from '../../scripts/site/pages.ts';

export const clone = join(import.meta.dirname, '../..');

/** The pages with checked code blocks: the first page of the repository, and every page of the documentation site. */
export const pages: readonly string[] = ['README.md', ...siteFiles(clone)];

/**
 * Marks of a code block, written after its language: ```sh in=project background="is ready". Git hosts ignore them.
 * docs/writing.md describes them.
 */
export interface Marks {
  /** Name of the file that the block is written to. */
  title?: string;
  /** Folder in which the block runs. */
  in?: 'clone' | 'project';
  /** Text in the output after which the next block starts; this one keeps running until the end of the page. */
  background?: string;
  /** Expected exit code. */
  exit?: string;
  /** File of the clone that contains these lines and that tests run. */
  excerpt?: string;
  /** Its program cannot be had in the tests: neither run nor checked. The page says so above the block. */
  unrun?: string;
}

export interface Block {
  file: string;
  /** Line of the opening fence. */
  line: number;
  language: string;
  marks: Marks;
  code: string;
}

export const at = ({ file, line }: Block): string => `${file}:${line}`;

/** Returns the fenced code blocks of a page. Marks without a value are empty strings. */
export function blocksOf(file: string, text = readFileSync(join(clone, file), 'utf8')): Block[] {
  const blocks: Block[] = [];
  let open: (Block & { indent: string; fence: string; lines: string[] }) | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent = '', fence = '', info = ''] = /^( *)(`{3,})([^`]*)$/.exec(line) ?? [];
    if (open === undefined) {
      if (fence === '') continue;
      const [language = '', ...marks] = info.match(/[\w-]+(?:=(?:"[^"]*"|[^\s"]+))?/g) ?? [];
      open = { file, line: index + 1, language, marks: marksOf(marks), code: '', indent, fence, lines: [] };
    } else if (fence.length >= open.fence.length && info === '') {
      const { indent: _, fence: __, lines, ...block } = open;
      blocks.push({ ...block, code: lines.map((one) => `${one}\n`).join('') });
      open = undefined;
    } else {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trimStart());
    }
  }
  if (open) throw new Error(`${at(open)}: the block has no end.`);
  return blocks;
}

const marksOf = (words: readonly string[]): Marks =>
  Object.fromEntries(
    words.map((word) => {
      const [, name = '', value = ''] = /^([\w-]+)=?"?([^"]*)"?$/.exec(word) ?? [];
      return [name, value];
    }),
  );
