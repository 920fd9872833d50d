import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { assetAt } from '@alongside/kernel/assets';
import { reasonOf } from '@alongside/kernel/errors';
import type { Route } from '@alongside/kernel/http';
import { stylesheet, stylesheetPath } from '@alongside/kernel/layout';
import { ConfigurationError } from '@alongside/kernel/operator';
import { withoutMethodErrors } from '@alongside/kernel/route';

/** An operator's theme: adds its routes to those of a service with pages. */
export type Theme = (routes: readonly Route[]) => Route[];

const types: Readonly<Record<string, string>> = {
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
};

/** Maximum size of a theme's file in bytes, because all files are in memory. */
const largest = 524_288;
const sheet = 'theme.css';

function read(file: string): Buffer {
  const content = readFileSync(file);
  if (content.length > largest) throw new Error(`${file} has more than ${largest} bytes`);
  return content;
}

function asset(path: string, type: string, content: string | Buffer): Route[] {
  // A picture opened directly runs no script.
  const policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
  return withoutMethodErrors(assetAt(path, type, () => content, { 'content-security-policy': policy }));
}

/**
 * Reads a theme folder: `theme.css` is added to the style sheet of every page, and its pictures are at `/assets/theme/NAME`.
 * Without a folder nothing changes. Throws ConfigurationError in one sentence.
 */
export function openTheme(folder: string | undefined): Theme {
  if (folder === undefined) return (routes) => [...routes];
  try {
    if (!existsSync(join(folder, sheet))) throw new Error(`there is no ${sheet} in it`);
    const own = read(join(folder, sheet)).toString('utf8');
    const pictures = readdirSync(folder).flatMap((name) => {
      const type = types[extname(name)];
      return type && /^[\w.-]+$/.test(name)
        ? asset(`/assets/theme/${name}`, type, read(join(folder, name)))
        : [];
    });
    const isSheet = ({ path }: Route) => path.endsWith(stylesheetPath);
    return (routes) => {
      const sheets = [...new Set(routes.filter(isSheet).map(({ path }) => path))];
      const themed = sheets.flatMap((path) =>
        asset(path, 'text/css; charset=utf-8', `${stylesheet}\n${own}`),
      );
      return [...themed, ...(sheets.length > 0 ? pictures : []), ...routes.filter((one) => !isSheet(one))];
    };
  } catch (error) {
    throw new ConfigurationError(`The theme ${folder} cannot be used: ${reasonOf(error)}.`);
  }
}
