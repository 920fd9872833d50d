import { ParsedTexts } from '@alongside/kernel/json';

/** A row with JSON text and its revision. */
export interface BodyRow {
  body: string;
  revision: number;
}

/**
 * Caches the parsed JSON of rows. The rows themselves are read each time, so a change applies at once. The shared values are
 * frozen.
 */
export class ParsedRows<T extends object> {
  readonly #texts = new ParsedTexts<T & { revision: number }>();

  of(key: string, { body, revision }: BodyRow): T & { revision: number } {
    return this.#texts.of(`${revision} ${key}`, body, (text) => ({ ...(JSON.parse(text) as T), revision }));
  }
}
