// The process of durable.test.ts: signs in at a CIS on the database in this folder, ends the session and runs until it is killed.
import { openDatabase } from '../../storage/dialects.ts';
import { paths } from '../protocol.ts';
import { issueCard } from './cards.ts';
import { startCis, uids } from './cis.ts';
import { Desk } from './desk.ts';

const [folder = '', url = ''] = process.argv.slice(2);
const database = await openDatabase('', folder);
const cis = await startCis({ database, subscribers: [{ url, secret: 'known to both' }] });
const desk = new Desk(cis);
await desk.signIn(await issueCard(cis, uids.gp));
process.stdout.write(`${desk.sessionId}\n`);
await desk.sessionCall('DELETE', paths.session(desk.sessionId), { cause: 'cardRemoved' });
