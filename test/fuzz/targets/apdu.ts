import assert from 'node:assert/strict';
import {
  decodeCommand,
  decodeResponse,
  encodeCommand,
  encodeResponse,
} from '../../../identity-agent/card/apdu.ts';
import { type FuzzTarget, hex, orRefused } from '../target.ts';

export const target: FuzzTarget = {
  name: 'apdu',
  corpus: [
    hex('00a4040009a0000003080000100000'),
    hex('0020008008313233343536ffff'),
    hex('00cb3fff0000055c035fc1050000'),
    hex('00c0000000'),
    hex('9000'),
    hex('7e124f0ba0000003080000100001005f2f0240009000'),
  ],
  run(bytes) {
    const command = orRefused(['ApduError'], () => decodeCommand(bytes));
    // A decoded command is unchanged after encoding and decoding again.
    if (command) assert.deepEqual(decodeCommand(encodeCommand(command)), command);
    const response = orRefused(['ApduError'], () => decodeResponse(bytes));
    if (response) assert.deepEqual(encodeResponse(response.sw, response.data), bytes);
  },
};
