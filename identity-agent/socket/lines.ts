/** A line was longer than allowed. */
export class LineTooLong extends Error {
  override name = 'LineTooLong';
}

/** Joins chunks to lines (LF, with or without CR). */
export class Lines {
  readonly #longest: number;
  #pieces: Buffer[] = [];
  #size = 0;

  /** @param longest maximum bytes of a line without its end */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Returns the non-empty lines that this chunk completes. @throws LineTooLong; the object is then unusable */
  push(piece: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, from)) {
      this.#add(piece.subarray(from, end));
      const line = Buffer.concat(this.#pieces).toString('utf8').replace(/\r$/, '');
      this.#pieces = [];
      this.#size = 0;
      from = end + 1;
      if (line.trim() !== '') lines.push(line);
    }
    this.#add(piece.subarray(from));
    return lines;
  }

  #add(part: Buffer): void {
    if (part.length === 0) return;
    this.#size += part.length;
    if (this.#size > this.#longest) throw new LineTooLong(`A line has more than ${this.#longest} bytes.`);
    this.#pieces.push(part);
  }
}
