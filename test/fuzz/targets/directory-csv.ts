import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { ImportSpool } from '../../../src/cis/directory/import-spool.ts';
import { receiveCsv } from '../../../src/cis/directory/receive-csv.ts';
import { slicesOf } from '../../../src/cis/directory/received-file.ts';
import { type FuzzTarget, text } from '../target.ts';

const heading = 'uid,persona,familyName,givenName,idAssuranceLevel,orgCode,orgName,roleId,roleCode,roleName';

export const target: FuzzTarget = {
  name: 'directory-csv',
  corpus: [
    text(
      `${heading}\n656005750199,tester,Tester,Robin,3,A12345,A Surgery,555000000001,R8000,"Clinical, one"\n`,
    ),
    text(`${heading}\r\n656005750199,tester,"Te""ster",Robin,3,,,,,\r\n`),
    text(`uid\n656005750199\n`),
  ],
  words: ['"', '""', ',', '\n', '\r\n', '\ufeff', '__proto__', ',,,,,,,,,,', '=cmd()', '656005750199'],
  async run(bytes) {
    const { people, problems } = await receiveCsv(
      slicesOf(Readable.from([Buffer.from(bytes)])),
      new ImportSpool(),
    );
    for (const { line, problem } of problems) assert.ok(Number.isInteger(line) && problem.length > 0);
    assert.ok(people instanceof Map);
  },
};
