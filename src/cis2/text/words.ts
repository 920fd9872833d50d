import { type Html, html } from '@alongside/kernel/html';
import { english, type Words } from './english.ts';

/** The texts of the pages. The language is chosen here only. */
export const words: Words = english;

type Filling = string | number;

/** Fills in the values of a sentence. A name without a value stays. */
export const filled = (sentence: string, values: Readonly<Record<string, Filling>>): string =>
  sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

/**
 * Returns a sentence as markup. Its values may be markup, and `part` renders the text in brackets. Values are inserted last, so
 * their names and brackets stay as they are.
 */
export function markedUp(
  sentence: string,
  values: Readonly<Record<string, Filling | Html>>,
  part: (text: Html) => Html = (text) => text,
): Html {
  const pieces = sentence.split(/(\[[^[\]]*\]|\{\w+\})/).map((piece) => {
    if (piece.startsWith('[')) return part(markedUp(piece.slice(1, -1), values));
    const name = /^\{(\w+)\}$/.exec(piece)?.[1];
    return name === undefined ? piece : (values[name] ?? piece);
  });
  return html`${pieces}`;
}
