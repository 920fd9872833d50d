import { globSync } from 'node:fs';
import { menu } from './menu.ts';

/** Returns the Markdown files that the site shows, in the order of its menu. */
export function siteFiles(clone: string): string[] {
  return menu.flatMap(({ pages }) =>
    pages.flatMap(([file]) =>
      file.endsWith('.md')
        ? [file]
        : globSync(`${file}/**/*.md`, { cwd: clone })
            .map((path) => path.replaceAll('\\', '/'))
            .sort(),
    ),
  );
}

/** Returns the menu as Starlight reads it. */
export function sidebar(clone: string, slugOf: (file: string) => string): object[] {
  return menu.map(({ label, collapsed = false, pages }) => ({
    label,
    collapsed,
    items: pages.map(([file, name]) => {
      if (file.endsWith('.md')) {
        const slug = slugOf(file);
        return { label: name, link: slug === '' ? '/' : `/${slug}/` };
      }
      const directory = globSync(`${file}/**/*.md`, { cwd: clone }).length > 0 ? slugOf(file) : file;
      return { label: name, collapsed: true, items: [{ autogenerate: { directory } }] };
    }),
  }));
}
