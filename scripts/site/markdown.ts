import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { slugOf } from './menu.ts';
import { asMdx, tabsImport, tabsOpen, withTabs } from './tabs.ts';

/** Finds the site's page of a file of the clone; undefined if the site does not show it. */
export type FindPage = (file: string, from: string) => string | undefined;

export interface SitePage {
  /** MDX if the page has tabs, which need it. */
  readonly extension: 'md' | 'mdx';
  readonly text: string;
}

/** Returns a page of the clone as a page of the site: title and description, links between pages, pictures, tabs. */
export function sitePage(clone: string, file: string, onSite: FindPage): SitePage {
  const text = readFileSync(join(clone, file), 'utf8').replace(/<!--.*?-->\n*/gs, '');
  const [, title = file] = /^# (.+)\n/m.exec(text) ?? [];
  const markdown = text.replace(/^# .+\n+/m, '');
  const hasTabs = withTabs(outsideBlocks(markdown, (line) => line)).includes(tabsOpen);
  const changed = outsideBlocks(markdown, (line) =>
    withLinks(withPictures(hasTabs ? asMdx(line) : line, clone, file), file, onSite),
  );
  const body = hasTabs ? withTabs(changed) : changed;
  const [, name = ''] = /^\w[\w ]*: (\w+)/.exec(plain(title)) ?? [];
  const lines = [
    '---',
    `title: ${JSON.stringify(plain(title))}`,
    `description: ${JSON.stringify(descriptionOf(body))}`,
    ...(name === '' ? [] : [`sidebar: { label: ${JSON.stringify(name)} }`]),
    ...(needsRoom(body) ? ['tableOfContents: false'] : []),
    // The search is for users; the menu lists the decisions. Each error has a page of its own.
    ...(file.startsWith('docs/adr/') || file === 'docs/errors.md' ? ['pagefind: false'] : []),
    '---',
    '',
    ...(hasTabs ? [tabsImport, ''] : []),
    body,
  ];
  return { extension: hasTabs ? 'mdx' : 'md', text: lines.join('\n') };
}

/** Returns whether a page has no headings for a list, two pictures side by side, or long tables of several columns or wide ones. */
const needsRoom = (body: string): boolean =>
  !/^#{2,} /m.test(body) ||
  body.includes('</span> <span class="picture-box"') ||
  (body.match(/^\|(?:[^|\n]*\|){3,}$/gm) ?? []).length > 60 ||
  /^\|(?:[^|\n]*\|){5,}$/m.test(body);

/** Changes the lines outside code blocks; of the blocks' marks, only the title stays. */
function outsideBlocks(text: string, change: (line: string) => string): string {
  let fence = '';
  return text
    .split('\n')
    .map((line) => {
      const [, indent = '', ticks = '', language = '', marks = ''] =
        /^( *)(`{3,})(\w*)(.*)$/.exec(line) ?? [];
      if (fence !== '') {
        if (ticks.length >= fence.length && language === '') fence = '';
        return line;
      }
      if (ticks === '') return change(line);
      fence = ticks;
      const [title = ''] = /title="[^"]*"/.exec(marks) ?? [];
      return `${indent}${ticks}${language} ${title}`.trimEnd();
    })
    .join('\n');
}

/** Puts our sequence diagrams into the page, so that they follow its colours. Others stay pictures. */
function withPictures(line: string, clone: string, file: string): string {
  return line.replace(/!\[([^\]]*)\]\(([\w./-]+\.(?:svg|png))\)/g, (_, alt: string, name: string) => {
    const svg = name.endsWith('.svg') ? readFileSync(join(clone, dirname(file), name), 'utf8') : '';
    if (!svg.includes('class="picture"'))
      return `<img src="/pictures/${name.replace(/.*\//, '')}" alt="${alt}" />`;
    const inline = svg
      .replace(/<style>.*?<\/style>/s, '')
      .replace(/aria-label="[^"]*"/, `aria-label="${alt}"`);
    return `<span class="picture-box" tabindex="0" role="group" aria-label="Picture">${inline.replaceAll('\n', '')}</span>`;
  });
}

/** Links to pages lead to the site; links to other files of the clone become text. */
function withLinks(line: string, file: string, onSite: FindPage): string {
  return line.replace(/\[([^\]]*)\]\(([^)\s]+)\)/g, (link: string, text: string, target: string) => {
    if (/^(https?:|mailto:|#)/.test(target)) return link;
    const [path = '', anchor] = target.split('#');
    const page = onSite(
      normalize(join(dirname(file), path))
        .replaceAll('\\', '/')
        .replace(/\/$/, ''),
      file,
    );
    if (page === undefined) return text;
    return `[${text}](/${page === '' ? '' : `${page}/`}${anchor === undefined ? '' : `#${anchor}`})`;
  });
}

const plain = (markdown: string): string =>
  markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');

/** The first paragraph, for search engines and previews. */
function descriptionOf(body: string): string {
  const [first = ''] = body.split('\n\n').filter((part) => /^[A-Z*[`]/.test(part.trim()));
  return plain(first).replace(/\s+/g, ' ').slice(0, 300);
}

/** Returns a function that finds the site's pages. A folder leads to its first page. */
export function finder(clone: string, files: readonly string[]): FindPage {
  const known = new Set(files);
  return (file, from) => {
    if (known.has(file)) return slugOf(file);
    const index = `${file}/README.md`;
    if (known.has(index)) return slugOf(index);
    if (!existsSync(join(clone, file))) throw new Error(`${from} links to ${file}, which does not exist.`);
    const first = files.find((one) => one.startsWith(`${file}/`));
    return first === undefined ? undefined : slugOf(first);
  };
}
