import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../../storage/dialects.ts';
import { paths, sessionEndedPath } from '../protocol.ts';
import { issueCard } from '../testing/cards.ts';
import { startCis, startSubscriber, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';
import { messageHold } from './delivery.ts';

const delivery = { timeout: 60_000, first: 60_000, most: 60_000 };

describe('Delivery across processes', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alongside-durable-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('sends the message of a killed process from another one', async () => {
    const program = fileURLToPath(import.meta.resolve('../testing/ending-process.ts'));
    const asked: string[] = [];
    // The first delivery kills who makes it and is never answered; later ones arrive.
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (asked.length === 1) child.kill('SIGKILL');
      else response.writeHead(204).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const child = spawn(process.execPath, [program, folder, url], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (part) => {
      said += part;
    });
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, 'SIGKILL');

    const database = await openDatabase('', folder);
    const second = await startCis({ database, subscribers: [{ url, secret: 'known to both' }], delivery });
    await second.service.sweep();
    assert.equal(asked.length, 1, 'the killed process still has it to itself');
    second.clock.advance(messageHold / 1_000);
    await second.service.sweep();
    assert.deepEqual(asked, [`POST ${sessionEndedPath}`, `POST ${sessionEndedPath}`]);
    const state = await second.call(paths.session(said.trim()), { as: 'cis2' });
    assert.deepEqual([state.body.active, state.body.endCause], [false, 'cardRemoved']);
    second.clock.advance(600);
    await second.service.sweep();
    assert.equal(asked.length, 2, 'it is told once');
    await second.close();
    await database.close();
    server.closeAllConnections();
    server.close();
  });

  test('leaves undelivered messages at once when a process stops', async () => {
    const database = await openDatabase(':memory:', '');
    const subscriber = await startSubscriber();
    const subscribers = [{ name: 'cis2', url: subscriber.url, secret: 'known to both' }];
    const gone = await startSubscriber();
    await gone.close();
    // By then, the subscriber has moved to another address.
    const before = [{ name: 'cis2', url: gone.url, secret: 'known to both' }];
    const first = await startCis({ database, subscribers: before, delivery });
    const desk = new Desk(first);
    await desk.signIn(await issueCard(first, uids.gp));
    await desk.sessionCall('DELETE', paths.session(desk.sessionId));
    assert.deepEqual(subscriber.told, []);
    await first.background.end();
    const second = await startCis({ database, subscribers, delivery });
    await second.service.sweep();
    assert.deepEqual(
      subscriber.told.map(({ sessionId, uid, cause }) => [sessionId, uid, cause]),
      [[desk.sessionId, uids.gp, 'signedOut']],
    );
    await Promise.all([first.close(), second.close()]);
    await subscriber.close();
    await database.close();
  });

  test('waits at a stop for the message under way and stores its outcome', async () => {
    const database = await openDatabase(':memory:', '');
    let arrived = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    let answer = (): void => undefined;
    const server = createServer((_request, response) => {
      answer = () => response.writeHead(204).end();
      arrived();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const cis = await startCis({ database, subscribers: [{ url, secret: 'x' }], delivery });
    const desk = new Desk(cis);
    await desk.signIn(await issueCard(cis, uids.gp));
    const ending = desk.sessionCall('DELETE', paths.session(desk.sessionId));
    await asked;
    await cis.service.stop?.();
    const settled = cis.background.settled();
    answer();
    assert.equal(await settled, 0);
    const open = await database.all({
      text: "SELECT * FROM outbox WHERE state = 'pending'",
      values: [],
    });
    assert.deepEqual(open, []);
    await ending;
    await cis.close();
    await database.close();
    server.closeAllConnections();
    server.close();
  });

  test('delays no message after the clock is set back', async () => {
    const database = await openDatabase(':memory:', '');
    const subscriber = await startSubscriber();
    const subscribers = [{ url: subscriber.url, secret: 'x' }];
    const first = await startCis({ database, subscribers, delivery });
    first.clock.advance(3_600);
    const desk = new Desk(first);
    await desk.signIn(await issueCard(first, uids.gp));
    subscriber.failures.push(503);
    await desk.sessionCall('DELETE', paths.session(desk.sessionId));
    const second = await startCis({ database, subscribers, delivery });
    await second.service.sweep();
    assert.equal(subscriber.told.length, 1);
    await Promise.all([first.close(), second.close()]);
    await subscriber.close();
    await database.close();
  });
});
