import assert from 'node:assert/strict';
import { Lines, readCall } from '../../../identity-agent/socket/json-rpc.ts';
import { type FuzzTarget, orRefused, text } from '../target.ts';

const longest = 65_536;

export const target: FuzzTarget = {
  name: 'json-rpc',
  corpus: [
    text(
      '{"jsonrpc":"2.0","id":1,"method":"getTicket","params":{}}\n{"jsonrpc":"2.0","id":"a","method":"status"}\n',
    ),
    text('{"jsonrpc":"2.0","method":"development.answerPin","params":{"pin":"123456"}}\r\n\n'),
    text('[{"jsonrpc":"2.0","id":null,"method":"x"}]\n'),
  ],
  words: ['"id":', '{"a":', '[', '\n', '\r', '"__proto__":{}', '1e400', '\u2028'],
  run(bytes) {
    const lines = orRefused(['LineTooLong'], () => new Lines(longest).push(Buffer.from(bytes))) ?? [];
    for (const line of lines) {
      const call = readCall(line);
      if ('error' in call) assert.equal(call.error.name, 'RpcError');
      else assert.ok(typeof call.method === 'string' && typeof call.params === 'object');
    }
  },
};
