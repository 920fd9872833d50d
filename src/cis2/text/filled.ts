import { type Html, html } from '@alongside/kernel/html';

type Filling = string | number;

/** A sentence with its values filled in. A name without a value stays as it is. */
export const filled = (sentence: string, values: Readonly<Record<string, Filling>>): string =>
  sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

/**
 * A sentence as markup: its values may be markup, and what stands in brackets is given to `part`. Values are looked at after the
 * sentence was taken apart, so nothing in them is a name or a bracket.
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
