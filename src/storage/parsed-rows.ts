import { ParsedTexts } from '@alongside/kernel/json';

/** A row whose body is JSON text, with the number of its revision. */
export interface BodyRow {
  body: string;
  revision: number;
}

/**
 * What rows say, parsed once for as long as they say it. The rows themselves are read each time, so a change holds at once;
 * nobody can change what is shared.
 */
export class ParsedRows<T extends object> {
  readonly #texts = new ParsedTexts<T & { revision: number }>();

  of(key: string, { body, revision }: BodyRow): T & { revision: number } {
    return this.#texts.of(`${revision} ${key}`, body, (text) => ({ ...(JSON.parse(text) as T), revision }));
  }
}
