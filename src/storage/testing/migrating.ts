// Migrates a database, so that a test can kill it meanwhile: `migrating.ts URL`.
import { connectDatabase } from '../dialects.ts';
import { migrate } from '../migrations.ts';

const database = await connectDatabase(process.argv[2] ?? '', '');
await migrate(database);
await database.close();
