/** `write-pages.ts`: writes the pages, the menu and the pictures of the documentation site below `site/`, from the files of the clone and those that TypeDoc wrote. */
import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { apiReference } from './api-reference.ts';
import { errorPages, withErrorLinks } from './error-pages.ts';
import { finder, sitePage } from './markdown.ts';
import { slugOf } from './menu.ts';
import { sidebar, siteFiles } from './pages.ts';

const clone = join(import.meta.dirname, '../..');
const site = join(clone, 'site');
const content = join(site, 'src/content/docs');

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

rmSync(content, { recursive: true, force: true });

const files = siteFiles(clone);
const client = globSync('reference/client/**/*.md', { cwd: join(site, '.client') }).map((path) =>
  path.replaceAll('\\', '/'),
);
for (const [folder, pages] of [
  [clone, files],
  [join(site, '.client'), client],
] as const) {
  const onSite = finder(folder, pages);
  for (const file of pages) {
    const { extension, text } = sitePage(folder, file, onSite);
    const finished = file === 'docs/errors.md' ? withErrorLinks(text) : named(text);
    write(join(content, `${slugOf(file) || 'index'}.${extension}`), finished);
  }
}
/** TypeDoc names the pages of the modules after their files. */
function named(page: string): string {
  return Object.entries({ index: '', web: '/web', page: '/page' }).reduce(
    (text, [file, path]) =>
      text
        .replace(`title: "${file}"`, `title: "@alongside/client${path}"`)
        .replace(`[${file}](`, `[@alongside/client${path}](`),
    page,
  );
}

for (const [slug, text] of await errorPages()) write(join(content, `${slug}.md`), text);
for (const [group, text] of apiReference()) write(join(content, `reference/console/${group}.md`), text);
write(join(site, 'src/menu.json'), JSON.stringify(sidebar(clone, slugOf)));
for (const picture of globSync('{docs,bench}/*.{svg,png}', { cwd: clone }))
  cpSync(join(clone, picture), join(site, 'public/pictures', basename(picture)));
