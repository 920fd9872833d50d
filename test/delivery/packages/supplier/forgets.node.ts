import { test } from 'node:test';
import { start } from 'alongside/testing';

test('passes without stopping an instance of its own', async () => {
  const instance = await start();
  await instance.desk('gp');
});
