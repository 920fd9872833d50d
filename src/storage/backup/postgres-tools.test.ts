import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PostgresTools } from './postgres-tools.ts';

describe('the client programs of PostgreSQL', () => {
  const connectionOf = (url: string) => new PostgresTools(url).connection.join(' ');

  test('get no password on their command line, which other users can read', () => {
    for (const url of [
      'postgres://alongside:se%40cret@db.internal/kept',
      'postgres://alongside@db.internal/kept?password=se%40cret',
    ])
      assert.equal(connectionOf(url), '--no-password --dbname=postgres://alongside@db.internal/kept');
  });

  test('get the parameters of the address that they know', () => {
    assert.match(
      connectionOf('postgres://a@localhost/k?host=%2Frun%2Fpg&statement_timeout=5'),
      /k\?host=%2Frun%2Fpg$/,
    );
    assert.match(connectionOf('postgres://a@db/k?sslmode=no-verify'), /sslmode=require$/);
    assert.match(
      connectionOf('postgres://a@db/k?sslmode=verify-full&sslrootcert=%2Fca.pem'),
      /sslmode=verify-full&sslrootcert=%2Fca\.pem$/,
    );
  });
});
