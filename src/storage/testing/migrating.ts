// Migrates a database in a process that a test can kill: `migrating.ts URL`.
import { connectDatabase } from '../dialects.ts';
import { migrate } from '../migrations.ts';

const database = await connectDatabase(process.argv[2] ?? '', '');
await migrate(database);
await database.close();
