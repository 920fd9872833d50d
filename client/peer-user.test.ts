import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { uidIn } from './peer-user.ts';

const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:20D3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     7        0 1 1 0 100 0 0 10 0
   1: 0100007F:20D3 0100007F:C350 01 00000000:00000000 00:00000000 00000000     7        0 2 1 0 20 4 30 10 -1
   2: 0100007F:C350 0200007F:20D3 01 00000000:00000000 00:00000000 00000000  1005        0 3 1 0 20 4 30 10 -1
   3: 0100007F:C350 0100007F:20D3 01 00000000:00000000 00:00000000 00000000  1001        0 4 1 0 20 4 30 10 -1
   4: 0100007F:C351 0100007F:20D3 06 00000000:00000000 00:00000000 00000000  1002        0 5 1 0 20 4 30 10 -1
`;
const tcp6 = `  sl  local_address                         remote_address                        st
   0: 0000000000000000FFFF00000100007F:C352 0000000000000000FFFF00000100007F:20D3 01 00000000:00000000 00:00000000 00000000  1003        0 6 1 0
`;

describe('the user at the other end of a loopback connection', () => {
  const userOf = (port: number, address = '127.0.0.1') =>
    uidIn([tcp, tcp6], [address, port], ['127.0.0.1', 0x20d3]);

  test('is found by both ends, in the tables of IPv4 and IPv6', () => {
    assert.equal(userOf(0xc350), 1001, 'the same port is connected to another address too');
    assert.equal(userOf(0xc352), 1003);
  });

  test('is unknown for a closed connection, another port and another address', () => {
    for (const uid of [userOf(0xc351), userOf(0xc353), userOf(0xc350, '127.0.0.2'), userOf(0x20d3)])
      assert.equal(uid, undefined);
  });
});
