import { readFileSync } from 'node:fs';

/** A link to a declaration: [`name`](../path#L12). */
const link = /\[`(\w+)`\]\(\.\.\/([^)#]+)#L\d+\)/g;

const textOf = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

/** Returns the line that declares a name in a file, from 1. Throws if none does. */
function lineOf(name: string, file: string): number {
  const declaration = new RegExp(
    String.raw`^\s*(?:(?:export |async )*(?:const|function|class|interface|type) ${name}\b|(?:async )?${name}\()`,
  );
  const lines = textOf(file).split('\n');
  const line = lines.findIndex((one) => declaration.test(one));
  if (line < 0) throw new Error(`docs/tour.md links to \`${name}\`, which ${file} does not declare.`);
  return line + 1;
}

/** Returns `docs/tour.md` with the current line of each declaration that it links to. */
export const tourPage = (): string =>
  textOf('docs/tour.md').replaceAll(
    link,
    (_, name: string, file: string) => `[\`${name}\`](../${file}#L${lineOf(name, file)})`,
  );
