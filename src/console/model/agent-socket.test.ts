import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { AgentStatus } from '../../../identity-agent/protocol.ts';
import { startSocket } from '../testing/agent-socket.ts';
import { startConsole, type TestConsole } from '../testing/console.ts';
import { AgentRefusal, AgentSocket, AgentUnreachable } from './agent-socket.ts';

type Server = Awaited<ReturnType<typeof startSocket>>;

describe('AgentSocket', () => {
  let server: Server;
  before(async () => {
    server = await startSocket({
      echo: (params) => params,
      refuse: () => {
        throw { code: -32_000, message: 'no', data: { error: 'wrong_pin', attemptsLeft: 2 } };
      },
      silent: () => undefined,
    });
  });
  after(() => server.close());

  test('returns the response of each call over one connection', async () => {
    const socket = new AgentSocket(server.path);
    const values = Array.from({ length: 20 }, (_, index) => ({ index, text: 'ü'.repeat(index) }));
    assert.deepEqual(await Promise.all(values.map((value) => socket.call('echo', value))), values);
    socket.close();
  });

  test('throws the error of a refused call', async () => {
    const socket = new AgentSocket(server.path);
    await assert.rejects(
      socket.call('refuse'),
      (error) => error instanceof AgentRefusal && error.data?.error === 'wrong_pin',
    );
    socket.close();
  });

  test('times out one call without affecting others', async () => {
    const socket = new AgentSocket(server.path, 30);
    await assert.rejects(socket.call('silent'), AgentUnreachable);
    assert.deepEqual(await socket.call('echo', { a: 1 }), { a: 1 });
    socket.close();
  });

  test('reconnects after a lost connection', async () => {
    const socket = new AgentSocket(server.path);
    await socket.call('echo', {});
    const lost = assert.rejects(socket.call('silent'), AgentUnreachable);
    server.hangUp();
    await lost;
    assert.deepEqual(await socket.call('echo', { back: true }), { back: true });
    socket.close();
  });

  test('throws AgentUnreachable without a listener', async () => {
    await assert.rejects(new AgentSocket(`${server.path}.none`).call('echo'), AgentUnreachable);
  });
});

const emptyDesk: AgentStatus = {
  version: '1',
  state: 'noCard',
  mode: 'newer',
  generation: 'newer',
  agentId: 'agent',
  card: null,
  person: null,
  role: null,
  roles: [],
  attemptsLeft: null,
  question: null,
  documents: null,
  from: null,
  lock: null,
  pinAgainAt: null,
  reason: null,
  problem: null,
  refusal: null,
};

describe('refusals of the agent', () => {
  let server: Server;
  let console_: TestConsole;
  let refusal: object;
  before(async () => {
    const refuse = () => {
      throw refusal;
    };
    server = await startSocket({
      'development.answerPin': refuse,
      'development.answerRole': refuse,
      'development.insertCard': refuse,
      'development.listCards': () => ({ cards: [] }),
      destroyTicket: refuse,
      status: () => emptyDesk,
    });
    console_ = await startConsole({ agentSocket: server.path });
  });
  after(async () => {
    await console_.close();
    await server.close();
  });

  const cases: [data: object | undefined, status: number, body: object][] = [
    [{ error: 'wrong_pin', attemptsLeft: 2 }, 403, { error: 'wrong_pin', attemptsLeft: 2 }],
    [{ error: 'card_blocked', attemptsLeft: 0 }, 423, { error: 'card_blocked' }],
    [{ error: 'no_open_question' }, 409, { error: 'no_open_question' }],
    [{ error: 'card_removed' }, 409, { error: 'card_removed' }],
    [{ error: 'card_failed' }, 502, { error: 'card_failed' }],
    [{ error: 'cis_unreachable' }, 503, { error: 'cis_unreachable' }],
    [{ error: 'unheard_of' }, 502, { error: 'agent_failed' }],
    [undefined, 502, { error: 'agent_failed' }],
  ];
  for (const [data, status, expected] of cases) {
    test(`answer ${status} to ${JSON.stringify(data)}`, async () => {
      refusal = { code: -32_000, message: 'the reason', data };
      const answer = await console_.send('/api/v1/agent/pin', { method: 'POST', json: { pin: '123456' } });
      assert.equal(answer.status, status);
      const { error_description: _, ...body } = answer.body;
      assert.deepEqual(body, expected);
      assert.doesNotMatch(answer.text, /123456/);
    });
  }

  test('do not send a PIN other than digits to the agent', async () => {
    const before_ = server.calls.length;
    for (const pin of ['', '12a456', 123456, ' 123456', '1'.repeat(13)]) {
      const answer = await console_.send('/api/v1/agent/pin', { method: 'POST', json: { pin } });
      assert.equal(answer.status, 400);
    }
    assert.equal(
      (await console_.send('/api/v1/agent/pin', { method: 'POST', json: { pin: '1', puk: '2' } })).status,
      400,
    );
    assert.equal(server.calls.length, before_);
  });

  test('answer with the code of an unknown role or card', async () => {
    refusal = { code: 1, message: 'x', data: { error: 'unknown_role' } };
    assert.equal(
      (await console_.send('/api/v1/agent/role', { method: 'POST', json: { roleId: '1' } })).status,
      422,
    );
    refusal = { code: 1, message: 'x', data: { error: 'unknown_card' } };
    assert.equal(
      (await console_.send('/api/v1/readers/0/card', { method: 'PUT', json: { card: 'x' } })).status,
      404,
    );
    refusal = { code: 1, message: 'x', data: { error: 'no_virtual_reader' } };
    assert.equal(
      (await console_.send('/api/v1/readers/0/card', { method: 'PUT', json: { card: 'x' } })).status,
      409,
    );
  });

  test('accept a sign-out without a session', async () => {
    refusal = {
      code: 1,
      message: 'x',
      data: { error: 'ticket', name: 'TCK_API_ERR_TICKET_NOT_AVAILABLE', group: 'GENERIC', number: 9 },
    };
    const answer = await console_.send('/api/v1/agent/session', { method: 'DELETE' });
    assert.deepEqual([answer.status, answer.body], [200, emptyDesk]);
  });
});
