// Serves in several processes, with the data of development: `node serve.ts SETTINGS`. Prints its state when ready.
import { loadConfig } from '@alongside/kernel/config';
import { isChild, runChild } from '../../src/cli/processes/child.ts';
import { startProcesses } from '../../src/cli/processes/start.ts';
import { productionShape } from '../../src/config.ts';

if (isChild()) process.exitCode = await runChild();
else {
  const load = () => loadConfig(productionShape, JSON.parse(process.argv[2] ?? '{}'));
  const serving = await startProcesses(load(), { development: true });
  process.once('SIGTERM', async () => {
    await serving.stop();
    process.exit(0);
  });
  process.on('SIGHUP', () => void serving.reload(load));
  process.stdout.write(`${JSON.stringify(serving.state)}\n`);
}
