import { sql } from '../database.ts';
import { openDatabase } from '../dialects.ts';

// A process that repeatedly opens, writes, reads and closes a database: `folder`, `name`, `rounds`.
const [folder = '', name = '', rounds = '0'] = process.argv.slice(2);

for (let round = 0; round < Number(rounds); round++) {
  const database = await openDatabase('', folder);
  const code = `${name}-${round}`;
  await database.run(sql('INSERT INTO organisation (code, name) VALUES (?, ?)', code, 'x'));
  await database.durable();
  if (!(await database.get(sql('SELECT code FROM organisation WHERE code = ?', code))))
    throw new Error(`${code} is gone`);
  await database.close();
}
