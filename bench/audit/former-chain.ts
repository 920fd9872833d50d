import { sha256 } from '@alongside/kernel/secrets';
import { type Database, sql } from '../../src/storage/database.ts';

interface Row {
  seq: number;
  hash: string;
}

/** The audit log of earlier versions: one chain for all processes, a row at a time. For comparison only. */
export class FormerChain {
  readonly #database: Database;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  write(target: string): Promise<void> {
    const next = this.#writing.catch(() => undefined).then(() => this.#append(target));
    this.#writing = next;
    return next;
  }

  async #append(target: string): Promise<void> {
    for (;;) {
      const last = await this.#database.get<Row>(
        sql('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1'),
      );
      const seq = (last?.seq ?? 0) + 1;
      const previous = last?.hash ?? '';
      const values = [
        seq,
        new Date(0).toISOString(),
        'bench',
        'api.called',
        target,
        'app',
        'ok',
        '{}',
        previous,
      ];
      const { changes } = await this.#database.run(
        sql(
          `INSERT INTO audit (seq, at, actor, action, target, application, outcome, detail, previous, hash)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (seq) DO NOTHING`,
          ...values,
          sha256(JSON.stringify(values)),
        ),
      );
      if (changes === 1) return;
    }
  }
}
