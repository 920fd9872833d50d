// Writes audit records until it is killed, and prints each confirmed one: `node audit-writer.ts DATABASE FOLDER`.
import { systemClock } from '@alongside/kernel/clock';
import { Vault } from '@alongside/kernel/secrets';
import { AuditLog } from '../audit.ts';
import { sql } from '../database.ts';
import { openDatabase } from '../dialects.ts';

const [, , url = '', folder = ''] = process.argv;
const database = await openDatabase(url, folder);
const audit = new AuditLog(database, systemClock, new Vault(Buffer.alloc(32, 1)));
const entry = (target: string) => ({ action: 'api.called', outcome: 'ok', actor: 'load', target }) as const;
const promised = (target: string) => process.stdout.write(`${target}\n`);

async function read(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const target = `read-${writer}-${n}`;
    await audit.recordAlone(entry(target));
    await database.durable();
    promised(target);
  }
}

async function act(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const target = `act-${writer}-${n}`;
    await database.batch([
      sql('INSERT INTO organisation (code, name) VALUES (?, ?)', target, 'load'),
      audit.recordStatement(entry(target)),
    ]);
    await database.durable();
    promised(target);
  }
}

await Promise.all([0, 1, 2, 3].flatMap((writer) => [read(writer), act(writer)]));
